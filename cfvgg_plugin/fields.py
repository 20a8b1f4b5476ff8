"""Frozen dataclasses from the tables, arrays and scalars of TOML and JSON."""

import dataclasses
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from cfvgg_plugin.errors import InputError


def read_fields(kind: Any, value: Any, name: str = "", what: str = "recipe") -> Any:
    """A value of type `kind`; a dataclass from a table, and what it holds.

    name: of the entry, what: of the file, both for messages. Raises InputError, naming the entry, for unknown names,
    wrong types and missing entries.
    """
    origin = get_origin(kind)
    if kind is Any or origin is dict:
        if origin is dict and not isinstance(value, dict):
            raise InputError(f"{what}: {name}: a table is expected, not {value!r}")
        return value
    if origin in {Union, UnionType}:
        return read_fields(next(k for k in get_args(kind) if k is not type(None)), value, name, what)
    if dataclasses.is_dataclass(kind):
        return _read_dataclass(kind, value, name, what)
    if origin is tuple:
        return _read_tuple(get_args(kind), value, name, what)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise InputError(f"{what}: {name}: {kind.__name__} is expected, not {value!r}")
    return value


def _read_tuple(kinds: tuple[Any, ...], value: Any, name: str, what: str) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise InputError(f"{what}: {name}: a list is expected, not {value!r}")
    if kinds[-1] is Ellipsis:
        kinds = kinds[:1] * len(value)
    if len(kinds) != len(value):
        raise InputError(f"{what}: {name}: {len(kinds)} values are expected, not {len(value)}")
    entries = zip(kinds, value, strict=True)
    return tuple(read_fields(kind, entry, f"{name}[{i}]", what) for i, (kind, entry) in enumerate(entries))


def _read_dataclass(kind: Any, value: Any, name: str, what: str) -> Any:
    if isinstance(value, kind):
        return value
    if not isinstance(value, dict):
        raise InputError(f"{what}: {name}: a table is expected, not {value!r}")
    fields = get_type_hints(kind)
    prefix = f"{name}." if name else ""
    if unknown := sorted(value.keys() - fields.keys()):
        raise InputError(f"{what}: unknown entry {prefix}{unknown[0]}; there are {', '.join(fields)}")
    values = {field: read_fields(fields[field], entry, prefix + field, what) for field, entry in value.items()}
    required = [f.name for f in dataclasses.fields(kind) if f.default is f.default_factory is dataclasses.MISSING]
    if missing := [field for field in required if field not in values]:
        raise InputError(f"{what}: {prefix}{missing[0]} is missing")
    return kind(**values)
