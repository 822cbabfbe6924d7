// A face's depth: what of it is hidden behind the rest of it.
#include "face_mesh.glsl"

void main() {
    gl_Position = clip_from_place(in_place);
}
