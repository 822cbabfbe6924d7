// Tiles of the picture, one strip for each. ``place`` is (0, 0) at the picture's top left.
uniform float tiles; // a side
in vec2 in_tile;     // column and row
out vec2 place;

void main() {
    place = (in_tile + vec2(gl_VertexID & 1, gl_VertexID >> 1)) / tiles;
    gl_Position = vec4(2.0 * place - 1.0, 0.0, 1.0);
}
