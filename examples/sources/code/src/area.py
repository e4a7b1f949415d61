"""Areas of polygons."""


def area(points):
    """The shoelace formula; points go round the polygon once."""
    total = 0.0
    for (x1, y1), (x2, y2) in zip(points, points[1:] + points[:1], strict=True):
        total += x1 * y2 - x2 * y1
    return abs(total) / 2


if __name__ == "__main__":
    print(area([(0, 0), (4, 0), (4, 3)]))
