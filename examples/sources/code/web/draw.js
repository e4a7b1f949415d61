// Draws a polygon on a canvas.
export function draw(context, points) {
  context.beginPath();
  for (const [x, y] of points) {
    context.lineTo(x, y);
  }
  context.closePath();
  context.stroke();
}
