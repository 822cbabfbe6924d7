"""The parts of an ONNX file that a change of precision touches, read and written without the onnx package.

An ONNX file is a protobuf message: a row of fields, each a number, a kind and a value. Fields this module
does not know are kept as they are, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_WIDTHS = {FIXED64: 8, FIXED32: 4}

Value = int | bytes
"""An int of a VARINT field, the bytes of any other."""


@dataclass(slots=True)
class Field:
    """One field of a message."""

    number: int
    kind: int
    value: Value


def parse(data: bytes) -> list[Field]:
    """The fields of a message. Raises ValueError for what is none."""
    fields, at = [], 0
    while at < len(data):
        key, at = _read_varint(data, at)
        number, kind = key >> 3, key & 7
        value: Value
        if kind == VARINT:
            value, at = _read_varint(data, at)
        else:
            size = _WIDTHS.get(kind, -1)
            if kind == BYTES:
                size, at = _read_varint(data, at)
            if size < 0 or at + size > len(data):
                raise ValueError(f"not a message: field {number} of kind {kind} at byte {at}")
            value, at = data[at : at + size], at + size
        fields.append(Field(number, kind, value))
    return fields


def serialise(fields: list[Field]) -> bytes:
    """The message of these fields."""
    parts = []
    for f in fields:
        parts.append(_varint(f.number << 3 | f.kind))
        if isinstance(f.value, int):
            parts.append(_varint(f.value))
        else:
            if f.kind == BYTES:
                parts.append(_varint(len(f.value)))
            parts.append(f.value)
    return b"".join(parts)


def text(number: int, value: str) -> Field:
    """A field that holds a string."""
    return Field(number, BYTES, value.encode())


def strings(fields: list[Field], number: int) -> list[str]:
    """The strings in every field of this number, in order."""
    return [f.value.decode() for f in fields if f.number == number and isinstance(f.value, bytes)]


def integers(fields: list[Field], number: int) -> Iterator[int]:
    """The integers in every field of this number, packed or not."""
    for f in fields:
        if f.number != number:
            continue
        if isinstance(f.value, int):
            yield f.value
            continue
        at = 0
        while at < len(f.value):
            value, at = _read_varint(f.value, at)
            yield value


@dataclass(slots=True)
class Node:
    """An operation: ``inputs`` and ``outputs`` name tensors, "" is an input left out."""

    op: str
    inputs: list[str]
    outputs: list[str]
    rest: list[Field] = field(default_factory=list)

    INPUT, OUTPUT, OP = 1, 2, 4

    @classmethod
    def read(cls, data: bytes) -> Node:
        """A NodeProto."""
        fields = parse(data)
        own = {cls.INPUT, cls.OUTPUT, cls.OP}
        (op,) = strings(fields, cls.OP)
        rest = [f for f in fields if f.number not in own]
        return cls(op, strings(fields, cls.INPUT), strings(fields, cls.OUTPUT), rest)

    def write(self) -> bytes:
        """The NodeProto."""
        names = [text(self.INPUT, n) for n in self.inputs] + [text(self.OUTPUT, n) for n in self.outputs]
        return serialise([*names, text(self.OP, self.op), *self.rest])


@dataclass(slots=True)
class Tensor:
    """A constant of the graph, with its numbers as raw bytes."""

    name: str
    element: int
    raw: bytes
    rest: list[Field]

    ELEMENT, NAME, RAW = 2, 8, 9

    @classmethod
    def read(cls, data: bytes) -> Tensor:
        """A TensorProto. Raises ValueError where the numbers are not raw bytes."""
        fields = parse(data)
        raws = [f.value for f in fields if f.number == cls.RAW and isinstance(f.value, bytes)]
        (name,) = strings(fields, cls.NAME)
        if len(raws) != 1:
            raise ValueError(f"the constant {name} is not stored as raw bytes")
        (element,) = integers(fields, cls.ELEMENT)
        own = {cls.ELEMENT, cls.NAME, cls.RAW}
        return cls(name, element, raws[0], [f for f in fields if f.number not in own])

    def write(self) -> bytes:
        """The TensorProto."""
        own = [Field(self.ELEMENT, VARINT, self.element), text(self.NAME, self.name)]
        return serialise([*self.rest, *own, Field(self.RAW, BYTES, self.raw)])


@dataclass(slots=True)
class Graph:
    """The graph of a model; ``inputs`` and ``outputs`` name its ends."""

    nodes: list[Node]
    constants: dict[str, Tensor]
    inputs: list[str]
    outputs: list[str]
    rest: list[Field]

    NODE, CONSTANT, INPUT, OUTPUT, GRAPH = 1, 5, 11, 12, 7

    @classmethod
    def read(cls, model: bytes) -> tuple[Graph, list[Field]]:
        """The graph of a ModelProto, and the model's other fields."""
        fields = parse(model)
        (body,) = [f.value for f in fields if f.number == cls.GRAPH and isinstance(f.value, bytes)]
        graph = parse(body)

        def messages(number: int) -> list[bytes]:
            return [f.value for f in graph if f.number == number and isinstance(f.value, bytes)]

        constants = [Tensor.read(m) for m in messages(cls.CONSTANT)]
        ends = [[strings(parse(m), 1)[0] for m in messages(n)] for n in (cls.INPUT, cls.OUTPUT)]
        rest = [f for f in graph if f.number not in {cls.NODE, cls.CONSTANT}]
        nodes = [Node.read(m) for m in messages(cls.NODE)]
        others = [f for f in fields if f.number != cls.GRAPH]
        return cls(nodes, {c.name: c for c in constants}, ends[0], ends[1], rest), others

    def write(self, others: list[Field]) -> bytes:
        """The ModelProto of this graph."""
        body = [Field(self.NODE, BYTES, node.write()) for node in self.nodes]
        body += [Field(self.CONSTANT, BYTES, c.write()) for c in self.constants.values()]
        return serialise([*others, Field(self.GRAPH, BYTES, serialise([*body, *self.rest]))])


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError(f"not a message: a number without an end at byte {at}")
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
