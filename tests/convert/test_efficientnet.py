"""EfficientNet-Lite's file and its reader, without torch; parity with torch is measured in tests/training."""

from __future__ import annotations

import io
import pickle
import sys
from collections import OrderedDict

import numpy as np
import pytest

from ar_effects.inference.network import Network
from tools.convert import __main__ as tool
from tools.convert.torch_file import MAGIC, PROTOCOL, read_tensors


class Storage:
    """Stands for a row of numbers elsewhere in the file."""

    def __init__(self, key: str, count: int, kind: str = "FloatStorage") -> None:
        self.pid = ("storage", kind, key, "cpu", count, None)


def rebuilt(storage, offset, shape, strides):
    """What torch's own function is called in the file; only its name is written."""


rebuilt.__module__, rebuilt.__qualname__ = "torch._utils", "_rebuild_tensor_v2"


class Tensor:
    def __init__(self, *arguments) -> None:
        self.arguments = arguments

    def __reduce__(self):
        return rebuilt, self.arguments


def torch_file(table, storages: dict[str, np.ndarray], magic=MAGIC) -> bytes:
    """A file of the old format, as torch wrote it."""
    file = io.BytesIO()
    for value in (magic, PROTOCOL, {"little_endian": True}):
        pickle.dump(value, file, protocol=2)
    with pytest.MonkeyPatch.context() as patch:
        module = type(sys)("torch._utils")
        module._rebuild_tensor_v2 = rebuilt
        patch.setitem(sys.modules, "torch", type(sys)("torch"))
        patch.setitem(sys.modules, "torch._utils", module)

        class Pickler(pickle.Pickler):
            def persistent_id(self, value):
                return value.pid if isinstance(value, Storage) else None

        Pickler(file, protocol=2).dump(table)
    pickle.dump(sorted(storages), file, protocol=2)
    for key in sorted(storages):
        file.write(np.int64(storages[key].size).tobytes() + storages[key].tobytes())
    return file.getvalue()


NUMBERS = np.arange(12, dtype=np.float32)


def one(*arguments) -> bytes:
    """A file with one tensor over twelve numbers, 0 to 11."""
    return torch_file(
        OrderedDict(weight=Tensor(Storage("a", 12, "FloatStorage"), *arguments)), {"a": NUMBERS}
    )


def test_tensors_are_read_row_by_row_and_turned():
    assert read_tensors(one(0, (3, 4), (4, 1)))["weight"].tolist() == NUMBERS.reshape(3, 4).tolist()
    assert read_tensors(one(0, (4, 3), (1, 4)))["weight"].tolist() == NUMBERS.reshape(3, 4).T.tolist()
    assert read_tensors(one(2, (2,), (5,)))["weight"].tolist() == [2.0, 7.0]
    assert read_tensors(one(5, (), ()))["weight"].tolist() == 5.0


@pytest.mark.parametrize(
    "arguments", [(0, (13,), (1,)), (5, (2, 4), (4, 1)), (0, (2,), (-1,)), (-1, (2,), (1,)), (0, (0,), (1,))]
)
def test_a_tensor_beyond_its_numbers_is_refused(arguments):
    with pytest.raises(ValueError, match="reaches beyond"):
        read_tensors(one(*arguments))


def test_nothing_else_is_run_or_taken():
    with pytest.raises(ValueError, match=r"(posix|nt)\.system"):
        read_tensors(torch_file(os_system(), {}))
    with pytest.raises(ValueError, match="not a torch file"):
        read_tensors(torch_file({}, {}, magic=1))


def os_system():
    import os

    class Bad:
        def __reduce__(self):
            return os.system, ("true",)

    return Bad()


def test_the_shipped_network_tells_a_picture_by_numbers_and_classes(cpu):
    network = Network("efficientnet_lite0", cpu)
    batch = network.new_batch(2)
    picture = np.zeros((224, 224, 3), np.uint8)
    network.fill(batch, picture, 0)
    picture[:, :, 2] = 255  # BGR: red
    network.fill(batch, picture, 1)
    assert batch[0].min() == batch[0].max() == np.float32(-127 / 128)
    assert batch[1, 0].min() == 1.0
    embedding, logits = network.run(batch)
    assert embedding.shape == (2, 1280)
    assert logits.shape == (2, 1000)
    assert (embedding >= 0).all(), "a mean of ReLU6"
    assert np.abs(logits[0] - logits[1]).max() > 0.1


def test_one_alone_needs_a_folder_of_its_own(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["tools.convert", "--only", "efficientnet_lite2"])
    with pytest.raises(SystemExit):
        tool.main()
    assert "--out" in capsys.readouterr().err


@pytest.mark.wheel
def test_one_alone_has_a_manifest_of_its_own(monkeypatch, tmp_path, lite_wheel, cpu):
    arguments = ["--only", "efficientnet_lite0", "--wheels", str(lite_wheel.parent), "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["tools.convert", *arguments])
    tool.main()
    assert {path.name for path in tmp_path.iterdir()} == {"efficientnet_lite0.onnx", "manifest.toml"}
    assert Network("efficientnet_lite0", cpu, folder=tmp_path).side == 224
