"""Scalars of a run: JSON lines always, TensorBoard's events where it is installed."""

import contextlib
import importlib
import json
from pathlib import Path
from typing import Any

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.system.documents import convert
from cfvgg_plugin.system.files import reason, write_text


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
