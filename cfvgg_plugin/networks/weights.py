"""Weight files: our own safetensors, and MatConvNet's .mat on the way in. Nothing is ever unpickled."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import safetensors
import safetensors.torch
import torch
from numpy.typing import NDArray

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks.architectures import architecture_of, read_settings, settings_text
from cfvgg_plugin.networks.matconvnet import read_matconvnet
from cfvgg_plugin.networks.network import Geometry, Network, first_line, geometry
from cfvgg_plugin.system.documents import convert
from cfvgg_plugin.system.files import check_regular, check_writable, reason, write_bytes

FORMAT = "cfvgg-weights/3"
UNSEALED = "cfvgg-weights/2"
"""Of files without a digest of their history."""
OLD_FORMAT = "cfvgg-weights/1"
"""Of files that know one architecture, and its width alone."""
SEAL = "sha256_metadata"
"""Name of the digest of all other metadata."""
HEADER = 10**8
"""Bytes that the header of a safetensors file has at most."""
LARGEST_MEAN = 4096
"""Side of a mean image."""
FIRST = "vgg_m"
"""That architecture, whose networks are told apart by their tensors alone, as they were then."""


@dataclass(frozen=True)
class Weights:
    """A network ready to extract features, and where it comes from."""

    network: Network
    """In evaluation mode."""
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
    metadata[SEAL] = _seal(metadata)
    check_writable(path)
    write_bytes(path, safetensors.torch.save(weights.tensors(), metadata))


def _seal(metadata: dict[str, str]) -> str:
    """Digest of the history and of all else that stands beside the tensors."""
    said = sorted(item for item in metadata.items() if item[0] != SEAL)
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def load_weights(path: str | Path) -> Weights:
    """Read a weight file of either format, told apart by its first bytes, not by its name.

    Raises InputError, with a sentence that says what is wrong, for a missing, truncated or altered file,
    another network, a text file, and for pickles (.pt, .pth), which are never opened.
    """
    path = Path(path)
    check_regular(path)
    try:
        with path.open("rb") as file:
            head = file.read(128)
    except (OSError, ValueError) as error:
        raise InputError(f"weight file {path}: {reason(error) if isinstance(error, OSError) else error}") from None
    if head.startswith(b"MATLAB 5.0 MAT-file"):
        network, mean = read_matconvnet(path)
        return Weights(network.eval(), mean, {"source": path.name, "format": "MatConvNet"})
    if head.startswith((b"MATLAB 7.3 MAT-file", b"\x89HDF")):
        raise InputError(f"{path}: a MATLAB 7.3 (HDF5) file; save it again in MATLAB with the option '-v7'")
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < HEADER:
        return _read_safetensors(path)
    if head.startswith((b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")):
        raise InputError(
            f"{path}: a pickle or PyTorch checkpoint; these can run code and are never opened: use safetensors"
        )
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
    except (safetensors.SafetensorError, OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise InputError(f"{path}: damaged or truncated safetensors file ({error})") from None
    if metadata.get("format") not in {FORMAT, UNSEALED, OLD_FORMAT}:
        raise InputError(
            f"{path}: safetensors of another program (format {metadata.get('format')!r}, {FORMAT!r} expected)"
        )
    settings = _read_settings(path, metadata)
    try:
        recipe = convert(json.loads(metadata["recipe"]), dict[str, Any], "recipe", nan=True)
        mean = _checked(settings, tensors)
        network: Network = settings.build()
        network.load_state_dict(tensors)
    except (KeyError, ValueError, TypeError, RuntimeError, MemoryError) as error:
        raise InputError(
            f"{path}: not the {settings_text(settings)} that it claims to be ({first_line(error)})"
        ) from None
    weights = Weights(network.eval(), mean, recipe)
    if weights.sha256 != metadata.get("sha256"):
        raise InputError(
            f"{path}: its weights do not match their sha256; the file was altered: copy or download it again"
        )
    if (SEAL in metadata or metadata["format"] == FORMAT) and metadata.get(SEAL) != _seal(metadata):
        raise InputError(f"{path}: its history does not match its sha256; the file was altered: copy it again")
    return weights


def _checked(settings: Any, tensors: dict[str, torch.Tensor]) -> NDArray[np.float32]:
    """The mean, taken out of the tensors, once all of these are of the right kind. Raises InputError.

    The network is built without numbers first, so that a claim of a huge one costs no memory.
    """
    for name, tensor in tensors.items():
        if tensor.dtype != torch.float32:
            raise InputError(f"{name} is of {tensor.dtype}, torch.float32 is expected")
        if not bool(torch.isfinite(tensor).all()):
            raise InputError(f"{name} has values that are not finite numbers")
    mean: NDArray[np.float32] = np.array(tensors.pop("mean").numpy())
    image = mean.ndim == 3 and mean.shape[2] == 3 and min(mean.shape) > 0 and max(mean.shape) <= LARGEST_MEAN
    if mean.shape != (3,) and not image:
        raise InputError(f"mean of shape {mean.shape}, 3 or HxWx3 is expected")
    with torch.device("meta"):
        expected = {name: tuple(tensor.shape) for name, tensor in settings.build().state_dict().items()}
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if wrong := sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)):
        name = wrong[0]
        there, wanted = (shapes.get(name, "missing") for shapes in (found, expected))
        raise InputError(f"{name} is {there}, {'no such tensor' if wanted == 'missing' else wanted} is expected")
    return mean


def _read_settings(path: Path, metadata: dict[str, str]) -> Any:
    """The architecture's settings; older files have the width of a VGG-M."""
    try:
        if metadata["format"] == OLD_FORMAT:
            return read_settings(FIRST, {"width": float(metadata["width"])}, "metadata")
        fields = msgspec.json.decode(metadata["settings"], type=dict[str, Any])
        return read_settings(metadata["architecture"], fields, "metadata")
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except (KeyError, ValueError, msgspec.MsgspecError, TypeError, RecursionError) as error:
        raise InputError(
            f"{path}: damaged: its metadata do not say which network it is ({first_line(error)})"
        ) from None
