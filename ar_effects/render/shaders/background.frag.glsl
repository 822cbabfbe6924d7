// Another background behind the people, in linear light.
//
// The person's own colour in a pixel that is both is found from the colours around it, corrected by what the
// pixel shows: Forte, "Approximate Fast Foreground Colour Estimation", ICIP 2021, equation 7, after Germer et al.,
// "Fast Multi-Level Foreground Estimation", ICPR 2020.
uniform sampler2D picture, matte;
uniform sampler2D near_behind, near_person; // sums and weights of the colours around
uniform float cleaning;
uniform float keep; // share of the old background that stays, where KEEP
#ifdef PICTURE
uniform sampler2D backdrop; // premultiplied
uniform vec2 fit;
#elif defined(COLOUR)
uniform vec3 colour;
#else
uniform sampler2D blurred;
#endif

in vec2 place;
out vec4 result;

const float LITTLE = 1e-3;

vec3 mean_or(vec4 sum, vec3 otherwise) {
    return mix(otherwise, sum.rgb / max(sum.a, 1e-6), clamp(sum.a / LITTLE, 0.0, 1.0));
}

vec3 new_background(vec3 old) {
#ifdef PICTURE
    vec4 over = texture(backdrop, (place - 0.5) * fit + 0.5);
#ifdef STREAM
    over.rgb *= over.a; // what plays has straight alpha
#endif
    return over.rgb + (1.0 - over.a) * old;
#elif defined(COLOUR)
    return colour;
#else
    return mix(mean_or(texture(blurred, place), old), old, keep);
#endif
}

void main() {
#if defined(BEHIND) && !defined(KEEP)
    result = vec4(new_background(vec3(0.0)), 1.0);
#else
    ivec2 at = ivec2(gl_FragCoord.xy);
    vec3 seen = texelFetch(picture, at, 0).rgb;
#ifdef BEHIND
    result = vec4(new_background(seen), 1.0);
#else
    float share = texelFetch(matte, at, 0).r;
    if (share >= 1.0) discard; // bit for bit as it was
    vec3 around = mean_or(texture(near_behind, place), seen);
    vec3 person = mean_or(texture(near_person, place), seen);
    vec3 own = clamp(person + share * (seen - share * person - (1.0 - share) * around), 0.0, 1.0);
    own = mix(seen, own, cleaning);
    vec3 old = mix(seen, around, min(4.0 * share, 1.0));
    result = vec4(mix(new_background(old), own, share), 1.0);
#endif
#endif
}
