// A tracked face as an occluder of things in space: its mesh, moved along the rays through its landmarks.
#include "frame.glsl"
#include "face_mesh.glsl"
uniform vec4 lens;       // fx, fy, cx, cy in pixels
uniform float inset_mm;  // how much farther back than the face is

void main() {
    float depth_mm = max(in_place.z + inset_mm, 1.0);
    vec2 ray = vec2(in_place.x - lens.z, lens.w - in_place.y) / lens.xy;
    gl_Position = clip_from_camera * vec4(ray * depth_mm, -depth_mm, 1.0);
}
