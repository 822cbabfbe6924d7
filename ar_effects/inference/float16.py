"""A network in half precision (float16), made in memory from the float32 file when a device wants it.

The convolutions and what lies between them go to float16, where a graphics card is quickest. What decides
the last digits stays float32: the last convolution before each output and all that follows it, so that a
landmark is not rounded to the 1/8 pixel that float16 has there; coordinates and the crops taken by them; and
the network's own inputs and outputs, so that nothing changes for whoever runs it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ar_effects.errors import ModelError
from ar_effects.inference.onnx_protobuf import BYTES, VARINT, Field, Graph, Node, serialise, text
from ar_effects.messages import Message

FLOAT, HALF = 1, 10
"""Element types of ONNX."""

_FOLLOWERS = {"Relu", "Add", "MaxPool", "Pad", "DepthToSpace", "Resize", "Concat"}
"""Operations that are computed in float16 where all their inputs are: they pass on what they get."""

_ATTRIBUTE, _ATTRIBUTE_NAME, _ATTRIBUTE_INT, _ATTRIBUTE_TYPE, _TYPE_INT = 5, 1, 3, 20, 2


def to_half(model: bytes, name: str = "the network") -> bytes:
    """The same network with its body in float16; inputs and outputs stay float32.

    Raises:
        ModelError: the file is not an ONNX model of the kind that `tools.convert` writes.
    """
    try:
        graph, others = Graph.read(model)
        _convert(graph)
        return graph.write(others)
    except (ValueError, KeyError) as error:
        raise ModelError(Message("network.no-half-precision", name=name), got=str(error)) from error


def _convert(graph: Graph) -> None:
    heads = _heads(graph)
    halves: set[str] = set()  # tensors that exist in float16
    nodes: list[Node] = []
    constants = dict(graph.constants)
    casts: dict[tuple[str, int], str] = {}

    def cast(tensor: str, element: int) -> str:
        """The name of a tensor in the other precision, cast once however many ask for it."""
        if (tensor, element) not in casts:
            target = f"{tensor}_as_{'half' if element == HALF else 'float'}"
            casts[tensor, element] = target
            nodes.append(Node("Cast", [tensor], [target], [_cast_to(element)]))
        return casts[tensor, element]

    def constant(tensor: str) -> str:
        found = graph.constants[tensor]
        if found.element != FLOAT:
            return tensor
        target = f"{tensor}_as_half"
        # Beyond float16's range there is nothing to keep: what would overflow is cut to its largest.
        values = np.clip(np.frombuffer(found.raw, np.float32), -65504.0, 65504.0).astype(np.float16)
        constants[target] = replace(found, name=target, element=HALF, raw=values.tobytes())
        return target

    for node in graph.nodes:
        data = [t for t in _data_inputs(node) if t not in graph.constants]
        if node.op == "Conv":
            is_float16 = node.outputs[0] not in heads
        else:
            is_float16 = node.op in _FOLLOWERS and bool(data) and all(t in halves for t in data)
        inputs = []
        for tensor in node.inputs:
            if tensor not in _data_inputs(node):
                inputs.append(tensor)
            elif tensor in graph.constants:
                inputs.append(constant(tensor) if is_float16 else tensor)
            elif is_float16 and tensor not in halves:
                inputs.append(cast(tensor, HALF))
            else:
                inputs.append(cast(tensor, FLOAT) if not is_float16 and tensor in halves else tensor)
        outputs = node.outputs
        if is_float16:
            halves.update(outputs)
        nodes.append(replace(node, inputs=inputs, outputs=outputs))
    if halves & set(graph.outputs):
        raise ValueError("an output is not computed by a last convolution")
    used = {tensor for node in nodes for tensor in node.inputs}
    graph.nodes = nodes
    graph.constants = {n: c for n, c in constants.items() if n in used}


def _heads(graph: Graph) -> set[str]:
    """Outputs of the last convolution before each output of the network."""
    producers = {tensor: node for node in graph.nodes for tensor in node.outputs}
    heads: set[str] = set()
    seen: set[str] = set()
    todo = list(graph.outputs)
    while todo:
        tensor = todo.pop()
        if tensor in seen or tensor not in producers:
            continue
        seen.add(tensor)
        node = producers[tensor]
        if node.op == "Conv":
            heads.update(node.outputs)
        else:
            todo += node.inputs
    return heads


def _data_inputs(node: Node) -> list[str]:
    """Inputs that hold the numbers computed with; others are sizes, scales and indices."""
    if node.op in {"Pad", "Resize"}:
        return node.inputs[:1]
    return [tensor for tensor in node.inputs if tensor]


def _cast_to(element: int) -> Field:
    attribute = [
        text(_ATTRIBUTE_NAME, "to"),
        Field(_ATTRIBUTE_INT, VARINT, element),
        Field(_ATTRIBUTE_TYPE, VARINT, _TYPE_INT),
    ]
    return Field(_ATTRIBUTE, BYTES, serialise(attribute))
