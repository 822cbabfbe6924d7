"""Reads a TFLite flatbuffer into small records, weights decoded and constants folded.

The schema comes from the PyPI package ``tflite``. Weights are kept as float16 behind DEQUANTIZE
nodes, and some behind DENSIFY (sparse) nodes; both are folded into float32 constants here, so
that the translation sees a plain float graph.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tflite
from flatbuffers import flexbuffers
from numpy.typing import NDArray

BUILTIN_NAMES = {v: k for k, v in vars(tflite.BuiltinOperator).items() if isinstance(v, int)}
DTYPES = {
    tflite.TensorType.FLOAT32: np.float32,
    tflite.TensorType.FLOAT16: np.float16,
    tflite.TensorType.INT32: np.int32,
}
ACTIVATIONS = {
    tflite.ActivationFunctionType.NONE: "",
    tflite.ActivationFunctionType.RELU: "Relu",
}

RAW_OPTIONS = {"Convolution2DTransposeBias"}
"""Custom operators whose options are a C struct instead of a flexbuffer."""


@dataclass(frozen=True)
class Tensor:
    """A value of the graph; ``data`` is None unless it is a constant."""

    index: int
    name: str
    shape: tuple[int, ...]
    data: NDArray[Any] | None = None


@dataclass(frozen=True)
class Operator:
    """One node: ``kind`` is the builtin's name, or the custom op's code."""

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TfliteGraph:
    """The one subgraph of a network, with every constant known."""

    tensors: dict[int, Tensor]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: dict[str, int]

    def constant(self, index: int) -> NDArray[Any]:
        """The value of a constant tensor."""
        data = self.tensors[index].data
        if data is None:
            raise ValueError(f"tensor {index} ({self.tensors[index].name}) is not a constant")
        return data


def read_tflite(buffer: bytes) -> TfliteGraph:
    """Decode the first subgraph of a TFLite file."""
    model = tflite.Model.GetRootAs(buffer, 0)
    graph = model.Subgraphs(0)
    tensors = {i: _tensor(model, graph.Tensors(i), i) for i in range(graph.TensorsLength())}
    operators: list[Operator] = []
    for i in range(graph.OperatorsLength()):
        raw = graph.Operators(i)
        operator = _operator(model, raw)
        source = tensors[operator.inputs[0]]
        if operator.kind == "DEQUANTIZE" and source.data is not None:
            _fold(tensors, operator.outputs[0], source.data.astype(np.float32))
        elif operator.kind == "DENSIFY":
            _fold(tensors, operator.outputs[0], _densify(model, graph.Tensors(operator.inputs[0])))
        else:
            operators.append(operator)
    names = {graph.Tensors(int(i)).Name().decode(): int(i) for i in graph.OutputsAsNumpy()}
    return TfliteGraph(tensors, tuple(operators), tuple(int(i) for i in graph.InputsAsNumpy()), names)


def _fold(tensors: dict[int, Tensor], index: int, data: NDArray[Any]) -> None:
    t = tensors[index]
    tensors[index] = Tensor(index, t.name, t.shape, np.ascontiguousarray(data.reshape(t.shape)))


def _shape(raw: Any) -> tuple[int, ...]:
    shape = raw.ShapeAsNumpy()
    return () if isinstance(shape, int) else tuple(int(n) for n in shape)


def _buffer(model: Any, raw: Any) -> NDArray[Any] | None:
    data = model.Buffers(raw.Buffer()).DataAsNumpy()
    if isinstance(data, int) or len(data) == 0 or raw.Type() not in DTYPES:
        return None
    return np.frombuffer(data.tobytes(), DTYPES[raw.Type()])


def _tensor(model: Any, raw: Any, index: int) -> Tensor:
    data = _buffer(model, raw)
    shape = _shape(raw)
    if data is not None and raw.Sparsity() is None:
        return Tensor(index, raw.Name().decode(), shape, data.reshape(shape))
    return Tensor(index, raw.Name().decode(), shape, data)


def _densify(model: Any, raw: Any) -> NDArray[Any]:
    """Decode TFLite's sparse format for one tensor.

    Dimensions are walked in ``traversal order``; a DENSE one is a plain loop, a SPARSE_CSR one
    lists, for each parent position, the indices that are present. Blocked dimensions (indices past
    the tensor's rank) are inner tiles of the dimension ``block_map`` names.
    Format: tensorflow/lite/schema/schema.fbs, SparsityParameters.
    """
    values = _buffer(model, raw)
    assert values is not None
    sparsity = raw.Sparsity()
    shape = _shape(raw)
    order = [int(i) for i in sparsity.TraversalOrderAsNumpy()]
    block_map = [] if sparsity.BlockMapLength() == 0 else [int(i) for i in sparsity.BlockMapAsNumpy()]
    levels: list[tuple[int, NDArray[Any] | None, NDArray[Any] | None]] = []
    for i in range(sparsity.DimMetadataLength()):
        meta = sparsity.DimMetadata(i)
        if meta.Format() == tflite.DimensionType.DENSE:
            levels.append((meta.DenseSize(), None, None))
        else:
            levels.append((0, _sparse_vector(meta, "Segments"), _sparse_vector(meta, "Indices")))
    block_sizes = {len(shape) + i: levels[order.index(len(shape) + i)][0] for i in range(len(block_map))}
    dense = np.zeros(shape, np.float32)
    cursor = 0

    def walk(level: int, parent: int, position: dict[int, int]) -> None:
        nonlocal cursor
        if level == len(levels):
            index = [position[d] for d in range(len(shape))]
            for i, dimension in enumerate(block_map):
                index[dimension] = index[dimension] * block_sizes[len(shape) + i] + position[len(shape) + i]
            dense[tuple(index)] = values[cursor]
            cursor += 1
            return
        size, segments, indices = levels[level]
        if segments is None or indices is None:
            for i in range(size):
                walk(level + 1, parent * size + i, {**position, order[level]: i})
        else:
            for i in range(int(segments[parent]), int(segments[parent + 1])):
                walk(level + 1, i, {**position, order[level]: int(indices[i])})

    walk(0, 0, {})
    if cursor != len(values):
        raise ValueError(f"sparse tensor {raw.Name().decode()}: {cursor} of {len(values)} values placed")
    return dense


def _sparse_vector(meta: Any, which: str) -> NDArray[Any]:
    table = getattr(meta, f"Array{which}")()
    kind = getattr(meta, f"Array{which}Type")()
    reader = {
        tflite.SparseIndexVector.Int32Vector: tflite.Int32Vector,
        tflite.SparseIndexVector.Uint16Vector: tflite.Uint16Vector,
        tflite.SparseIndexVector.Uint8Vector: tflite.Uint8Vector,
    }[kind]()
    reader.Init(table.Bytes, table.Pos)
    return np.array(reader.ValuesAsNumpy(), dtype=np.int64)


def _operator(model: Any, raw: Any) -> Operator:
    code = model.OperatorCodes(raw.OpcodeIndex())
    kind = BUILTIN_NAMES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
    options: dict[str, Any]
    if kind == "CUSTOM":
        kind = code.CustomCode().decode()
        options = _custom_options(kind, raw.CustomOptionsAsNumpy())
    else:
        options = _builtin_options(kind, raw.BuiltinOptions())
    return Operator(
        kind,
        tuple(int(i) for i in raw.InputsAsNumpy()),
        tuple(int(i) for i in raw.OutputsAsNumpy()),
        options,
    )


def _custom_options(kind: str, blob: Any) -> dict[str, Any]:
    if isinstance(blob, int) or len(blob) < 4:
        return {}
    if kind in RAW_OPTIONS:
        return {"bytes": bytes(blob)}
    options: dict[str, Any] = flexbuffers.Loads(bytes(blob))
    return options


def _builtin_options(kind: str, table: Any) -> dict[str, Any]:
    reader: Any
    if kind in {"CONV_2D", "DEPTHWISE_CONV_2D"}:
        reader = tflite.Conv2DOptions() if kind == "CONV_2D" else tflite.DepthwiseConv2DOptions()
        reader.Init(table.Bytes, table.Pos)
        if (reader.DilationHFactor(), reader.DilationWFactor()) != (1, 1):
            raise ValueError("dilated convolutions are not translated")
        return {
            "same": reader.Padding() == tflite.Padding.SAME,
            "strides": (reader.StrideH(), reader.StrideW()),
            "activation": ACTIVATIONS[reader.FusedActivationFunction()],
        }
    if kind in {"MAX_POOL_2D", "AVERAGE_POOL_2D"}:
        reader = tflite.Pool2DOptions()
        reader.Init(table.Bytes, table.Pos)
        return {
            "same": reader.Padding() == tflite.Padding.SAME,
            "strides": (reader.StrideH(), reader.StrideW()),
            "kernel": (reader.FilterHeight(), reader.FilterWidth()),
        }
    if kind in {"ADD", "MUL"}:
        reader = tflite.AddOptions() if kind == "ADD" else tflite.MulOptions()
        reader.Init(table.Bytes, table.Pos)
        return {"activation": ACTIVATIONS[reader.FusedActivationFunction()]}
    if kind == "CONCATENATION":
        reader = tflite.ConcatenationOptions()
        reader.Init(table.Bytes, table.Pos)
        return {"axis": reader.Axis()}
    if kind == "RESIZE_BILINEAR":
        reader = tflite.ResizeBilinearOptions()
        reader.Init(table.Bytes, table.Pos)
        return {"align_corners": reader.AlignCorners(), "half_pixel_centers": reader.HalfPixelCenters()}
    if kind == "DEPTH_TO_SPACE":
        reader = tflite.DepthToSpaceOptions()
        reader.Init(table.Bytes, table.Pos)
        return {"block": reader.BlockSize()}
    return {}
