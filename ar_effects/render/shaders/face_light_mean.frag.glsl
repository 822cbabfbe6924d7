// Means of a map of weighted colours, one texel each: all of the skin; lips, by the mask of regions.
uniform sampler2D map;
#ifdef LIPS
uniform sampler2D regions;
uniform float region_level;
#endif

out vec4 mean;

void main() {
    ivec2 side = textureSize(map, 0);
    vec4 sum = vec4(0.0);
    for (int y = 0; y < side.y; y++) {
        for (int x = 0; x < side.x; x++) {
            vec4 skin = texelFetch(map, ivec2(x, y), 0);
#ifdef LIPS
            vec2 place = (vec2(x, y) + 0.5) / vec2(side);
            sum += skin * textureLod(regions, place, region_level).r;
#else
            sum += skin;
#endif
        }
    }
    mean = vec4(sum.rgb / max(sum.a, 1e-6), 1.0);
}
