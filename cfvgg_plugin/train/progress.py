"""How far a run is: its checkpoint and its log.

The checkpoint is one safetensors file, written whole or not at all, and read without running anything. Scalars go to
JSON lines always, and to TensorBoard's events where it is installed.
"""

import contextlib
import importlib
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
from cfvgg_plugin.system.files import check_regular, reason, write_bytes, write_text

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


class Log:
    """`log.jsonl` and `tensorboard/` in the run's folder."""

    def __init__(self, folder: Path, step: int = 0) -> None:
        """Start after `step`: lines of later steps, which a resumed run makes again, are dropped."""
        self.file = folder / "log.jsonl"
        kept = [line for line in self.history() if line["step"] <= step]
        write_text(self.file, "".join(json.dumps(line) + "\n" for line in kept))
        self._board: Any = None
        try:
            board = importlib.import_module("torch.utils.tensorboard")
        except ImportError:
            return
        self._board = board.SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1)

    def history(self) -> list[dict[str, Any]]:
        """All lines so far; a line that a kill cut short is left out."""
        lines = []
        for text in self.file.read_bytes().splitlines() if self.file.exists() else []:
            with contextlib.suppress(ValueError, RecursionError):
                line = json.loads(text)
                convert(line, dict[str, float], nan=True)
                if type(line.get("step")) is int:
                    lines.append(line)
        return lines

    def scalars(self, step: int, values: dict[str, float]) -> None:
        """Add one line. Raises InputError where the disk does not take it."""
        try:
            with self.file.open("a") as file:
                file.write(json.dumps({"step": step} | values) + "\n")
        except OSError as error:
            raise InputError(f"{self.file}: cannot be written ({reason(error)})") from None
        if self._board is not None:
            try:
                for name, value in values.items():
                    self._board.add_scalar(name, value, step)
            except OSError:  # what its own thread met; the lines above are the log
                self._board = None

    def close(self) -> None:
        """Flush TensorBoard's file."""
        if self._board is not None:
            with contextlib.suppress(OSError):
                self._board.close()
