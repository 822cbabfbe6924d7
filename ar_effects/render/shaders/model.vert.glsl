// Models: from the model's frame to the camera's; lighting happens in the camera's frame.
layout(std140) uniform Frame { mat4 clip_from_camera; vec4 irradiance_sh[9]; vec4 lod; };
layout(std140) uniform Draw { mat4 camera_from_model; mat4 camera_from_normal; };

in vec3 in_position;
in vec3 in_normal;
in vec2 in_uv;
in vec4 in_color;

out vec3 position;
out vec3 normal;
out vec2 uv;
out vec4 color;

void main() {
    vec4 p = camera_from_model * vec4(in_position, 1.0);
    position = p.xyz;
    normal = mat3(camera_from_normal) * in_normal;
    uv = in_uv;
    color = in_color;
    gl_Position = clip_from_camera * p;
}
