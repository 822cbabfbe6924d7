"""Archives with the same bytes on every run."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first date a zip can hold: numpy would write the clock's."""


def save_npz(path: Path, **arrays: NDArray[np.generic]) -> None:
    """``np.savez_compressed`` without the time of day."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.save(buffer, array)
            archive.writestr(
                zipfile.ZipInfo(f"{name}.npy", EPOCH), buffer.getvalue(), compress_type=zipfile.ZIP_DEFLATED
            )
