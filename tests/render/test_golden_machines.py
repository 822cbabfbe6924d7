"""The golden pictures as other processors draw them: only with ``--slow``, a minute for each."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import HANGS_S

try:
    from numpy._core._multiarray_umath import __cpu_dispatch__ as numpy_dispatch
except ImportError:  # NumPy 1
    from numpy.core._multiarray_umath import __cpu_dispatch__ as numpy_dispatch

ROOT = Path(__file__).resolve().parents[2]
GOLDENS = len(list((ROOT / "tests" / "golden").rglob("*.png")))

MACHINES = {
    # Mesa's software rasteriser computes so many bits at once: 4, 8 or 16 pixels' values
    "128 bits": {"LP_NATIVE_VECTOR_WIDTH": "128"},
    "256 bits": {"LP_NATIVE_VECTOR_WIDTH": "256"},
    "512 bits": {"LP_NATIVE_VECTOR_WIDTH": "512"},
    # One of 2008 for Mesa, NumPy, OpenBLAS, OpenCV and the compiled loops: four values at once, and no fused
    # multiply-add. NumPy asks for no less.
    "an old processor": {
        "GALLIUM_OVERRIDE_CPU_CAPS": "sse4.1",
        "NPY_DISABLE_CPU_FEATURES": " ".join(numpy_dispatch),
        "OPENBLAS_CORETYPE": "Nehalem",
        "OPENCV_CPU_DISABLE": "AVX2,AVX,FP16",
        "NUMBA_CPU_NAME": "nehalem",
        "NUMBA_CPU_FEATURES": "",
    },
}


DRAWS = """
from ar_effects.render.context import open_headless
with open_headless() as context:
    context.ctx.texture((8, 8), 4, bytes(256)).build_mipmaps()
"""


def python(*arguments, **environment):
    """A Python of its own on a pretended machine."""
    unset = ("UPDATE_GOLDEN", "GOLDEN_EXACT", *(name for machine in MACHINES.values() for name in machine))
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**{k: v for k, v in os.environ.items() if k not in unset}, **environment},
        capture_output=True,
        text=True,
        timeout=HANGS_S,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="Mesa's software rasteriser is Linux's")
@pytest.mark.parametrize("machine", MACHINES)
def test_golden_pictures_on(machine, tmp_path):
    """Compiled anew each time: what a cache holds was made for this processor."""
    environment = {
        **MACHINES[machine],
        "MESA_SHADER_CACHE_DISABLE": "true",
        "NUMBA_CACHE_DIR": str(tmp_path),
    }
    if python("-c", DRAWS, **environment).returncode < 0:  # 512 bits where the processor has no AVX-512
        pytest.skip("Mesa itself crashes over its first draw as this machine")
    process = python("-m", "pytest", "-q", "-m", "golden", "-p", "no:cacheprovider", "tests", **environment)
    assert process.returncode == 0, process.stdout[-4000:]
    passed = re.search(r"(\d+) passed", process.stdout.splitlines()[-1])
    assert passed, process.stdout[-400:]
    assert int(passed[1]) == GOLDENS, "each was compared"
