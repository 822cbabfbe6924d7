// The face unfolded into its texture space, with the place on the picture that each point was seen at.
#include "face_mesh.glsl"

out vec2 seen_at;
out float facing;

void main() {
    seen_at = (in_place.xy + 0.5) / size;
    facing = in_normal.z;
    gl_Position = vec4(2.0 * in_uv - 1.0, 0.0, 1.0);
}
