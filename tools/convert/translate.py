"""Translates a TFLite graph into an ONNX one, NHWC to NCHW once, at conversion.

Rules that matter:

- TFLite's SAME padding is asymmetric (the odd pixel goes to the bottom and right): pads are
  computed per layer and written out.
- ``PReLU(x) = x + (1-a)*relu(-x)`` becomes two 1x1 depthwise convolutions, a Relu and an Add. ONNX
  Runtime's CPU provider leaves its blocked layout (NCHWc) at every PRelu node; written this way
  the whole network stays in it (more than twice as quick, error 3e-5), and it fuses the Relu into
  the first convolution and the Add into the second.
- A channel PAD becomes a 1x1 convolution with an identity matrix, for the same reason.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from tools.convert.tflite_graph import Operator, TfliteGraph

OPSET = 17
IR_VERSION = 8
"""Old enough for every ONNX Runtime since 1.13, new enough for GridSample."""


class OnnxBuilder:
    """Collects nodes and constants; names are counted, so that the same input gives the same bytes."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.kept: set[str] = set()
        self._count = 0

    def name(self, hint: str) -> str:
        self._count += 1
        return f"{hint}_{self._count}"

    def constant(self, value: NDArray[Any] | list[int], hint: str = "c") -> str:
        array = np.asarray(value, dtype=np.int64) if isinstance(value, list) else np.ascontiguousarray(value)
        name = self.name(hint)
        self.initializers.append(numpy_helper.from_array(array, name))
        return name

    def node(self, op: str, inputs: list[str], output: str | None = None, **attributes: Any) -> str:
        name = output or self.name(op.lower())
        self.nodes.append(helper.make_node(op, inputs, [name], name=f"n_{name}", **attributes))
        return name

    def split(
        self, source: str, sizes: list[int], axis: int = 1, outputs: list[str] | None = None
    ) -> list[str]:
        """Parts of a tensor along an axis; gives their names."""
        names = outputs or [self.name("part") for _ in sizes]
        inputs = [source, self.constant(sizes)]
        self.nodes.append(helper.make_node("Split", inputs, names, name=f"n_{names[0]}", axis=axis))
        return names

    def sort(self) -> None:
        """Put every node behind those it reads, and drop what nothing reads any more."""
        made_by = {name: node for node in self.nodes for name in node.output}
        read = {name for node in self.nodes for name in node.input}
        ends = [n for n in self.nodes if not any(name in read for name in n.output)]
        ordered: dict[int, onnx.NodeProto] = {}

        def visit(node: onnx.NodeProto) -> None:
            if id(node) in ordered:
                return
            for name in node.input:
                if name in made_by:
                    visit(made_by[name])
            ordered[id(node)] = node

        for node in ends:
            if set(node.output) & self.kept:
                visit(node)
        self.nodes = list(ordered.values())
        used = {name for node in self.nodes for name in node.input}
        self.initializers = [i for i in self.initializers if i.name in used]

    def build(
        self, name: str, inputs: dict[str, tuple[Any, ...]], outputs: dict[str, tuple[Any, ...]]
    ) -> onnx.ModelProto:
        """A checked model; shapes may hold a name where the size is free."""

        def infos(values: dict[str, tuple[Any, ...]]) -> list[onnx.ValueInfoProto]:
            return [helper.make_tensor_value_info(n, TensorProto.FLOAT, list(s)) for n, s in values.items()]

        graph = helper.make_graph(self.nodes, name, infos(inputs), infos(outputs), self.initializers)
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="ar-effects tools.convert",
        )
        onnx.checker.check_model(model, full_check=True)
        return model


CustomTranslation = Callable[["Translation", Operator], None]


class Translation:
    """Walks the operators in order; ``value[i]`` is the ONNX name of tensor i.

    4-D activations are NCHW; everything of fewer dimensions keeps TFLite's order.
    """

    def __init__(
        self, graph: TfliteGraph, builder: OnnxBuilder, custom: dict[str, CustomTranslation] | None = None
    ) -> None:
        self.graph = graph
        self.b = builder
        self.value: dict[int, str] = {}
        self._custom = custom or {}

    def run(self, input_name: str) -> None:
        self.value[self.graph.inputs[0]] = input_name
        for operator in self.graph.operators:
            handler = self._custom.get(operator.kind) or _TRANSLATIONS.get(operator.kind)
            if handler is None:
                raise ValueError(f"no translation for TFLite operator {operator.kind}")
            handler(self, operator)

    def shape(self, index: int) -> tuple[int, ...]:
        return self.graph.tensors[index].shape

    def put(self, operator: Operator, name: str) -> None:
        self.value[operator.outputs[0]] = name

    def activated(self, name: str, activation: str) -> str:
        return self.b.node(activation, [name]) if activation else name

    def nhwc(self, index: int) -> str:
        """The value of a tensor in TFLite's order."""
        name = self.value[index]
        return self.b.node("Transpose", [name], perm=[0, 2, 3, 1]) if len(self.shape(index)) == 4 else name


