// One direction of a Gaussian over the shadow's map, SIGMA and REACH in texels; past the ends nothing is.
uniform sampler2D map;
uniform ivec2 direction;

out vec4 blurred;

void main() {
    ivec2 here = ivec2(gl_FragCoord.xy), limit = textureSize(map, 0) - 1;
    vec4 sum = vec4(0.0);
    float total = 0.0;
    for (int i = -REACH; i <= REACH; i++) {
        ivec2 there = clamp(here + i * direction, ivec2(0), limit);
        vec4 texel = texelFetch(map, there, 0);
        float weight = exp(-0.5 * float(i * i) / (SIGMA * SIGMA));
        sum += weight * vec4(texel.x, texel.y, texel.zw);
        total += weight;
    }
    blurred = sum / total;
}
