// The finished picture on the window: one triangle that covers the viewport.
uniform float mirror; // 1 or -1

out vec2 place;

void main() {
    vec2 corner = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
    place = 0.5 + 0.5 * corner * vec2(mirror, -1.0); // the picture's row 0 is at the window's top
    gl_Position = vec4(corner, 0.0, 1.0);
}
