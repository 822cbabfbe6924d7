// Particles: a picture, or a shape by formula. Colours leave premultiplied.
uniform float additive; // 1: covers nothing, only adds its light
#ifdef PICTURE
uniform sampler2D sprite;
#endif

in vec2 at;
flat in vec4 colour;
flat in float own;
out vec4 result;

// how much of a pixel lies where a distance, in the units of ``at``, is negative
float covered(float distance, float pixel) {
    return clamp(0.5 - distance / pixel, 0.0, 1.0);
}

vec4 shape() {
#if defined(PICTURE)
    return texture(sprite, vec2(0.5 + 0.5 * at.x, 0.5 - 0.5 * at.y)) * vec4(colour.rgb, colour.a);
#else
    // derivatives of the place, which has no folds; those of folded distances jump
    vec2 pixel = max(vec2(length(vec2(dFdx(at.x), dFdy(at.x))), length(vec2(dFdx(at.y), dFdy(at.y)))), 1e-5);
    float c;
    float lift = 0.0; // a core that is nearer to white
#if defined(SHAPE_STAR)
    float a = atan(at.x, at.y), r = length(at);
    float turn = 1.25663706; // a fifth of a circle
    a = abs(mod(a + 0.5 * turn, turn) - 0.5 * turn);
    vec2 p = r * vec2(cos(a), sin(a));
    // the straight line from the tip (0.95, 0) to the notch (0.42 of it, a tenth of a circle on)
    vec2 tip = vec2(0.95, 0.0), notch = 0.42 * vec2(0.80901699, 0.58778525);
    vec2 along = notch - tip;
    c = covered(dot(tip - p, normalize(vec2(-along.y, along.x))), pixel.y);
    lift = 0.35 * clamp(1.0 - r * 1.6, 0.0, 1.0);
#elif defined(SHAPE_HEART)
    // one half: the hull of a circle and the point below; distances as in a cone with a round cap
    const vec2 tip = vec2(0.0, -0.9), middle = vec2(0.46, 0.34);
    const float round_ = 0.5;
    vec2 p = vec2(abs(at.x), at.y), q = p - tip, axis = middle - tip;
    float far = length(axis), sine = round_ / far, cosine = sqrt(1.0 - sine * sine);
    vec2 s = vec2(dot(q, axis), abs(q.x * axis.y - q.y * axis.x)) / far;
    float d = dot(s, vec2(cosine, sine)) > far * cosine ? length(p - middle) - round_
                                                        : dot(s, vec2(-sine, cosine));
    c = covered(d, pixel.y);
    vec2 shine = at - vec2(-0.38, 0.36);
    lift = 0.5 * exp(-14.0 * dot(shine, shine));
#elif defined(SHAPE_CONFETTI)
    vec2 p = abs(at) - vec2(0.95, 0.45 + 0.4 * own);
    c = covered(p.x, pixel.x) * covered(p.y, pixel.y);
#elif defined(SHAPE_FLAKE)
    // six arms with two pairs of twigs, folded into a twelfth of a circle
    float a = abs(mod(atan(at.x, at.y) + 0.52359878, 1.04719755) - 0.52359878), r = length(at);
    vec2 p = r * vec2(sin(a), cos(a));
    float soft = pixel.y;
    float arm = p.x - 0.055 * step(p.y, 0.95);
    vec2 t1 = p - vec2(0.0, 0.45), t2 = p - vec2(0.0, 0.68 + 0.1 * own);
    float twig1 = max(abs(dot(t1, vec2(0.8660254, -0.5))) - 0.045, dot(t1, vec2(0.5, 0.8660254)) - 0.34);
    float twig2 = max(abs(dot(t2, vec2(0.8660254, -0.5))) - 0.04, dot(t2, vec2(0.5, 0.8660254)) - 0.2);
    float d = min(max(arm, p.y - 0.95), min(twig1, twig2));
    d = min(d, r - 0.13);
    c = covered(d, soft);
    // from afar the arms are thinner than a pixel: what is left is a small ball
    float ball = clamp(1.15 - 1.35 * r, 0.0, 1.0);
    c = mix(c, ball * ball, clamp((soft - 0.08) / 0.12, 0.0, 1.0));
#elif defined(SHAPE_FLAME)
    // a tongue: round below, drawn out to a point above, never twice the same
    vec2 p = at + vec2(0.16 * sin(3.0 * at.y + 6.2831853 * own) * (0.6 + at.y), 0.0);
    float wide = 0.72 * sqrt(clamp((p.y + 1.0) * 1.1, 0.0, 1.0)) * (0.5 - 0.5 * p.y) * 1.25;
    float inside = clamp(1.0 - abs(p.x) / max(wide, 1e-3), 0.0, 1.0);
    float rise = smoothstep(-1.0, -0.55, p.y) * smoothstep(1.0, 0.2, p.y);
    c = inside * inside * (3.0 - 2.0 * inside) * rise;
    lift = 0.55 * c * c;
#else // a soft ball of light
    float d = clamp(1.0 - dot(at, at), 0.0, 1.0);
    c = d * d;
#endif
    return vec4(mix(colour.rgb, vec3(colour.a), lift * (1.0 - additive)) * c, colour.a * c);
#endif
}

void main() {
    vec4 c = shape();
    if (c.a <= 0.0) discard;
    result = vec4(c.rgb, c.a * (1.0 - additive));
}
