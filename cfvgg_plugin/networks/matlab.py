"""MATLAB v5 files, looked through before scipy reads them: it allocates what they claim, and crashes on some damage.

The format is that of "MAT-File Format" (The MathWorks, 2023, chapter 1): elements of a tag and data, of which arrays
hold others.
"""

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.system.files import reason

HEAD = 128
"""Bytes of the file's own head, the last two of which tell the order of bytes."""
MATRIX, COMPRESSED = 14, 15
"""Types of elements: an array, and one that is packed by zlib."""
SIZES = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8}
"""Bytes of a number by type."""
TEXTS = {1, 2, 3, 4, 16, 17, 18}
CELL, STRUCT, OBJECT, CHAR, FUNCTION = 1, 2, 3, 4, 16
"""Classes of arrays that hold other things than numbers, which are 6 to 15."""
DEEPEST = 32
CHUNK = 2**20


class _Damage(Exception):
    """What is wrong."""


@dataclass
class _Reader:
    """Elements one after the other."""

    content: memoryview
    order: str
    place: int = 0

    def words(self, data: memoryview) -> tuple[int, ...]:
        """Signed 32-bit numbers."""
        return struct.unpack(f"{self.order}{len(data) // 4}i", data)

    def next(self, *kinds: int) -> tuple[int, memoryview]:
        """Type and data of the next element, of one of some types."""
        if self.place + 8 > len(self.content):
            raise _Damage("ends in the middle of an array")
        first, size = struct.unpack_from(f"{self.order}II", self.content, self.place)
        start = self.place + 8
        if small := first >> 16:  # up to four bytes stand in the tag itself
            first, size, start = first & 0xFFFF, small, self.place + 4
            self.place += 8
        else:
            self.place = start + size + -size % 8
        if (small and size > 4) or start + size > len(self.content):
            raise _Damage("ends in the middle of an array")
        if kinds and first not in kinds:
            raise _Damage(f"an element of type {first} where {kinds[0]} is expected")
        return first, self.content[start : start + size]


def check_matlab(path: Path, limit: int) -> None:
    """Raise InputError for a damaged file, and for one that, or whose arrays unpacked, take more than `limit` bytes."""
    large = InputError(f"{path}: holds more than {limit / 2**20:.0f} MB once it is unpacked; refused")
    try:
        if path.stat().st_size > limit:
            raise large
        content = memoryview(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({reason(error)})") from None
    order = "<" if bytes(content[126:128]) == b"IM" else ">"
    total = 0
    try:
        for array in _arrays(content, order, limit):
            total += len(array)
            if total > limit:
                raise large
            if len(array):
                _check_array(_Reader(array, order), 0)
    except (_Damage, struct.error, zlib.error) as error:
        raise InputError(f"{path}: damaged or truncated MATLAB file ({error}); copy or download it again") from None
    except OverflowError:
        raise large from None


def _arrays(content: memoryview, order: str, limit: int) -> Iterator[memoryview]:
    """The variables of a file, unpacked. Raises OverflowError where one is larger than the limit."""
    place = HEAD
    while place < len(content):
        if place + 8 > len(content):
            raise _Damage("ends in the middle of an array")
        kind, size = struct.unpack_from(f"{order}II", content, place)
        data = content[place + 8 : place + 8 + size]
        place += 8 + size
        if len(data) < size:
            raise _Damage("ends in the middle of an array")
        if kind == COMPRESSED:
            data = memoryview(_unpack(data, limit))
            kind, data = _Reader(data, order).next(MATRIX)
        if kind != MATRIX:
            raise _Damage(f"an element of type {kind} where {MATRIX} is expected")
        yield data


def _unpack(packed: memoryview, limit: int) -> bytes:
    unpacker, parts, total = zlib.decompressobj(), [], 0
    left: bytes | memoryview = packed
    while left and not unpacker.eof:
        parts.append(unpacker.decompress(left, CHUNK))
        left, total = unpacker.unconsumed_tail, total + len(parts[-1])
        if total > limit:
            raise OverflowError
    return b"".join(parts)


def _check_array(reader: _Reader, depth: int) -> None:
    """Raise _Damage unless an array has as much of everything as it says."""
    if depth > DEEPEST:
        raise _Damage("arrays nested too deeply")
    flags = reader.next(6)[1]
    if len(flags) != 8:
        raise _Damage("an array without flags")
    kind = reader.words(flags)[0]
    shape = reader.words(reader.next(5)[1])
    if not 2 <= len(shape) <= DEEPEST or min(shape) < 0:
        raise _Damage(f"an array of shape {shape}")
    count = math.prod(shape)
    reader.next(1, 16)  # its name
    kind, complex_ = kind & 0xFF, bool(kind & 0x800)
    if 6 <= kind <= 15:
        for _ in range(1 + complex_):
            number, data = reader.next(*SIZES)
            if len(data) != count * SIZES[number]:
                raise _Damage(f"{len(data)} bytes for {count} numbers")
    elif kind == CHAR:
        number, data = reader.next(*TEXTS)
        if count > len(data) or (number in SIZES and count * SIZES[number] != len(data)):
            raise _Damage(f"{len(data)} bytes for {count} letters")
    elif kind in {CELL, STRUCT, OBJECT, FUNCTION}:
        _check_members(reader, kind, count, depth)
    else:
        raise _Damage(f"an array of class {kind}, which is not read here")


def _check_members(reader: _Reader, kind: int, count: int, depth: int) -> None:
    """The arrays in a cell array or structure of `count` entries."""
    if kind == OBJECT:
        reader.next(1, 16)  # name of its class
    members = 1 if kind == FUNCTION else count
    if kind in {STRUCT, OBJECT}:
        (length,) = reader.words(reader.next(5)[1]) or (0,)
        names = bytes(reader.next(1, 16)[1])
        fields = [names[i : i + length] for i in range(0, len(names), length)] if length > 0 else []
        if (names and not fields) or any(len(field) < length or b"\0" not in field for field in fields):
            raise _Damage("a structure whose fields have no names")
        members *= len(fields)
    if members > len(reader.content):
        raise _Damage(f"{members} arrays in {len(reader.content)} bytes")
    for _ in range(members):
        if len(data := reader.next(MATRIX)[1]):
            _check_array(_Reader(data, reader.order), depth + 1)
