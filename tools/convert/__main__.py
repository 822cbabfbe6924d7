"""``python -m tools.convert``: fetch the wheel, convert every network, write the manifest."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

from tools.assets.deterministic import save_npz
from tools.convert.networks import ATTENTION_MESH, NETWORKS, Network, attention_figures, convert
from tools.convert.tflite_graph import read_tflite
from tools.convert.wheel import WHEEL_REQUIREMENT, fetch_wheel, read_from_wheel

MODELS = Path(__file__).resolve().parents[2] / "models"

HEADER = """\
# The networks the app runs. Written by `python -m tools.convert`; checked whenever one is loaded.
# A string in a shape is a size that is free.
"""


def entry(network: Network, source: bytes, result: bytes) -> str:
    """The manifest's table for one network."""

    def shapes(values: dict[str, tuple[object, ...]]) -> str:
        rows = [f"{k} = [{', '.join(_toml(n) for n in v)}]" for k, v in values.items()]
        return "{ " + ", ".join(rows) + " }"

    lines = [
        f"[{network.name}]",
        f"file = {_toml(network.file)}",
        f"sha256 = {_toml(hashlib.sha256(result).hexdigest())}",
        f"summary = {_toml(network.summary)}",
        f"inputs = {shapes(network.inputs)}",
        f"outputs = {shapes(network.outputs)}",
        f"input_range = [{network.input_range[0]}, {network.input_range[1]}]  # of RGB values",
        'licence = "Apache-2.0"',
        'copyright = "The MediaPipe Authors"',
        f"source_wheel = {_toml(WHEEL_REQUIREMENT)}",
        f"source_path = {_toml(network.source)}",
        f"source_sha256 = {_toml(hashlib.sha256(source).hexdigest())}",
    ]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    return str(value) if isinstance(value, int) else '"' + str(value).replace('"', '\\"') + '"'


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.convert", description=__doc__)
    parser.add_argument("--wheel", type=Path, help="the mediapipe wheel (default: fetched with pip)")
    parser.add_argument("--out", type=Path, default=MODELS, help="folder for the ONNX files")
    arguments = parser.parse_args()
    wheel = arguments.wheel or fetch_wheel()
    entries = []
    for network in NETWORKS:
        source = read_from_wheel(wheel, network.source)
        result = convert(network, source)
        (arguments.out / network.file).write_bytes(result)
        entries.append(entry(network, source, result))
        print(f"{network.file}: {len(result) / 1e6:.1f} MB")
    figures = attention_figures(read_tflite(read_from_wheel(wheel, ATTENTION_MESH)))
    save_npz(arguments.out / "face_mesh_patches.npz", **figures)
    (arguments.out / "manifest.toml").write_text(HEADER + "\n" + "\n".join(entries), encoding="utf-8")


if __name__ == "__main__":
    main()
