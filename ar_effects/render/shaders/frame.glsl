// What all draws of a frame share.
layout(std140) uniform Frame {
    mat4 clip_from_camera;
    vec4 irradiance_sh[9];
    vec4 lod;      // the panorama's last level, share of the picture in reflections, its map's last level
    vec4 gain;     // rgb, on what the panorama sends
    vec4 tilt[3];  // rgb: how much more it sends from +X, +Y, +Z
};

// what a matt white surface sends, by spherical harmonics
vec3 irradiance(vec3 n) {
    return max(irradiance_sh[0].rgb * 0.282095
        + irradiance_sh[1].rgb * (0.488603 * n.y) + irradiance_sh[2].rgb * (0.488603 * n.z)
        + irradiance_sh[3].rgb * (0.488603 * n.x) + irradiance_sh[4].rgb * (1.092548 * n.x * n.y)
        + irradiance_sh[5].rgb * (1.092548 * n.y * n.z)
        + irradiance_sh[6].rgb * (0.315392 * (3.0 * n.z * n.z - 1.0))
        + irradiance_sh[7].rgb * (1.092548 * n.x * n.z)
        + irradiance_sh[8].rgb * (0.546274 * (n.x * n.x - n.y * n.y)), 0.0);
}
