"""``python -m tools.docs.api [FOLDER]``: the reference of what ``ar_effects`` exports, from the docstrings.

HTML pages by pdoc, into ``out/api`` unless a folder is named. A docstring that cannot be read is an error.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pdoc
import pdoc.render

import ar_effects
from ar_effects.paths import ROOT
from ar_effects.version import program_version


def write_reference(folder: Path) -> Path:
    """Write the pages; gives the first one.

    Raises:
        Warning: any that pdoc gives, such as of a name that leads nowhere.
    """
    for name in ar_effects.__all__:
        getattr(ar_effects, name)  # they are loaded when they are first asked for, and pdoc does not ask
    pdoc.render.configure(
        docformat="google", show_source=False, footer_text=f"AR Effects {program_version()}"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pdoc.pdoc("ar_effects", "!ar_effects.", output_directory=folder)
    return folder / "ar_effects.html"


if __name__ == "__main__":
    print(write_reference(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "out" / "api"))
