// One direction of a Gaussian over a small map of weighted colours; past the ends weigh nothing.
uniform sampler2D map;
uniform ivec2 direction;

out vec4 blurred;

const float SIGMA = 2.0;

void main() {
    ivec2 here = ivec2(gl_FragCoord.xy), limit = textureSize(map, 0) - 1;
    blurred = vec4(0.0);
    for (int i = -5; i <= 5; i++) {
        ivec2 there = here + i * direction;
        if (any(lessThan(there, ivec2(0))) || any(greaterThan(there, limit))) continue;
        blurred += exp(-0.5 * float(i * i) / (SIGMA * SIGMA)) * texelFetch(map, there, 0);
    }
}
