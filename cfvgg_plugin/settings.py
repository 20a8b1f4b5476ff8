"""Settings of trackers: frozen dataclasses with a hash that names every stored result."""

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable


class Settings(Protocol):
    """What the settings of every tracker are: a frozen dataclass that says whether a network is needed.

    Read as well, where there are such fields: `network` (stored weights where the user names none), `adaptation` and
    `long_term`.
    """

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]

    def __hash__(self) -> int:
        """Lists make none."""

    @property
    def needs_network(self) -> bool:
        """Whether the tracker is made with a network."""


@runtime_checkable
class OwnNetwork(Protocol):
    """Settings of a tracker whose network files are of a kind of their own."""

    def load_network(self, weights: str | Path | None, device: str) -> Any:
        """What the tracker is made with; its `sha256`, `recipe` and `backend` are read as of a backbone."""


def settings_dict(settings: Any) -> dict[str, Any]:
    """All fields as JSON values, nested settings with the name of their class."""
    fields = {f.name: _plain(getattr(settings, f.name)) for f in dataclasses.fields(settings)}
    return {"type": type(settings).__name__, **fields}


def settings_hash(settings: Settings, weights_sha256: str = "") -> str:
    """Ten hexadecimal digits that change with any setting and with the weights."""
    text = json.dumps([settings_dict(settings), weights_sha256], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return settings_dict(value)
    if isinstance(value, (tuple, list)):
        return [_plain(v) for v in value]
    return value
