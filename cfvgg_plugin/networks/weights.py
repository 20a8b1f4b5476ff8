"""Weight files: our own safetensors, and MatConvNet's .mat on the way in. Nothing is ever unpickled."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.torch
import torch
from numpy.typing import NDArray

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.files import replacing
from cfvgg_plugin.networks.architectures import architecture_of, read_settings, settings_text
from cfvgg_plugin.networks.matconvnet import read_matconvnet
from cfvgg_plugin.networks.network import Geometry, Network, first_line, geometry

FORMAT = "cfvgg-weights/2"
OLD_FORMAT = "cfvgg-weights/1"
"""Of files that know one architecture, and its width alone."""
FIRST = "vgg_m"
"""That architecture, whose networks are told apart by their tensors alone, as they were then."""


@dataclass(frozen=True)
class Weights:
    """A network ready to extract features, and where it comes from."""

    network: Network
    mean: NDArray[np.float32]
    """(H, W, 3) mean image or (3,) channel means, RGB 0..255; subtracted from the samples."""
    recipe: dict[str, Any] = field(default_factory=dict)
    """How the weights were made: source file or training recipe. JSON values."""

    @property
    def settings(self) -> Any:
        """Of the network's architecture: a frozen dataclass."""
        return self.network.settings

    @property
    def architecture(self) -> str:
        """Its name."""
        return architecture_of(self.settings)

    @property
    def geometry(self) -> Geometry:
        """Of the network's taps."""
        return geometry(self.settings)

    @property
    def sha256(self) -> str:
        """Of the tensors (names, shapes and float32 values), independent of the file around them.

        And of architecture and settings, which decide as much; only VGG-M's say nothing that its tensors do not.
        """
        digest = hashlib.sha256()
        if (name := self.architecture) != FIRST:
            digest.update(json.dumps([name, asdict(self.settings)], sort_keys=True).encode())
        for name, tensor in sorted(self.tensors().items()):
            digest.update(f"{name}{tuple(tensor.shape)}".encode())
            digest.update(tensor.numpy().tobytes())
        return digest.hexdigest()

    def tensors(self) -> dict[str, torch.Tensor]:
        """All stored tensors by name, contiguous float32."""
        named = {name: value.detach().float().contiguous() for name, value in self.network.state_dict().items()}
        return named | {"mean": torch.from_numpy(np.ascontiguousarray(self.mean, dtype=np.float32))}


def save_weights(weights: Weights, path: Path) -> None:
    """Write a safetensors file with metadata; an existing file is replaced in one step."""
    metadata = {
        "format": FORMAT,
        "architecture": weights.architecture,
        "settings": json.dumps(asdict(weights.settings), sort_keys=True),
        "taps": ",".join(weights.network.taps),
        "recipe": json.dumps(weights.recipe, sort_keys=True),
        "sha256": weights.sha256,
    }
    with replacing(path) as temporary:
        safetensors.torch.save_file(weights.tensors(), temporary, metadata)


def load_weights(path: str | Path) -> Weights:
    """Read a weight file of either format, told apart by its first bytes, not by its name.

    Raises InputError, with a sentence that says what is wrong, for a missing, truncated or altered file,
    another network, a text file, and for pickles (.pt, .pth), which are never opened.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            head = file.read(128)
    except OSError as error:
        raise InputError(f"weight file {path}: {error.strerror or error}") from None
    if head.startswith(b"MATLAB 5.0 MAT-file"):
        network, mean = read_matconvnet(path)
        return Weights(network.eval(), mean, {"source": path.name, "format": "MatConvNet"})
    if head.startswith((b"MATLAB 7.3 MAT-file", b"\x89HDF")):
        raise InputError(f"{path}: a MATLAB 7.3 (HDF5) file; save it again in MATLAB with the option '-v7'")
    if head.startswith((b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")):
        raise InputError(
            f"{path}: a pickle or PyTorch checkpoint; these can run code and are never opened: use safetensors"
        )
    if len(head) > 8 and head[8:9] == b"{":
        return _read_safetensors(path)
    if path.suffix.lower() == ".onnx":
        raise InputError(
            f"{path}: not a weight file: an ONNX file holds a network that only runs; .safetensors or .mat is needed"
        )
    raise InputError(f"{path}: not a weight file; expected safetensors of this package or a MatConvNet .mat")


def _read_safetensors(path: Path) -> Weights:
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (safetensors.SafetensorError, OSError) as error:
        raise InputError(f"{path}: damaged or truncated safetensors file ({error})") from None
    if metadata.get("format") not in {FORMAT, OLD_FORMAT}:
        raise InputError(
            f"{path}: safetensors of another program (format {metadata.get('format')!r}, {FORMAT!r} expected)"
        )
    settings = _read_settings(path, metadata)
    try:
        recipe = json.loads(metadata["recipe"])
        network: Network = settings.build()
        mean = np.array(tensors.pop("mean").numpy(), dtype=np.float32)
        network.load_state_dict(tensors)
    except (KeyError, ValueError, RuntimeError, InputError) as error:
        raise InputError(
            f"{path}: not the {settings_text(settings)} that it claims to be ({first_line(error)})"
        ) from None
    weights = Weights(network.eval(), mean, recipe)
    if weights.sha256 != metadata.get("sha256"):
        raise InputError(
            f"{path}: its weights do not match their sha256; the file was altered: copy or download it again"
        )
    return weights


def _read_settings(path: Path, metadata: dict[str, str]) -> Any:
    """The architecture's settings; older files have the width of a VGG-M."""
    try:
        if metadata["format"] == OLD_FORMAT:
            return read_settings(FIRST, {"width": float(metadata["width"])}, "metadata")
        return read_settings(metadata["architecture"], json.loads(metadata["settings"]), "metadata")
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(
            f"{path}: damaged: its metadata do not say which network it is ({first_line(error)})"
        ) from None
