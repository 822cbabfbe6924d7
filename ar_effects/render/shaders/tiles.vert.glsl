// Boxes of tiles of the picture, one strip for each. ``place`` is (0, 0) at the picture's top left.
uniform float tiles; // a side
in vec4 in_box;      // left, top, right, bottom in tiles
out vec2 place;

void main() {
    place = vec2((gl_VertexID & 1) == 0 ? in_box.x : in_box.z, gl_VertexID < 2 ? in_box.y : in_box.w) / tiles;
    gl_Position = vec4(2.0 * place - 1.0, 0.0, 1.0);
}
