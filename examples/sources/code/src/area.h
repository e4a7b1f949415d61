#ifndef AREA_H
#define AREA_H

#include <stddef.h>

struct point {
	double x, y;
};

/* The area of the polygon of n points. */
double area(const struct point *points, size_t n);

#endif
