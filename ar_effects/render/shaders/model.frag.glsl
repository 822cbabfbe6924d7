// Models: glTF 2.0 metallic-roughness under image-based light, linear colour, no tone mapping.
//
// Split-sum approximation: Karis, "Real Shading in Unreal Engine 4", SIGGRAPH 2013. The integrated
// BRDF is his fit from "Physically Based Shading on Mobile", 2014. Specular anti-aliasing:
// Tokuyoshi and Kaplanyan, "Improved Geometric Specular Antialiasing", I3D 2019.
#include "frame.glsl"
layout(std140) uniform Material {
    vec4 base_color;
    vec4 emissive_transmission;      // rgb, transmission
    vec4 metallic_roughness;         // metallic, roughness, reflectance at normal incidence, alpha cutoff
    vec4 scales;                     // normal scale, occlusion strength, specular, thickness in millimetres
    vec4 tinted_reflectance;         // at normal incidence, of what is no metal
};

uniform sampler2D specular_panorama;
uniform sampler2D base_color_map;
uniform sampler2D metallic_roughness_map;
uniform sampler2D normal_map;
uniform sampler2D occlusion_map;
uniform sampler2D emissive_map;
uniform sampler2D local_environment; // what the camera sees, as a disc: see local_environment_map.frag.glsl
uniform sampler2D behind;       // the picture before the scene

in vec3 position;
in vec3 normal;
in vec2 uv;
in vec4 color;
#ifdef METALLIC_ROUGHNESS_UV
in vec2 metallic_roughness_uv;
#else
#define metallic_roughness_uv uv
#endif
#ifdef NORMAL_UV
in vec2 normal_uv;
#else
#define normal_uv uv
#endif
#ifdef OCCLUSION_UV
in vec2 occlusion_uv;
#else
#define occlusion_uv uv
#endif
#ifdef EMISSIVE_UV
in vec2 emissive_uv;
#else
#define emissive_uv uv
#endif
#ifdef MATT
in vec3 lit;
#endif

#ifdef TRANSPARENT
layout(location = 0, index = 0) out vec4 added;       // light this surface sends
layout(location = 0, index = 1) out vec4 let_through; // share of the light behind it that passes
#else
layout(location = 0) out vec4 added;
#endif

const float PI = 3.14159265358979;

// The measured light bends the panorama's: more from where it comes, within limits.
const float LEAST = 0.2, MOST = 1.8;

vec3 reflected(vec3 direction, float roughness) {
    // the level is explicit: derivatives jump where the panorama's ends meet
    vec2 place = vec2(atan(direction.x, direction.z) / (2.0 * PI) + 0.5,
                      acos(clamp(direction.y, -1.0, 1.0)) / PI);
    vec3 light = textureLod(specular_panorama, place, roughness * lod.x).rgb * gain.rgb
        * clamp(1.0 + direction.x * tilt[0].rgb + direction.y * tilt[1].rgb + direction.z * tilt[2].rgb,
                LEAST, MOST);
    if (lod.y > 0.0 && direction.z > 0.0) {
        // in front of the head is what the camera sees, as if mirrored in the screen
        vec2 disc = vec2(direction.x, -direction.y) / (1.0 + direction.z);
        vec3 seen = textureLod(local_environment, 0.5 + 0.5 * disc, roughness * lod.z).rgb;
        // lamps stay lamps: half of what the panorama loses comes back
        light += lod.y * smoothstep(0.0, 0.4, direction.z) * (seen - 0.5 * light);
    }
    return light;
}

// scale and bias on the reflectance at normal incidence
vec2 integrated_brdf(float roughness, float n_dot_v) {
    vec4 r = roughness * vec4(-1.0, -0.0275, -0.572, 0.022) + vec4(1.0, 0.0425, 1.04, -0.04);
    float a = min(r.x * r.x, exp2(-9.28 * n_dot_v)) * r.x + r.y;
    return vec2(-1.04, 1.04) * a + r.zw;
}

// bends a highlight's last fifth so that it approaches 1 instead of clipping
vec3 shoulder(vec3 radiance) {
    vec3 bent = 1.0 - 0.2 * exp(-(max(radiance, 0.8) - 0.8) / 0.2);
    return mix(radiance, bent, greaterThan(radiance, vec3(0.8)));
}

#ifdef NORMAL_MAP
vec3 bumped(vec3 n) {
    // a tangent frame from screen-space derivatives: +X along u, +Y against v (glTF's v points down)
    vec3 dpx = dFdx(position), dpy = dFdy(position);
    vec2 dux = dFdx(normal_uv), duy = dFdy(normal_uv);
    float area = dux.x * duy.y - dux.y * duy.x;
    vec3 m = texture(normal_map, normal_uv).xyz * 2.0 - 1.0;
    m.xy *= scales.x;
    if (abs(area) < 1e-20) return n;
    vec3 t = (duy.y * dpx - dux.y * dpy) / area;
    vec3 b = (duy.x * dpx - dux.x * dpy) / area;
    t = t - n * dot(n, t);
    b = b - n * dot(n, b);
    return normalize(t * (m.x * inversesqrt(max(dot(t, t), 1e-20)))
                   + b * (m.y * inversesqrt(max(dot(b, b), 1e-20))) + n * m.z);
}
#endif

