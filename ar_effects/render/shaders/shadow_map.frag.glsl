// What stands between the light and the skin: how much it stops, how near to the light it is, that it is.
// The largest of each counts where things lie over one another.
layout(std140) uniform Material {
    vec4 base_color;
    vec4 emissive_transmission;
    vec4 metallic_roughness;
    vec4 scales;
};

#ifdef BASE_COLOR_MAP
uniform sampler2D base_color_map;
#endif

in float near;
in vec2 uv;
in vec4 color;

out vec4 stopped;

void main() {
    vec4 base = base_color * color;
#ifdef BASE_COLOR_MAP
    base.a *= texture(base_color_map, uv).a;
#endif
    float share = 1.0;
#ifdef MASK
    share = step(metallic_roughness.w, base.a);
#elif defined(BLEND)
    share = clamp(base.a, 0.0, 1.0);
#endif
    // glass lets its own colour through
    share *= 1.0 - emissive_transmission.a * (1.0 - metallic_roughness.x) * dot(base.rgb, vec3(1.0 / 3.0));
    if (share <= 0.01) discard;
    stopped = vec4(share, near, 1.0, 1.0);
}
