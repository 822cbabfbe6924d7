// Scratches and dust: one turned rectangle for each.
uniform vec2 size;
uniform vec4 boxes[24];       // centre (share of the picture), half its width and height in pixels
uniform vec4 appearances[24];       // turn, light, strength

out vec2 at;                  // -1..1 across the mark
flat out vec2 light_strength;

void main() {
    vec4 box = boxes[gl_InstanceID], appearance = appearances[gl_InstanceID];
    vec2 corner = vec2((gl_VertexID & 1) * 2 - 1, (gl_VertexID & 2) - 1);
    vec2 half_px = box.zw + 0.7; // so that no mark falls between the pixels
    vec2 off = corner * half_px;
    float c = cos(appearance.x), s = sin(appearance.x);
    vec2 p = box.xy + vec2(c * off.x - s * off.y, s * off.x + c * off.y) / size;
    at = corner;
    light_strength = appearance.yz;
    gl_Position = vec4(2.0 * p - 1.0, 0.0, 1.0);
}
