"""The tests of training are left out where its packages are missing, and one line says so."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

PACKAGES = ("torch", "webdataset", "fsspec", "onnxscript")
MISSING = [name for name in PACKAGES if find_spec(name) is None]

collect_ignore_glob = ["test_*.py"] if MISSING else []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line where anything is left out; pytest's own summary comes behind it."""
    if MISSING:
        terminalreporter.write_line(
            f"tests/training is left out, as {', '.join(MISSING)} is missing; "
            "./run test --with train brings it and runs them."
        )


@pytest.fixture(autouse=True)
def _one_thread():
    """Results that do not depend on how many cores there are."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
