// A line between two vertices of a face as a strip that also holds its glow: an instance for each line.
uniform vec2 size;
uniform float reach_px;   // half the strip's width, and how far it goes on beyond the ends
uniform float nearer_mm;  // lines lie that much over the skin, so that the skin's own bends do not cut them
uniform vec4 view;

in vec3 in_from, in_from_normal, in_to, in_to_normal;

out vec2 along;           // pixels from the first end, along the line and beside it
flat out float length_px;
out float facing;

const float NEAR_MM = 10.0;

float turned(vec3 place, vec3 normal) {
    return dot(normalize(normal), normalize(vec3(place.xy * view.xy + view.zw, 1.0)));
}

void main() {
    vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1); // of a strip of four
    vec2 way = in_to.xy - in_from.xy;
    length_px = max(length(way), 1e-3);
    vec2 ahead = way / length_px, beside = vec2(-ahead.y, ahead.x);
    along = vec2(mix(-reach_px, length_px + reach_px, corner.x), mix(-reach_px, reach_px, corner.y));
    vec2 pixel = in_from.xy + ahead * along.x + beside * along.y;
    facing = mix(turned(in_from, in_from_normal), turned(in_to, in_to_normal), corner.x);
    float distance_mm = max(mix(in_from.z, in_to.z, corner.x) - nearer_mm, NEAR_MM);
    gl_Position = vec4(2.0 * (pixel + 0.5) / size - 1.0, 1.0 - 2.0 * NEAR_MM / distance_mm, 1.0);
}
