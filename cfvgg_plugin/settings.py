"""Settings of trackers: frozen dataclasses with a hash that names every stored result, changed by a TOML file.

Such a file, for `cfvgg track --settings FILE` and `load_settings(name, FILE)`, names fields:

learning_rate = 0.02
scale_filter.count = 9      # a field of settings within the settings
blocks.0.compressed = 8     # the first of several
long_term = "none"          # nothing, for a field that may have nothing
"""

import dataclasses
import difflib
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, TypeVar, get_args, get_origin, get_type_hints, runtime_checkable

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.system.documents import convert, read_toml


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


NOTHING = "none"
"""TOML has no word of its own for it."""

T = TypeVar("T")


def changed_by(settings: Settings, file: Path) -> Settings:
    """The settings with the entries of a file in place of the fields of their names. Raises InputError."""
    entries = read_toml(file, "settings")
    try:
        return change(settings, entries)
    except InputError as error:
        raise InputError(f"settings {file}: {error}") from None


def change(value: T, entries: Mapping[str, Any], at: str = "") -> T:
    """A dataclass with other values in the fields that the entries name; tables change those of nested ones.

    value: a dataclass, at: where it stands in another. Raises InputError for an unknown field, with the nearest name,
    and for a value that is not of the field's type.
    """
    hints = get_type_hints(type(value), include_extras=True)
    names = [field.name for field in dataclasses.fields(value) if field.init]  # type: ignore[arg-type]
    changes = {}
    for name, entry in entries.items():
        place = f"{at}.{name}" if at else name
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1, cutoff=0.3)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"
            raise InputError(f"unknown field {place}; {hint}")
        present = getattr(value, name)
        new = _changed(present, hints[name], entry, place)
        changes[name] = present if new == present else new  # 1 stays 1, not 1.0, for the settings' hash
    made: T = dataclasses.replace(value, **changes)  # type: ignore[type-var]
    return made


def _changed(present: Any, kind: Any, entry: Any, at: str) -> Any:
    if entry == NOTHING and type(None) in get_args(kind):
        return None
    if get_origin(kind) is Literal and entry not in get_args(kind):
        raise InputError(f"{at} {entry!r}: {', '.join(map(str, get_args(kind)))} are possible")
    if isinstance(entry, dict):
        present = _begun(kind) if present is None else present
        if dataclasses.is_dataclass(present):
            return change(present, entry, at)
        if isinstance(present, tuple) and any(map(dataclasses.is_dataclass, present)):
            return _changed_items(present, entry, at)
    try:
        return convert(entry, kind, at=at)
    except TypeError:  # of a class that no table describes
        inner = [f.name for f in dataclasses.fields(present)] if dataclasses.is_dataclass(present) else ["0", "1"]
        raise InputError(f"{at}: cannot be replaced as a whole, only parts of it, as {at}.{inner[0]}") from None


def _begun(kind: Any) -> Any:
    """The one dataclass that a field may have, with its defaults; None where it has other kinds, or needs values."""
    kinds = [part for part in get_args(kind) if dataclasses.is_dataclass(part)]
    fields = dataclasses.fields(kinds[0]) if len(kinds) == 1 else ()
    given = all(f.default is not f.default_factory or not f.init for f in fields)
    return kinds[0]() if fields and given else None  # type: ignore[operator]


def _changed_items(present: tuple[Any, ...], entries: Mapping[str, Any], at: str) -> tuple[Any, ...]:
    items, numbers = list(present), [str(index) for index in range(len(present))]
    for number, entry in entries.items():
        if number not in numbers:
            raise InputError(f"unknown field {at}.{number}; there are {at}.0 to {at}.{len(present) - 1}")
        index = int(number)
        items[index] = _changed(items[index], type(items[index]), entry, f"{at}.{number}")
    return tuple(items)
