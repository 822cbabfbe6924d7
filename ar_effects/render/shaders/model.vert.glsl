// Models: from the model's frame to the camera's; lighting happens in the camera's frame.
#include "frame.glsl"
layout(std140) uniform Draw { mat4 camera_from_model; mat4 camera_from_normal; };

in vec3 in_position;
in vec3 in_normal;
in vec2 in_uv;
in vec4 in_color;

// maps that are read elsewhere than the base colour
#ifdef METALLIC_ROUGHNESS_UV
in vec2 in_metallic_roughness_uv;
out vec2 metallic_roughness_uv;
#endif
#ifdef NORMAL_UV
in vec2 in_normal_uv;
out vec2 normal_uv;
#endif
#ifdef OCCLUSION_UV
in vec2 in_occlusion_uv;
out vec2 occlusion_uv;
#endif
#ifdef EMISSIVE_UV
in vec2 in_emissive_uv;
out vec2 emissive_uv;
#endif

#ifdef SKINNED
layout(std140) uniform Joints { vec4 joint_rows[3 * 128]; }; // model from bind frame, three rows each
in vec4 in_joints;
in vec4 in_weights;
#endif

#ifdef SHADOW
uniform mat4 map_from_camera; // x, y in the shadow's map; z, how near to the light
out float near;
#endif

out vec3 position;
out vec3 normal;
out vec2 uv;
out vec4 color;
#ifdef MATT
out vec3 lit;
#endif

void main() {
    vec4 place = vec4(in_position, 1.0);
    vec3 across = in_normal;
#ifdef SKINNED
    // the blend of the matrices applied to both: right for joints that turn, move and scale evenly
    vec4 x = vec4(0.0), y = vec4(0.0), z = vec4(0.0);
    for (int i = 0; i < 4; ++i) {
        int row = 3 * int(in_joints[i] + 0.5);
        x += in_weights[i] * joint_rows[row];
        y += in_weights[i] * joint_rows[row + 1];
        z += in_weights[i] * joint_rows[row + 2];
    }
    place = vec4(dot(x, place), dot(y, place), dot(z, place), 1.0);
    across = vec3(dot(x.xyz, across), dot(y.xyz, across), dot(z.xyz, across));
#endif
    vec4 p = camera_from_model * place;
    position = p.xyz;
    normal = mat3(camera_from_normal) * across;
    uv = in_uv;
#ifdef METALLIC_ROUGHNESS_UV
    metallic_roughness_uv = in_metallic_roughness_uv;
#endif
#ifdef NORMAL_UV
    normal_uv = in_normal_uv;
#endif
#ifdef OCCLUSION_UV
    occlusion_uv = in_occlusion_uv;
#endif
#ifdef EMISSIVE_UV
    emissive_uv = in_emissive_uv;
#endif
    color = in_color;
#ifdef MATT
    lit = irradiance(normalize(normal));
#endif
#ifdef SHADOW
    vec4 on_map = map_from_camera * p;
    near = on_map.z;
    gl_Position = vec4(on_map.xy, 0.0, 1.0);
#else
    gl_Position = clip_from_camera * p;
#endif
}
