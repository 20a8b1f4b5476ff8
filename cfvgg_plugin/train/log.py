"""Scalars of a run: JSON lines always, TensorBoard's events where it is installed."""

import importlib
import json
from pathlib import Path
from typing import Any

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.files import replacing


class Log:
    """`log.jsonl` and `tensorboard/` in the run's folder."""

    def __init__(self, folder: Path, step: int = 0) -> None:
        """Start after `step`: lines of later steps, which a resumed run makes again, are dropped."""
        self.file = folder / "log.jsonl"
        kept = [line for line in self.history() if line["step"] <= step]
        with replacing(self.file) as temporary:
            temporary.write_text("".join(json.dumps(line) + "\n" for line in kept))
        self._board: Any = None
        try:
            board = importlib.import_module("torch.utils.tensorboard")
        except ImportError:
            return
        self._board = board.SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1)

    def history(self) -> list[dict[str, Any]]:
        """All lines so far; a line that a kill cut short is left out."""
        lines = []
        for text in self.file.read_text().splitlines() if self.file.exists() else []:
            try:
                lines.append(json.loads(text))
            except ValueError:
                continue
        return lines

    def scalars(self, step: int, values: dict[str, float]) -> None:
        """Add one line. Raises InputError where the disk does not take it."""
        try:
            with self.file.open("a") as file:
                file.write(json.dumps({"step": step} | values) + "\n")
        except OSError as error:
            raise InputError(f"{self.file}: cannot be written ({error.strerror})") from None
        if self._board is not None:
            for name, value in values.items():
                self._board.add_scalar(name, value, step)

    def close(self) -> None:
        """Flush TensorBoard's file."""
        if self._board is not None:
            self._board.close()
