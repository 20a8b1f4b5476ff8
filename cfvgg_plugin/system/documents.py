"""JSON, TOML and YAML that others may have written: read as typed, frozen structures, or refused in one line.

What is right stands beside the fields: dataclasses or msgspec's structures, with `Annotated[float, Meta(ge=0)]` for
ranges. Numbers that are not finite are refused wherever they stand.
"""

import dataclasses
import difflib
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.system.extras import import_extra
from cfvgg_plugin.system.files import read_text

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib  # type: ignore[import-not-found,no-redef,unused-ignore]

T = TypeVar("T")

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
"""A part of a whole, or a probability."""
NotNegative = Annotated[float, msgspec.Meta(ge=0, le=1e9)]
Positive = Annotated[float, msgspec.Meta(gt=0, le=1e9)]
Count = Annotated[int, msgspec.Meta(ge=1, le=10**9)]
CountOrNone = Annotated[int, msgspec.Meta(ge=0, le=10**9)]
"""0 where there is none."""

WORDS = {"array": "a list", "object": "a table", "null": "nothing"}
BOUNDS = {">=": "{} or more", ">": "above {}", "<=": "at most {}", "<": "below {}"}


class Document(msgspec.Struct, frozen=True):
    """A table of a file; entries that it does not name are somebody else's, and passed over."""


def read_json(path: Path, kind: type[T], what: str, nan: bool = False) -> T:
    """The content of a JSON file as `kind`. Raises InputError: "PATH: is no `what` (...)".

    nan: other programs write NaN where they have no figure; it stays then.
    """
    text = read_text(path, what)
    try:
        return convert(json.loads(text) if nan else msgspec.json.decode(text), kind, nan=nan)
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise InputError(f"{path}: is no {what} ({_said(error)})") from None


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """The tables of a TOML file. Raises InputError."""
    try:
        return tomllib.loads(read_text(path, what))
    except InputError as error:
        raise InputError(f"{what} {error}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{what} {path}: not TOML ({_said(error)})") from None


def read_yaml(path: Path, kind: type[T]) -> T:
    """The content of a YAML file as `kind`. Raises InputError."""
    yaml = import_extra("yaml", "vot", "VOT workspaces need")
    text = read_text(path, "YAML")
    try:
        content = yaml.safe_load(text)
    except (ValueError, RecursionError, OverflowError, yaml.YAMLError) as error:
        raise InputError(f"{path}: cannot be read as YAML ({_said(error)})") from None
    try:
        return convert(content, kind)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def convert(value: Any, kind: type[T], what: str = "", at: str = "", nan: bool = False) -> T:
    """A value of type `kind` from tables, lists and scalars; a dataclass from a table that has no other names.

    what: what the value is of, at: its entry there, for messages. nan: whether numbers need not be finite. Raises
    InputError, which names the entry, what it is and what would be right.
    """
    head = f"{what}: " if what else ""
    if unknown := next(_unknown(kind, value, at), None):
        raise InputError(f"{head}{unknown}")
    try:
        found = msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        if isinstance(error.__cause__, InputError):
            raise error.__cause__ from None
        raise InputError(f"{head}{_translated(str(error), value, at)}") from None
    except RecursionError:
        raise InputError(f"{head}tables nested too deeply") from None
    except UnicodeError:
        raise InputError(f"{head}{at}{': ' if at else ''}text that is no Unicode") from None
    if not nan and (bad := _not_finite(found)):
        raise InputError(f"{head}{at}{': ' if at else ''}{bad}: a finite number is expected")
    return found


def check_fields(value: Any, what: str) -> None:
    """Raise InputError for a field of a dataclass whose value is not of its type, or out of its range."""
    for name, kind in get_type_hints(type(value), include_extras=True).items():
        try:
            msgspec.convert(getattr(value, name), kind)
        except msgspec.ValidationError as error:
            text = _translated(str(error), getattr(value, name), name)
            raise InputError(f"{what}: {text}") from None


def _unknown(kind: Any, value: Any, at: str) -> Iterator[str]:
    """Names in tables that the dataclasses for them do not have."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        yield from _unknown(inner[0], value, at)
    elif origin in {Union, UnionType}:
        for part in inner:
            yield from _unknown(part, value, at)
    elif origin is tuple and isinstance(value, list | tuple):
        kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else inner
        for index, (part, entry) in enumerate(zip(kinds, value, strict=False)):
            yield from _unknown(part, entry, f"{at}[{index}]")
    elif dataclasses.is_dataclass(kind) and isinstance(value, dict):
        hints = get_type_hints(kind, include_extras=True)
        prefix = f"{at}." if at else ""
        for name in value:
            if name not in hints:
                nearest = difflib.get_close_matches(str(name), hints, n=1)
                hint = f"; did you mean {nearest[0]}?" if nearest else ""
                yield f"unknown entry {prefix}{name}; there are {', '.join(hints)}{hint}"
            else:
                yield from _unknown(hints[name], value[name], f"{prefix}{name}")


def _translated(text: str, value: Any, at: str) -> str:
    """What msgspec says in the words of ours, with the value at its place below `at`."""
    said, _, place = text.partition(" - at `$")
    place = place.rstrip("`")
    found = _at(value, place)
    place = f"{at}{place}".removeprefix(".")
    if missing := re.fullmatch(r"Object missing required field `(.*)`", said):
        return f"{place}{'.' if place else ''}{missing[1]} is missing"
    shown = repr(found) if len(repr(found)) <= 60 else f"{repr(found)[:60]}..."
    head = f"{place}: " if place else ""
    if length := re.fullmatch(r"Expected `array` of (?:at least |at most )?length (.*), got (\d+)", said):
        return f"{head}{length[1]} values are expected, not {length[2]}"
    if bound := re.fullmatch(r"Expected `(\w+)` (>=|<=|<|>) (.*)", said):
        limit = BOUNDS[bound[2]].format(f"{float(bound[3]):g}") if bound.groups() != ("int", ">=", "1") else "above 0"
        value = f"{found:g}" if isinstance(found, float) else shown
        return f"{place}{' ' if place else ''}{value}: {limit} is expected"
    if wanted := re.match(r"Expected `([^`]*)`", said):
        words = " or ".join(WORDS.get(word.strip(), word.strip()) for word in wanted[1].split("|"))
        return f"{head}{words} is expected, not {shown}"
    return f"{head}{said}, not {shown}"


def _at(value: Any, place: str) -> Any:
    """What stands at a place like sources[0].weight; the whole where that cannot be told."""
    for name, index in re.findall(r"([^.\[\]]+)|\[(\d+|\.\.\.)\]", place):
        try:
            value = value[int(index)] if index else value[name]
        except (LookupError, TypeError, ValueError):
            return value
    return value


def _not_finite(value: Any) -> str:
    """A number that is not finite, or nothing."""
    seen: set[int] = set()
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, float) and not math.isfinite(item):
            return str(item)
        if id(item) in seen or isinstance(item, str | bytes):
            continue
        seen.add(id(item))
        if isinstance(item, dict):
            left += item.values()
        elif isinstance(item, list | tuple):
            left += item
        elif isinstance(item, msgspec.Struct):
            left += [getattr(item, name) for name in item.__struct_fields__]
        elif dataclasses.is_dataclass(item):
            left += vars(item).values()
    return ""


def _said(error: Exception) -> str:
    return "tables nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())[:200]
