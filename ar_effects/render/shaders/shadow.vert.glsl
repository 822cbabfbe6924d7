// The skin a shadow falls on, with its place in the shadow's map.
#include "face_mesh.glsl"

uniform mat4 map_from_camera;
uniform vec4 lens;      // focal lengths and principal point in pixels
uniform vec3 to_light;

out vec3 on_map;
out float facing;
out float border_mm;

void main() {
    vec2 ray = (in_place.xy - lens.zw) / lens.xy;
    on_map = (map_from_camera * vec4(vec3(ray.x, -ray.y, -1.0) * in_place.z, 1.0)).xyz;
    facing = dot(in_normal, to_light);
    border_mm = in_border_mm;
    gl_Position = clip_from_place(in_place);
}
