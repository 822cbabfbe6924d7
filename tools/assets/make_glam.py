"""``python -m tools.assets.make_glam``: where the glam makeup's highlights lie on the face."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tools.assets import face_drawing as draw
from tools.assets.face_drawing import Stroke, on_both
from tools.assets.packs import write

CHEEKBONES = Stroke(((0.155, 0.400), (0.215, 0.440), (0.290, 0.468), (0.345, 0.470)), 0.050, 0.2, 0.1)
UNDER_BROWS = Stroke(((0.245, 0.298), (0.300, 0.272), (0.360, 0.276)), 0.022, 0.2, 0.1)
INNER_CORNERS = Stroke(((0.405, 0.345), (0.418, 0.362), (0.415, 0.378)), 0.018, 0.5, 0.4)
NOSE = Stroke(((0.5, 0.300), (0.5, 0.400), (0.5, 0.470)), 0.024, 0.3, 0.6)
TIP = Stroke(((0.488, 0.510), (0.5, 0.508), (0.512, 0.510)), 0.026, 0.8, 0.8)
BOW = Stroke(((0.478, 0.622), (0.5, 0.628), (0.522, 0.622)), 0.010, 0.4, 0.4)
CHIN = Stroke(((0.470, 0.845), (0.5, 0.850), (0.530, 0.845)), 0.034, 0.4, 0.4)


def highlights() -> NDArray[np.uint8]:
    """(1024, 1024, 4) white, soft, straight alpha."""
    alpha = draw.blurred(draw.brushed(on_both([CHEEKBONES])), 0.016)
    alpha = np.maximum(alpha, 0.75 * draw.blurred(draw.brushed(on_both([UNDER_BROWS])), 0.007))
    alpha = np.maximum(alpha, 0.8 * draw.blurred(draw.brushed(on_both([INNER_CORNERS])), 0.006))
    alpha = np.maximum(alpha, 0.8 * draw.blurred(draw.brushed([NOSE, TIP]), 0.008))
    alpha = np.maximum(alpha, 0.7 * draw.blurred(draw.brushed([BOW]), 0.004))
    alpha = np.maximum(alpha, 0.5 * draw.blurred(draw.brushed([CHIN]), 0.014))
    return draw.picture((1.0, 0.97, 0.93), np.clip(1.15 * alpha, 0, 1))


FILES = {"glam/highlights.png": lambda: draw.png(highlights())}

if __name__ == "__main__":
    write(FILES)
