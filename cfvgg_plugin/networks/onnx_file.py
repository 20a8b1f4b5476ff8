"""ONNX files of others: read with what lies beside them, rid of fixed sizes, searched for layers worth tapping."""

import difflib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks.backends import Runtime
from cfvgg_plugin.networks.network import PROBE, Tap, first_line, measure_taps
from cfvgg_plugin.system.extras import import_extra
from cfvgg_plugin.system.files import check_regular

LEAST_OPSET = 7
"""Before it, arithmetic between an image and its three channels' numbers is written otherwise."""
WORTH = {
    *("Add", "Concat", "Conv", "BatchNormalization", "MaxPool", "AveragePool"),
    *("Clip", "Elu", "Gelu", "HardSwish", "LeakyRelu", "Mish", "PRelu", "Relu"),
}
"""Operators after which a map may be worth tapping."""


@dataclass(frozen=True)
class OnnxFile:
    """A model in memory, complete."""

    path: Path
    model: Any
    """onnx.ModelProto; weights that lay beside the file are in it."""
    sha256: str
    """Of the file, and of the files beside it whose weights it takes."""

    @property
    def graph(self) -> Any:
        """Its graph."""
        return self.model.graph


def read_onnx(path: Path) -> OnnxFile:
    """Read an ONNX file. Raises InputError where it or a file that it names beside it is missing or damaged."""
    onnx = import_extra("onnx", "onnx", "ONNX networks need")
    check_regular(path)
    try:
        content = path.read_bytes()
        model = onnx.load_model_from_string(content)
    except OSError as error:
        raise InputError(f"network {path}: {error.strerror or error}") from None
    except Exception as error:  # of protobuf, which is no dependency of ours
        raise InputError(f"network {path}: not an ONNX model, or damaged ({first_line(error)})") from None
    digest = hashlib.sha256(content)
    helper = onnx.external_data_helper
    if beside := external_files(model):
        for name in beside:
            check_regular(path.parent / name)
        try:
            for tensor in filter(helper.uses_external_data, _tensors(model)):
                helper.load_external_data_for_tensor(tensor, str(path.parent))
                tensor.data_location = onnx.TensorProto.DEFAULT
                del tensor.external_data[:]
            for name in beside:
                digest.update((path.parent / name).read_bytes())
        except Exception as error:  # onnx checks the names, and has no common base of its errors
            raise InputError(
                f"network {path}: its weights are in {', '.join(beside)}, which cannot be read beside it"
                f" ({first_line(error)})"
            ) from None
    return OnnxFile(path, model, digest.hexdigest())


def external_files(model: Any) -> list[str]:
    """Names of the files beside a model's own in which its weights are."""
    helper = import_extra("onnx", "onnx", "ONNX networks need").external_data_helper
    found = {
        helper.ExternalDataInfo(tensor).location for tensor in _tensors(model) if helper.uses_external_data(tensor)
    }
    return sorted(found)


def _tensors(message: Any) -> Iterator[Any]:
    """Every tensor of a model: of its graphs, functions and attributes, sparse or not."""
    if message.DESCRIPTOR.name == "TensorProto":
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is not None:
            for inner in [value] if hasattr(value, "ListFields") else value:
                yield from _tensors(inner)


def image_input(file: OnnxFile) -> Any:
    """The one input, a float image N x 3 x H x W. Raises InputError for another, or more."""
    constants = {tensor.name for tensor in file.graph.initializer}
    inputs = [value for value in file.graph.input if value.name not in constants]
    if len(inputs) == 1:
        kind = inputs[0].type.tensor_type
        sizes = kind.shape.dim
        float_image = kind.elem_type == import_extra("onnx", "onnx", "ONNX networks need").TensorProto.FLOAT
        if float_image and len(sizes) == 4 and sizes[1].dim_value in {0, 3}:
            return inputs[0]
    found = "; ".join(f"{value.name} {shape_text(value)}" for value in inputs) or "none"
    raise InputError(f"network {file.path}: its input is {found}; one float image N x 3 x H x W is expected")


def shape_text(value: Any) -> str:
    """Axes of an input or output: "1x3x255x255", names where they are free."""
    return "x".join(d.dim_param or str(d.dim_value or "?") for d in value.type.tensor_type.shape.dim)


def free_sizes(file: OnnxFile) -> None:
    """Let N, H and W of the input be free, in place, and the batch in reshapes that have 1 for it."""
    helper = import_extra("onnx", "onnx", "ONNX networks need").helper
    if (
        opset := max((o.version for o in file.model.opset_import if o.domain in {"", "ai.onnx"}), default=0)
    ) < LEAST_OPSET:
        raise InputError(f"network {file.path}: opset {opset} is too old; export it with opset {LEAST_OPSET} or newer")
    source = image_input(file)
    for axis, size in zip(source.type.tensor_type.shape.dim, ("N", 3, "H", "W"), strict=True):
        axis.Clear()
        if isinstance(size, str):
            axis.dim_param = size
        else:
            axis.dim_value = size
    del file.graph.value_info[:]
    for output in file.graph.output:
        for axis in output.type.tensor_type.shape.dim:
            axis.Clear()
    shapes = constants_of(file.graph)
    for node in file.graph.node:
        target = shapes.get(node.input[1]) if node.op_type == "Reshape" and len(node.input) > 1 else None
        if target is None or target.ndim != 1 or target.size < 2 or target[0] != 1:
            continue
        if any(helper.get_attribute_value(a) for a in node.attribute if a.name == "allowzero"):
            continue
        name = f"{node.output[0]}_any_batch"
        file.graph.initializer.append(_constant([0, *target[1:].tolist()], name, np.int64))  # 0: as many as before
        node.input[1] = name


