// One direction of a Gaussian of COUNT taps: drivers in software are slow in loops whose length they do not know.
// Sums and weights are blurred alike: what has no weight leaves no trace.
uniform sampler2D first;
#ifdef BOTH
uniform sampler2D second;
#endif
uniform vec2 step_uv;           // one pixel along
uniform vec2 taps[COUNT];        // distance in pixels, weight; the first is the middle

in vec2 place;
layout(location = 0) out vec4 first_out;
#ifdef BOTH
layout(location = 1) out vec4 second_out;
#endif

void main() {
    first_out = texture(first, place) * taps[0].y;
#ifdef BOTH
    second_out = texture(second, place) * taps[0].y;
#endif
    for (int i = 1; i < COUNT; ++i) {
        vec2 away = step_uv * taps[i].x;
        first_out += (texture(first, place + away) + texture(first, place - away)) * taps[i].y;
#ifdef BOTH
        second_out += (texture(second, place + away) + texture(second, place - away)) * taps[i].y;
#endif
    }
}
