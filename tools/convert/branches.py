"""Runs parallel branches of the same architecture as one chain of grouped convolutions.

ONNX Runtime runs one small node after the other; two eyes' branches of forty layers each cost twice
their nodes' overhead. Side by side in the channels, with the convolutions' groups added up, they are
one chain of the same arithmetic.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from tools.convert.translate import OnnxBuilder

ELEMENTWISE = {"Relu", "Add", "MaxPool"}


def merge_branches(b: OnnxBuilder, heads: list[str], joined_head: str = "") -> str:
    """Join the branches that begin at ``heads`` as far as their layers are alike.

    Args:
        b: the graph; its nodes are changed in place and sorted.
        heads: one 4-D tensor a branch.
        joined_head: a tensor that already holds all heads, channel after channel.

    Returns:
        The joined head.
    """
    return _Merger(b, heads, joined_head).run()


class _Merger:
    def __init__(self, b: OnnxBuilder, heads: list[str], joined_head: str) -> None:
        self.b = b
        self.weights = {i.name: numpy_helper.to_array(i) for i in b.initializers}
        self.users: dict[str, list[onnx.NodeProto]] = defaultdict(list)
        for node in b.nodes:
            for name in node.input:
                self.users[name].append(node)
        self.head = joined_head or b.node("Concat", heads, axis=1)
        first = heads[0]
        self.twins = {first: heads}  # the first branch's tensor -> every branch's
        self.channels: dict[str, list[int]] = {first: [self._width(h) for h in heads]}
        # A new head may be joined with further branches; one that stands is where the blocked layout begins.
        blocked = self._blocked(self.head, sum(self.channels[first])) if joined_head else self.head
        self.joined = {first: blocked}
        self.gone: set[int] = set()

    def run(self) -> str:
        for node in list(self.b.nodes):
            self._try(node)
        self._split_where_still_needed()
        self.b.nodes = [n for n in self.b.nodes if id(n) not in self.gone]
        self.b.sort()
        return self.head

    def _blocked(self, source: str, width: int, output: str | None = None) -> str:
        """The same values by a convolution that does nothing.

        Splits and joins leave ONNX Runtime's blocked layout. A residual that both skips and enters a
        layer would be brought back into it twice, and its Add could not be fused.
        """
        ones = self.b.constant(np.ones((width, 1, 1, 1), np.float32), "w")
        return self.b.node("Conv", [source, ones], output, kernel_shape=[1, 1], group=width)

    def _width(self, head: str) -> int:
        """Channels of a branch, from the first convolution that reads it."""
        for user in self.users[head]:
            if user.op_type == "Conv":
                return int(self.weights[user.input[1]].shape[1] * _attributes(user).get("group", 1))
        raise ValueError(f"no convolution reads {head}")

    def _try(self, node: onnx.NodeProto) -> None:
        """Join ``node`` of the first branch with its twins, if there are such."""
        dynamic = [i for i in node.input if i not in self.weights]
        if not dynamic or not all(i in self.joined for i in dynamic) or id(node) in self.gone:
            return
        twins = self._twins_of(node, dynamic)
        if twins is None:
            return
        inputs = [self.joined[i] for i in dynamic]
        attributes = _attributes(node)
        widths = self.channels[dynamic[0]]
        if node.op_type == "Conv":
            groups = [_attributes(n).get("group", 1) for n in twins]
            kernels = [self.weights[n.input[1]] for n in twins]
            per_group = {(w.shape[1:], w.shape[0] // g) for w, g in zip(kernels, groups, strict=True)}
            if len(per_group) > 1:
                return
            for position in range(1, len(node.input)):
                values = [self.weights[n.input[position]] for n in twins]
                inputs.append(self.b.constant(np.concatenate(values), "w"))
            attributes["group"] = sum(groups)
            widths = [int(w.shape[0]) for w in kernels]
        output = self.b.node(node.op_type, inputs, **attributes)
        self.joined[node.output[0]] = output
        self.twins[node.output[0]] = [n.output[0] for n in twins]
        self.channels[node.output[0]] = widths
        self.gone.update(id(n) for n in twins)

    def _twins_of(self, node: onnx.NodeProto, dynamic: list[str]) -> list[onnx.NodeProto] | None:
        """The same layer of every branch, the node itself first; None where a branch lacks it."""
        if node.op_type != "Conv" and node.op_type not in ELEMENTWISE:
            return None
        alike = [u for u in self.users[dynamic[0]] if u.op_type == node.op_type]
        place = [id(u) for u in alike].index(id(node))
        wanted = _attributes(node)
        wanted.pop("group", None)
        result = []
        for branch in range(len(self.twins[dynamic[0]])):
            names = [self.twins[i][branch] for i in dynamic]
            candidates = [u for u in self.users[names[0]] if u.op_type == node.op_type]
            if place >= len(candidates):
                return None
            twin = candidates[place]
            found = _attributes(twin)
            found.pop("group", None)
            same_inputs = [i for i in twin.input if i not in self.weights] == names
            if found != wanted or not same_inputs or len(twin.input) != len(node.input):
                return None
            result.append(twin)
        return result

    def _split_where_still_needed(self) -> None:
        """Give the layers that were not joined their own branch's channels back."""
        left = {name for n in self.b.nodes if id(n) not in self.gone for name in n.input}
        for first, names in self.twins.items():
            if first == next(iter(self.twins)) or not any(name in left for name in names):
                continue
            parts = self.b.split(self.joined[first], self.channels[first])
            for part, name, width in zip(parts, names, self.channels[first], strict=True):
                self._blocked(part, width, name)


def _attributes(node: onnx.NodeProto) -> dict[str, Any]:
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}
