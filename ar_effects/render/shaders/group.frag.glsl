// A group's picture over the one under it. Colours are premultiplied.
#include "blend.glsl"

uniform sampler2D group;
uniform sampler2D picture;
uniform float opacity;
#if defined(BEHIND) || defined(ON_PEOPLE)
uniform sampler2D matte; // 1 where a person is
#endif

out vec4 result;

void main() {
    vec4 over = texelFetch(group, ivec2(gl_FragCoord.xy), 0);
#ifdef ISOLATED
    if (over.a <= 0.0) discard; // most of the picture, and most of the work
#else
    over.a = 1.0;
#endif
    float there = opacity;
#ifdef BEHIND
    there *= 1.0 - texelFetch(matte, ivec2(gl_FragCoord.xy), 0).r;
#endif
#ifdef ON_PEOPLE
    there *= texelFetch(matte, ivec2(gl_FragCoord.xy), 0).r;
#endif
#ifdef BLEND_NORMAL
    result = over * there; // the card adds what shines through
#else
    vec4 under = texelFetch(picture, ivec2(gl_FragCoord.xy), 0);
    vec3 straight = over.rgb / max(over.a, 1e-4);
    float alpha = over.a * there;
    result = vec4(mix(under.rgb, blended(under.rgb, straight), alpha), alpha + under.a * (1.0 - alpha));
#endif
}