def same_pads(
    size: tuple[int, int], kernel: tuple[int, int], strides: tuple[int, int], *, same: bool
) -> list[int]:
    """ONNX pads (top, left, bottom, right) of TFLite's SAME or VALID padding."""
    if not same:
        return [0, 0, 0, 0]
    begin, end = [], []
    for n, k, s in zip(size, kernel, strides, strict=True):
        total = max((-(-n // s) - 1) * s + k - n, 0)
        begin.append(total // 2)
        end.append(total - total // 2)
    return begin + end


def _conv(t: Translation, op: Operator) -> None:
    weights = t.graph.constant(op.inputs[1])
    if op.kind == "DEPTHWISE_CONV_2D":  # (1, kh, kw, channels)
        kernel, group = weights.transpose(3, 0, 1, 2), weights.shape[3]
    else:  # (out, kh, kw, in)
        kernel, group = weights.transpose(0, 3, 1, 2), 1
    size = t.shape(op.inputs[0])[1:3]
    kernel_size = (int(kernel.shape[2]), int(kernel.shape[3]))
    name = t.b.node(
        "Conv",
        [
            t.value[op.inputs[0]],
            t.b.constant(kernel, "w"),
            t.b.constant(t.graph.constant(op.inputs[2]), "b"),
        ],
        kernel_shape=list(kernel_size),
        strides=list(op.options["strides"]),
        pads=same_pads((size[0], size[1]), kernel_size, op.options["strides"], same=op.options["same"]),
        group=group,
    )
    t.put(op, t.activated(name, op.options["activation"]))


def _pool(t: Translation, op: Operator) -> None:
    size = t.shape(op.inputs[0])[1:3]
    pads = same_pads((size[0], size[1]), op.options["kernel"], op.options["strides"], same=op.options["same"])
    name = t.b.node(
        "MaxPool",
        [t.value[op.inputs[0]]],
        kernel_shape=list(op.options["kernel"]),
        strides=list(op.options["strides"]),
        pads=pads,
    )
    t.put(op, name)


def _depthwise_scale(t: Translation, name: str, scale: NDArray[Any]) -> str:
    kernel = t.b.constant(scale.astype(np.float32).reshape(-1, 1, 1, 1), "w")
    return t.b.node("Conv", [name, kernel], kernel_shape=[1, 1], group=int(scale.size))


def _prelu(t: Translation, op: Operator) -> None:
    slope = t.graph.constant(op.inputs[1]).reshape(-1)
    x = t.value[op.inputs[0]]
    negative = t.b.node("Relu", [_depthwise_scale(t, x, -np.ones_like(slope))])
    t.put(op, t.b.node("Add", [x, _depthwise_scale(t, negative, 1.0 - slope)]))


def _pad(t: Translation, op: Operator) -> None:
    amounts = t.graph.constant(op.inputs[1])  # NHWC
    x = t.value[op.inputs[0]]
    if not amounts[:3].any() and amounts[3, 0] == 0:
        channels = t.shape(op.inputs[0])[3]
        widen = np.eye(channels + int(amounts[3, 1]), channels, dtype=np.float32)[:, :, None, None]
        t.put(op, t.b.node("Conv", [x, t.b.constant(widen, "w")], kernel_shape=[1, 1]))
    else:
        nchw = amounts[[0, 3, 1, 2]]
        t.put(op, t.b.node("Pad", [x, t.b.constant([int(n) for n in nchw.T.reshape(-1)])]))


def reshape(t: Translation, op: Operator) -> None:
    target = t.shape(op.outputs[0])
    if len(target) == 4:
        raise ValueError("a reshape to four dimensions would need an order of axes")
    t.put(
        op,
        t.b.node("Reshape", [t.nhwc(op.inputs[0]), t.b.constant([0, *target[1:]])]),
    )


def _concatenation(t: Translation, op: Operator) -> None:
    if len(t.shape(op.outputs[0])) == 4:
        raise ValueError("four-dimensional concatenations do not occur in these networks")
    t.put(op, t.b.node("Concat", [t.value[i] for i in op.inputs], axis=op.options["axis"]))


def _resize(t: Translation, op: Operator) -> None:
    height, width = t.shape(op.outputs[0])[1:3]
    old_height, old_width = t.shape(op.inputs[0])[1:3]
    mode = "half_pixel" if op.options["half_pixel_centers"] else "asymmetric"
    if op.options["align_corners"]:
        mode = "align_corners"
    scales = np.array([1, 1, height / old_height, width / old_width], np.float32)
    name = t.b.node(
        "Resize",
        [t.value[op.inputs[0]], "", t.b.constant(scales)],
        mode="linear",
        coordinate_transformation_mode=mode,
    )
    t.put(op, name)


def _simple(onnx_op: str) -> CustomTranslation:
    def translate(t: Translation, op: Operator) -> None:
        name = t.b.node(onnx_op, [t.value[i] for i in op.inputs])
        t.put(op, t.activated(name, op.options.get("activation", "")))

    return translate


def _depth_to_space(t: Translation, op: Operator) -> None:
    t.put(
        op,
        t.b.node("DepthToSpace", [t.value[op.inputs[0]]], blocksize=op.options["block"], mode="DCR"),
    )


_TRANSLATIONS: dict[str, CustomTranslation] = {
    "CONV_2D": _conv,
    "DEPTHWISE_CONV_2D": _conv,
    "MAX_POOL_2D": _pool,
    "PRELU": _prelu,
    "PAD": _pad,
    "RESHAPE": reshape,
    "CONCATENATION": _concatenation,
    "RESIZE_BILINEAR": _resize,
    "DEPTH_TO_SPACE": _depth_to_space,
    "ADD": _simple("Add"),
    "MUL": _simple("Mul"),
    "RELU": _simple("Relu"),
    "HARD_SWISH": _simple("HardSwish"),
    "LOGISTIC": _simple("Sigmoid"),
}
