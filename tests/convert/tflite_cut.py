"""Cuts a piece out of a TFLite file: what the interpreter of the PyPI package cannot run stays behind."""

from __future__ import annotations

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter


def cut(buffer: bytes, inputs: list[int], outputs: list[int]) -> bytes:
    """A network of the operators that lead from the tensors ``inputs`` to the tensors ``outputs``."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(buffer, 0))
    graph = model.subgraphs[0]
    maker = {int(o): op for op in graph.operators for o in op.outputs}
    needed: set[int] = set()  # ids of operators
    open_tensors = [i for i in outputs if i not in inputs]
    while open_tensors:
        operator = maker.get(open_tensors.pop())
        if operator is None or id(operator) in needed:
            continue
        needed.add(id(operator))
        open_tensors += [int(i) for i in operator.inputs if int(i) not in inputs]
    graph.operators = [op for op in graph.operators if id(op) in needed]
    graph.inputs, graph.outputs = np.array(inputs, np.int32), np.array(outputs, np.int32)
    model.signatureDefs = None
    builder = flatbuffers.Builder(len(buffer))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


class TfliteRunner:
    """Runs a TFLite file on values by tensor index."""

    def __init__(self, buffer: bytes) -> None:
        self._interpreter = Interpreter(model_content=buffer, num_threads=1)
        self._interpreter.allocate_tensors()

    def __call__(self, inputs: dict[int, np.ndarray], outputs: list[int]) -> list[np.ndarray]:
        for index, value in inputs.items():
            self._interpreter.set_tensor(index, value.astype(np.float32))
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index) for index in outputs]
