"""Any ONNX file as a network of the trackers: its taps named, its sizes free, its normalisation inside."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks import onnx_file
from cfvgg_plugin.networks.backends import Runtime
from cfvgg_plugin.networks.network import Tap, first_line
from cfvgg_plugin.networks.onnx_file import OnnxFile
from cfvgg_plugin.system.extras import import_extra
from cfvgg_plugin.system.files import make_folder, write_bytes

SOURCE = "rgb"
"""The input of what is stored."""
Numbers = tuple[float, float, float]


@dataclass(frozen=True)
class Preparation:
    """What the network wants of an image that is RGB 0..255."""

    bgr: bool = False
    """Channels blue, green, red."""
    mean: Numbers = (0.0, 0.0, 0.0)
    """Of red, green, blue; subtracted."""
    std: Numbers = (1.0, 1.0, 1.0)
    """Of red, green, blue; divides what is left."""

    def __post_init__(self) -> None:
        if not all(np.isfinite(self.mean)) or not all(np.isfinite(v) and v > 0 for v in self.std):
            raise InputError("--mean and --std: finite numbers are expected, --std above 0")
        if 0 < max(self.mean) <= 1 or max(self.std) < 1:
            shown = ",".join(f"{255 * v:g}" for v in (self.mean if max(self.mean) > 0 else self.std))
            raise InputError(f"--mean and --std are in units of 0..255, not of 0..1: {shown} perhaps")


def import_onnx(path: Path, target: Path, taps: Mapping[str, str], preparation: Preparation) -> dict[str, Tap]:
    """Store an ONNX file as `target`, with its taps' names; their geometry.

    taps: {name: node or its output}; empty: the file's own outputs. Raises InputError for a node that is not there, for
    one whose output is no map, and for a network with sizes that cannot be freed; nothing is then written.
    """
    if SOURCE in taps:
        raise InputError(f"--taps {SOURCE}={taps[SOURCE]}: is the input's name; choose another")
    file = onnx_file.read_onnx(path)
    source = onnx_file.image_input(file)
    own_size = [axis.dim_value for axis in source.type.tensor_type.shape.dim]
    own_size = [size or default for size, default in zip(own_size, (1, 3, 224, 224), strict=True)]
    chosen = {name: onnx_file.find_tensor(file, node) for name, node in taps.items()}
    chosen = chosen or {output.name: output.name for output in file.graph.output}
    before = onnx_file.with_outputs(file, list(dict.fromkeys(chosen.values()))).SerializeToString()
    onnx_file.free_sizes(file)
    model = _cut_out(file, source.name, chosen, preparation)
    _describe(model, file, chosen, preparation)
    content: bytes = model.SerializeToString()
    found = _check(path, before, content, chosen, own_size, preparation)
    make_folder(target.parent)
    write_bytes(target, content)
    return found


def _cut_out(file: OnnxFile, source: str, chosen: Mapping[str, str], preparation: Preparation) -> Any:
    """What the taps need of the model, with inputs and outputs by their new names."""
    onnx = import_extra("onnx", "onnx", "ONNX networks need")
    wanted = list(dict.fromkeys(chosen.values()))
    model = onnx_file.with_outputs(file, wanted)
    try:
        model = onnx.utils.Extractor(onnx.shape_inference.infer_shapes(model)).extract_model([source], wanted)
        del model.graph.value_info[:]
    except Exception:  # noqa: S110 (onnx does not look into branches and loops: all of it stays)
        pass
    model = onnx.compose.add_prefix(model, "net/")  # the taps' names are free then
    graph = model.graph
    nodes, constants = _prepare(onnx, f"net/{source}", preparation)
    nodes = [*nodes, *graph.node]
    nodes += [
        onnx.helper.make_node("Identity", [f"net/{tensor}"], [name], name=name) for name, tensor in chosen.items()
    ]
    kind = onnx.TensorProto.FLOAT
    outputs = [onnx.helper.make_tensor_value_info(name, kind, ["N", None, f"{name}_H", f"{name}_W"]) for name in chosen]
    inputs = [onnx.helper.make_tensor_value_info(SOURCE, kind, ["N", 3, "H", "W"])]
    drawn = onnx.helper.make_graph(nodes, graph.name or "net", inputs, outputs, [*graph.initializer, *constants])
    made = onnx.ModelProto()
    made.CopyFrom(model)
    made.graph.CopyFrom(drawn)
    return made


def _prepare(onnx: Any, target: str, preparation: Preparation) -> tuple[list[Any], list[Any]]:
    """Nodes from `rgb` to the network's own input, and their constants."""
    constants = [
        onnx_file.image_constant(preparation.mean, "rgb_mean"),
        onnx_file.image_constant(preparation.std, "rgb_std"),
        onnx_file.index_constant((2, 1, 0), "bgr_order"),
    ]
    steps = [
        ("Sub", "rgb_mean", {}, preparation.mean != (0.0, 0.0, 0.0)),
        ("Div", "rgb_std", {}, preparation.std != (1.0, 1.0, 1.0)),
        ("Gather", "bgr_order", {"axis": 1}, preparation.bgr),
    ]
    chain = [step for step in steps if step[3]] or [("Identity", "", {}, True)]
    nodes, current = [], SOURCE
    for index, (operator, constant, attributes, _) in enumerate(chain):
        made = target if index == len(chain) - 1 else f"rgb_{operator.lower()}"
        nodes.append(onnx.helper.make_node(operator, [current, constant][: 2 if constant else 1], [made], **attributes))
        current = made
    used = {step[1] for step in chain}
    return nodes, [constant for constant in constants if constant.name in used]


