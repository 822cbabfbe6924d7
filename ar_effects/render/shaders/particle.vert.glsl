// Particles: one strip of two triangles for each, facing the camera.
#define STOPS 8
#include "frame.glsl"
uniform vec4 colours[STOPS]; // linear, straight alpha
uniform float sizes[STOPS];
uniform ivec2 stops;         // how many colours, how many sizes
uniform float by_life;       // 1: all the colours in a life, 0: one of them for each
uniform vec2 fade;
uniform float opacity;
uniform float aspect;        // width over height of the picture

in vec3 in_position;   // camera frame, mm
in vec4 in_life;       // share of life, size, angle, tumble
in float in_own;       // 0..1, the particle's own

out vec2 at;           // -1 .. 1, y up
flat out vec4 colour;  // premultiplied
flat out float own;

void main() {
    float share = in_life.x;
    vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0;
    at = corner;
    own = in_own;

    float along = clamp(share, 0.0, 1.0) * float(stops.x - 1);
    float whole = min(floor(along), float(max(stops.x - 2, 0)));
    int first = int(whole);
    vec4 lived = mix(colours[first], colours[min(first + 1, stops.x - 1)], along - whole);
    vec4 given = colours[min(int(in_own * float(stops.x)), stops.x - 1)];
    vec4 c = mix(given, lived, by_life);

    along = clamp(share, 0.0, 1.0) * float(stops.y - 1);
    whole = min(floor(along), float(max(stops.y - 2, 0)));
    first = int(whole);
    float size = in_life.y * mix(sizes[first], sizes[min(first + 1, stops.y - 1)], along - whole);

    float come = fade.x > 0.0 ? clamp(share / fade.x, 0.0, 1.0) : 1.0;
    float there = come * clamp((1.0 - share) / max(fade.y, 1e-6), 0.0, 1.0);
    c.a *= there * opacity;

    // turned about its own y axis first, then in the picture, clockwise
    float facing = cos(in_life.w);
#ifdef SHADED
    c.rgb *= 0.62 + 0.38 * abs(facing); // paper that turns its edge to the light is darker
#endif
    colour = vec4(c.rgb * c.a, c.a);
    vec2 p = corner * vec2(facing * min(aspect, 1.0), min(1.0 / aspect, 1.0));
    float co = cos(in_life.z), si = sin(in_life.z);
    p = vec2(co * p.x + si * p.y, co * p.y - si * p.x);
    gl_Position = clip_from_camera * vec4(in_position + vec3(0.5 * size * p, 0.0), 1.0);
    if (share >= 1.0 || c.a <= 0.0 || size <= 0.0) gl_Position = vec4(2.0, 2.0, 2.0, 1.0); // out of sight
}
