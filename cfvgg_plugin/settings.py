"""Settings of trackers: frozen dataclasses with a hash that names every stored result."""

import dataclasses
import hashlib
import json
from typing import Any


def settings_dict(settings: Any) -> dict[str, Any]:
    """All fields as JSON values, nested settings with the name of their class."""
    fields = {f.name: _plain(getattr(settings, f.name)) for f in dataclasses.fields(settings)}
    return {"type": type(settings).__name__, **fields}


def settings_hash(settings: Any, weights_sha256: str = "") -> str:
    """Ten hexadecimal digits that change with any setting and with the weights."""
    text = json.dumps([settings_dict(settings), weights_sha256], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return settings_dict(value)
    if isinstance(value, (tuple, list)):
        return [_plain(v) for v in value]
    return value