def _describe(model: Any, file: OnnxFile, chosen: Mapping[str, str], preparation: Preparation) -> None:
    onnx = import_extra("onnx", "onnx", "ONNX networks need")
    history = {
        "source": file.path.name, "sha256": file.sha256, "taps": dict(chosen), "bgr": preparation.bgr,
        "mean": list(preparation.mean), "std": list(preparation.std),
    }  # fmt: skip
    said = dict(onnx_file.metadata_of(file.model)) | {"imported": json.dumps(history, sort_keys=True)}
    onnx.helper.set_model_props(model, said)


def _check(
    path: Path, before: bytes, content: bytes, chosen: Mapping[str, str], own_size: Sequence[int],
    preparation: Preparation,
) -> dict[str, Tap]:  # fmt: skip
    """Geometry of the taps. Raises InputError unless all are maps that are right at any number and size of samples."""
    runtime = Runtime(f"network {path}", "cpu", 1)
    session, names = runtime.open(content), list(chosen)
    try:
        taps = onnx_file.measure_outputs(runtime, session)
    except InputError as error:
        raise InputError(f"{error}: sizes are fixed inside of it; export it with dynamic height and width") from None
    if lacking := [name for name in names if name not in taps]:
        raise InputError(
            f"network {path}: tap {lacking[0]} is no 4-D map that grows with the image by whole strides;"
            f" 'cfvgg weights info {path}' lists those that are"
        )
    rng = np.random.default_rng(0)
    _compare(runtime, session, runtime.open(before), rng.uniform(0, 255, own_size), chosen, preparation, path)
    samples = rng.uniform(0, 255, (2, 3, 96, 112)).astype(np.float32)
    together = runtime.infer(session, samples, names)
    for index in range(2):
        alone = runtime.infer(session, samples[index : index + 1], names)
        if not all(_near(maps[index : index + 1], one) for maps, one in zip(together, alone, strict=True)):
            raise InputError(f"network {path}: mixes the samples of a batch; export it with a dynamic batch size")
    return {name: taps[name] for name in names}


def _compare(
    runtime: Runtime, session: Any, original: Any, x: NDArray[np.float64], chosen: Mapping[str, str],
    preparation: Preparation, path: Path,
) -> None:  # fmt: skip
    """Raise InputError unless the maps at the file's own size are those of the file as it was."""
    scaled = (x - np.reshape(preparation.mean, (1, 3, 1, 1))) / np.reshape(preparation.std, (1, 3, 1, 1))
    wanted_input = np.ascontiguousarray(scaled[:, ::-1] if preparation.bgr else scaled, np.float32)
    outputs = [output.name for output in original.get_outputs()]
    try:
        wanted = dict(zip(outputs, runtime.infer(original, wanted_input, outputs), strict=True))
    except InputError as error:
        raise InputError(f"network {path}: does not run as it is ({first_line(error)})") from None
    for name, maps in zip(chosen, runtime.infer(session, x.astype(np.float32), list(chosen)), strict=True):
        if not _near(maps, wanted[chosen[name]]):
            raise InputError(f"network {path}: tap {name} changes once sizes are free; export it with dynamic sizes")


def _near(a: NDArray[np.float32], b: NDArray[np.float32]) -> bool:
    return a.shape == b.shape and bool(
        np.abs(a - b).max(initial=0) <= 1e-3 * max(float(np.abs(b).max(initial=0)), 1e-6)
    )
