"""An ONNX file as an exporter writes it."""

from pathlib import Path
from typing import Any

import numpy as np

W1, W2 = (np.random.default_rng(0).normal(size=shape).astype(np.float32) for shape in ((4, 3, 3, 3), (6, 4, 3, 3)))


def write(path: Path, spoil: tuple[Any, ...] = (), size: int = 64) -> Path:
    """As an exporter writes it: fixed sizes, odd names, the batch in a shape, a classifier."""
    import onnx

    node = onnx.helper.make_node
    nodes = [
        node("Conv", ["input", "w1"], ["12"], name="/stem/Conv", strides=[2, 2], pads=[1] * 4),
        node("Relu", ["12"], ["13"], name="/stem/Relu"),
        node("GlobalAveragePool", ["13"], ["14"], name="/se/Pool"),
        node("Reshape", ["14", "shape"], ["15"], name="/se/Reshape"),
        node("Mul", ["13", "15"], ["16"], name="/se/Mul"),
        node("Conv", ["16", "w2"], ["17"], name="/body/Conv", strides=[2, 2], pads=[1] * 4),
        node("Relu", ["17"], ["18"], name="/body/Relu"),
        *spoil,
        node("GlobalAveragePool", ["18"], ["19"], name="/head/Pool"),
        node("Flatten", ["19"], ["output"], name="/head/Flatten"),
    ]
    info, kind = onnx.helper.make_tensor_value_info, onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        nodes, "net", [info("input", kind, [1, 3, size, size])], [info("output", kind, [1, 6])],
        [onnx.numpy_helper.from_array(np.asarray(v), n) for n, v in
         (("w1", W1), ("w2", W2), ("shape", np.array((1, 4, 1, 1), np.int64)))],
    )  # fmt: skip
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(path))
    return path
