// A soft shadow as a factor on the skin: darker where what casts it is close.
uniform sampler2D map;
uniform float strength;
uniform float depth_mm; // that one unit of nearness is

in vec3 on_map;
in float facing;
in float border_mm;

out vec4 kept;

const float TOUCH_MM = 3.0; // things sink so far into skin and still count as before it
const float REACH_MM = 40.0;
const float BORDER_MM = 10.0;

void main() {
    vec4 stopped = texture(map, 0.5 + 0.5 * on_map.xy);
    float gap_mm = (stopped.y / max(stopped.z, 1e-4) - on_map.z) * depth_mm;
    float shade = stopped.x * smoothstep(-2.0 * TOUCH_MM, 0.0, gap_mm) * exp(-max(gap_mm, 0.0) / REACH_MM);
    shade *= smoothstep(-0.2, 0.3, facing) * smoothstep(0.0, BORDER_MM, border_mm);
    // skin lets a little red go round
    kept = vec4(1.0 - strength * shade * vec3(0.88, 1.0, 1.0), 1.0);
}
