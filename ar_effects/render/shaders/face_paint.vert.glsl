// What is put on the skin, by the mesh's texture space.
#include "face_mesh.glsl"

out vec2 uv;
out float border_mm;
out vec2 rims;
flat out vec3 skin_mean; // linear
out float facing; // 1 the skin looks into the camera, 0 it is seen edge-on

uniform sampler2D mean; // of the skin, one texel; looked at here: in software a look at every pixel costs
uniform vec4 view; // of a pixel (x, y): the direction towards the camera is (x, y, 1) * view.xy1 + view.zw0

void main() {
    uv = in_uv;
    skin_mean = texelFetch(mean, ivec2(0), 0).rgb;
    border_mm = in_border_mm;
    rims = in_rims;
    vec3 to_camera = vec3(in_place.xy * view.xy + view.zw, 1.0);
    facing = dot(normalize(in_normal), normalize(to_camera));
    gl_Position = clip_from_place(in_place);
}
