"""The state of a run in one safetensors file: written whole or not at all, read without running anything."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks.network import first_line
from cfvgg_plugin.system.documents import CountOrNone, NotNegative, convert
from cfvgg_plugin.system.files import check_regular, write_bytes

FORMAT = "cfvgg-checkpoint/1"


@dataclass
class Progress:
    """What a run knows beside its tensors; JSON values."""

    step: CountOrNone = 0
    """Steps done."""
    seconds: NotNegative = 0.0
    """Of training so far, over all resumptions."""
    skipped: dict[str, CountOrNone] = field(default_factory=dict)
    """How often every file was passed over because it could not be decoded."""


def save_checkpoint(
    path: Path, run: str, module: nn.Module, optimizer: torch.optim.Optimizer, average: dict[str, Tensor],
    progress: Progress,
) -> None:  # fmt: skip
    """Replace the checkpoint of the run with this sha256 in one step.

    Raises InputError where it cannot be written; the old one then stays.
    """
    tensors = {f"module.{name}": value for name, value in module.state_dict().items()}
    tensors |= {f"average.{name}": value for name, value in average.items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in state.items() if isinstance(value, Tensor)}
    metadata = {"format": FORMAT, "recipe": run, "progress": json.dumps(vars(progress))}
    content = safetensors.torch.save({n: t.detach().cpu().contiguous() for n, t in tensors.items()}, metadata)
    write_bytes(path, content)


def load_checkpoint(
    path: Path, run: str, module: nn.Module, optimizer: torch.optim.Optimizer
) -> tuple[dict[str, Tensor], Progress]:
    """Restore the run with this sha256 in place; returns its weight average and progress.

    Raises InputError for a damaged file and for a checkpoint of another recipe or of other weights to start from.
    """
    check_regular(path)
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            metadata: dict[str, str] = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (safetensors.SafetensorError, OSError) as error:
        raise InputError(f"checkpoint {path}: cannot be read ({error})") from None
    if metadata.get("format") != FORMAT:
        raise InputError(f"checkpoint {path}: format {metadata.get('format')!r}, {FORMAT!r} is expected")
    if metadata.get("recipe") != run:
        raise InputError(
            f"checkpoint {path}: was made by another recipe, or from other weights (--init); go on with these, or give"
            " another folder with --out"
        )
    groups: dict[str, dict[str, Tensor]] = {"module": {}, "average": {}, "optimizer": {}}
    state: dict[int, dict[str, Any]] = {}
    try:
        progress = convert(json.loads(metadata["progress"]), Progress)
        for name, value in tensors.items():
            group, _, rest = name.partition(".")
            groups[group][rest] = value
        for name, value in groups["optimizer"].items():
            index, _, entry = name.partition(".")
            state.setdefault(int(index), {})[entry] = value
        module.load_state_dict(groups["module"])
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    except (KeyError, ValueError, RuntimeError, TypeError) as error:
        raise InputError(f"checkpoint {path}: damaged ({first_line(error)}); start anew in another folder") from None
    return groups["average"], progress
