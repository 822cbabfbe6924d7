// A mesh on the picture that is filled from other places of it. Places are pixels; row 0 is the top.
uniform vec2 size;

in vec4 in_drawn_read;

out vec2 read;
out vec2 moved;

void main() {
    read = in_drawn_read.zw;
    moved = in_drawn_read.zw - in_drawn_read.xy;
    gl_Position = vec4(2.0 * (in_drawn_read.xy + 0.5) / size - 1.0, 0.0, 1.0);
}