void main() {
    vec4 base = base_color * color;
#ifdef BASE_COLOR_MAP
    vec4 texel = texture(base_color_map, uv);
#ifdef PREMULTIPLIED
    texel.rgb /= max(texel.a, 1e-4); // filtered premultiplied, so that clear texels do not bleed in
#endif
    base *= texel;
#endif
#ifdef MASK
    // a pixel-wide ramp about the cutoff, turned into covered samples (alpha to coverage)
    float cutoff = metallic_roughness.w;
    float coverage = clamp((base.a - cutoff) / max(fwidth(base.a), 1e-4) + 0.5, 0.0, 1.0);
    if (coverage <= 0.0) discard;
#endif

#ifdef UNLIT
    vec3 light = base.rgb;
    vec3 passes = vec3(0.0);
#elif defined(MATT)
    // hair, cloth, paper: lit at its corners, no mirror; both sides alike
    float metallic = 0.0;
    vec3 diffuse = base.rgb * lit, specular = vec3(0.0), mirrored = vec3(0.0);
#ifdef OCCLUSION_MAP
    diffuse *= mix(1.0, texture(occlusion_map, occlusion_uv).r, scales.y);
#endif
#else
    float metallic = metallic_roughness.x, roughness = metallic_roughness.y;
#ifdef METALLIC_ROUGHNESS_MAP
    vec2 gb = texture(metallic_roughness_map, metallic_roughness_uv).gb;
    roughness *= gb.x;
    metallic *= gb.y;
#endif

    vec3 n = normalize(normal);
    vec3 nx = dFdx(n), ny = dFdy(n);
    float spread = min(0.5 * (dot(nx, nx) + dot(ny, ny)), 0.18);
    float alpha = roughness * roughness;
    roughness = sqrt(sqrt(clamp(alpha * alpha + spread, 0.0, 1.0)));
#ifdef NORMAL_MAP
    n = bumped(n);
#endif
    if (!gl_FrontFacing) n = -n;

    vec3 v = normalize(-position);
    float n_dot_v = clamp(dot(n, v), 0.0, 1.0);
    vec2 ab = integrated_brdf(roughness, n_dot_v);
    float specular_share = mix(scales.z, 1.0, metallic);
    vec3 mirrored = (mix(tinted_reflectance.rgb, base.rgb, metallic) * ab.x + ab.y) * specular_share;

    vec3 diffuse = base.rgb * (1.0 - metallic) * (1.0 - mirrored) * irradiance(n);
    vec3 specular = mirrored * reflected(reflect(-v, n), roughness);
#ifdef OCCLUSION_MAP
    float open = mix(1.0, texture(occlusion_map, occlusion_uv).r, scales.y);
    diffuse *= open;
    specular *= open;
#endif
#endif
#ifndef UNLIT
    vec3 emissive = emissive_transmission.rgb;
#ifdef EMISSIVE_MAP
    emissive *= texture(emissive_map, emissive_uv).rgb;
#endif

    float transmission = emissive_transmission.a;
    vec3 light = shoulder(diffuse * (1.0 - transmission) + specular + emissive);
    vec3 passes = base.rgb * (transmission * (1.0 - metallic)) * (1.0 - mirrored);
#endif

#ifdef TRANSPARENT
#ifdef BLEND
    float opacity = clamp(base.a, 0.0, 1.0);
#elif defined(MASK)
    float opacity = coverage;
#else
    float opacity = 1.0;
#endif
#ifdef REFRACTS
    // into the solid by the law of refraction, straight through it, and out where the camera looks
    float r0 = sqrt(metallic_roughness.z);
    vec3 inside = refract(-v, n, (1.0 - r0) / (1.0 + r0)); // the inverse of the index
    vec4 exit = clip_from_camera * vec4(position + inside * scales.w, 1.0);
    light += passes * texture(behind, 0.5 + 0.5 * exit.xy / exit.w).rgb;
    passes = vec3(0.0);
#endif
    vec3 through = mix(vec3(1.0), passes, opacity);
    float mean_through = dot(through, vec3(1.0 / 3.0)); // alpha counts in groups on clear ground only
    added = vec4(light * opacity, 1.0 - mean_through);
    let_through = vec4(through, mean_through);
#else
    added = vec4(light, 1.0);
#ifdef MASK
    added.a = coverage;
#endif
#endif
}
