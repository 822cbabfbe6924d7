// How much of a pixel is person: the guided filter's linear function of the frame's colours.
uniform sampler2D picture, coefficients;

in vec2 place;
out vec4 share;

void main() {
#ifdef PERSON
    share = vec4(1.0);
#else
    vec4 k = texture(coefficients, place);
    vec3 guide = sqrt(texelFetch(picture, ivec2(gl_FragCoord.xy), 0).rgb);
    share = vec4(clamp(dot(k.rgb, guide) + k.a, 0.0, 1.0));
#endif
}
