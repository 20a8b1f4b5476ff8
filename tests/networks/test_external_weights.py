"""ONNX files whose numbers lie in a second file."""

import numpy as np
import pytest

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks.onnx_file import external_files, read_onnx
from cfvgg_plugin.networks.onnx_files import OnnxParts
from tests.onnx_files import write

onnx = pytest.importorskip("onnx")


def split(path, factor=1.0):
    """The file of `tests.onnx_files`, its numbers beside it and in a Constant node, too."""
    model = onnx.load(str(write(path)))
    for tensor in model.graph.initializer:
        if tensor.name == "w1":
            tensor.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(tensor) * np.float32(factor), "w1"))
    value = onnx.numpy_helper.from_array(np.full((1, 3, 1, 1), factor, np.float32), "c")
    constant = onnx.helper.make_node("Constant", [], ["c"], value=value)
    model.graph.node.insert(0, constant)
    sparse = onnx.helper.make_sparse_tensor(
        onnx.numpy_helper.from_array(np.array([factor], np.float32), "s"),
        onnx.numpy_helper.from_array(np.array([0], np.int64), "s_at"), [4],
    )  # fmt: skip
    model.graph.sparse_initializer.append(sparse)
    data = path.with_suffix(".data").name
    for tensor in [*model.graph.initializer, constant.attribute[0].t, sparse.values]:
        onnx.external_data_helper.set_external_data(tensor, data)
    for tensor in [model.graph.node[0].attribute[0].t, model.graph.sparse_initializer[0].values]:
        onnx.external_data_helper.set_external_data(tensor, data)
    content, place = b"", 0
    for tensor in [
        *model.graph.initializer, model.graph.node[0].attribute[0].t, model.graph.sparse_initializer[0].values,
    ]:  # fmt: skip
        raw = tensor.raw_data or onnx.numpy_helper.to_array(tensor).tobytes()
        onnx.external_data_helper.set_external_data(tensor, data, place, len(raw))
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        content, place = content + raw, place + len(raw)
    path.write_bytes(model.SerializeToString())
    path.with_suffix(".data").write_bytes(content)
    return path


def test_the_second_file_is_looked_for_beside_the_first_and_is_in_the_digest(tmp_path, monkeypatch):
    first = split(tmp_path / "net.onnx")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "net.data").write_bytes(bytes(1))
    monkeypatch.chdir(elsewhere)
    one = read_onnx(first)
    assert external_files(one.model) == []
    weights = onnx.numpy_helper.to_array(next(t for t in one.graph.initializer if t.name == "w1"))
    graph = first.read_bytes()
    split(first, 2.0)
    assert first.read_bytes() == graph  # the numbers alone differ
    two = read_onnx(first)
    doubled = onnx.numpy_helper.to_array(next(t for t in two.graph.initializer if t.name == "w1"))
    assert np.array_equal(doubled, 2 * weights) and one.sha256 != two.sha256
    assert onnx.numpy_helper.to_array(two.graph.node[0].attribute[0].t).max() == 2
    (tmp_path / "net.data").unlink()
    with pytest.raises(InputError, match="cannot be read beside it"):
        read_onnx(first)


def test_opencv_is_given_whole_files_alone(tmp_path):
    parts = OnnxParts("VitTrack", {"net": ""})
    assert parts.find(write(tmp_path / "whole.onnx")).sha256
    with pytest.raises(InputError, match="another file"):
        parts.find(split(tmp_path / "net.onnx"))