def constants_of(graph: Any) -> dict[str, NDArray[Any]]:
    """Small constants by name: initializers, and outputs of Constant nodes."""
    numpy_helper = import_extra("onnx", "onnx", "ONNX networks need").numpy_helper
    found = {t.name: numpy_helper.to_array(t) for t in graph.initializer if len(t.dims) <= 1}
    for node in graph.node:
        if node.op_type == "Constant":
            for attribute in (a for a in node.attribute if a.name == "value"):
                found[node.output[0]] = numpy_helper.to_array(attribute.t)
    return found


def _constant(values: Any, name: str, kind: Any = np.float32) -> Any:
    return import_extra("onnx", "onnx", "ONNX networks need").numpy_helper.from_array(np.asarray(values, kind), name)


def image_constant(values: Sequence[float], name: str) -> Any:
    """Three channels' numbers as a tensor 1 x 3 x 1 x 1."""
    return _constant(np.reshape(values, (1, 3, 1, 1)), name)


def index_constant(values: Sequence[int], name: str) -> Any:
    """Indices as a tensor."""
    return _constant(values, name, np.int64)


def find_tensor(file: OnnxFile, node: str) -> str:
    """Name of a node's first output; the node is given by its name or by an output's. InputError names the nearest."""
    for found in file.graph.node:
        if node in found.output:
            return node
    for found in file.graph.node:
        if node and node == found.name:
            return str(found.output[0])
    names = [name for n in file.graph.node for name in (n.name, *n.output) if name]
    nearest = difflib.get_close_matches(node, names, n=1, cutoff=0.0)
    hint = f"; did you mean {nearest[0]}?" if nearest else ""
    raise InputError(f"network {file.path}: has no node {node!r}{hint} 'cfvgg weights info {file.path}' lists them")


def with_outputs(file: OnnxFile, names: Sequence[str]) -> Any:
    """A copy of the model that gives these tensors, float maps all."""
    onnx = import_extra("onnx", "onnx", "ONNX networks need")
    model = onnx.ModelProto()
    model.CopyFrom(file.model)
    del model.graph.output[:]
    free = [None] * 4
    model.graph.output.extend(onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, free) for n in names)
    return model


def measure_outputs(runtime: Runtime, session: Any) -> dict[str, Tap]:
    """Every output that is a float map, measured by probing."""
    names = [o.name for o in session.get_outputs() if o.type == "tensor(float)" and len(o.shape) == 4]

    def shapes(side: int) -> dict[str, tuple[int, ...]]:
        maps = runtime.infer(session, np.zeros((1, 3, side, PROBE), np.float32), names)
        return {name: found.shape for name, found in zip(names, maps, strict=True)}

    return measure_taps(shapes) if names else {}


def layers_worth_tapping(file: OnnxFile) -> dict[str, tuple[str, Tap]]:
    """Maps by tensor: the operator that makes them, and their geometry; in the order of the graph.

    Those that pass at once into an operator that ends a layer (a convolution into its activation) are left out. The
    model's sizes are freed in place. Raises InputError where it does not run on other sizes than its own.
    """
    onnx = import_extra("onnx", "onnx", "ONNX networks need")
    free_sizes(file)
    typed = onnx.shape_inference.infer_shapes(file.model).graph
    kinds = {v.name: v.type.tensor_type for v in (*typed.value_info, *typed.output)}
    readers: dict[str, list[str]] = {}
    for node in file.graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node.op_type)
    ends = WORTH - {"Add", "Concat", "Conv", "MaxPool", "AveragePool"}
    ends |= {"Add"}  # the bias, or a shortcut
    found = {
        node.output[0]: node.op_type
        for node in file.graph.node
        if node.op_type in WORTH
        and _is_map(kinds.get(node.output[0]), onnx.TensorProto.FLOAT)
        and not (len(after := readers.get(node.output[0], [])) == 1 and after[0] in ends)
    }
    if not found:
        raise InputError(f"network {file.path}: no layer of it is a 4-D float map")
    runtime = Runtime(f"network {file.path}", "cpu", 1)
    session = runtime.open(with_outputs(file, list(found)).SerializeToString())
    taps = measure_outputs(runtime, session)
    return {name: (found[name], tap) for name, tap in taps.items()}


def _is_map(kind: Any, float_kind: int) -> bool:
    return kind is not None and kind.elem_type == float_kind and len(kind.shape.dim) == 4


def metadata_of(model: Any) -> Mapping[str, str]:
    """What a model says of itself."""
    return {entry.key: entry.value for entry in model.metadata_props}
