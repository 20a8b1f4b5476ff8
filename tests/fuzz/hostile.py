"""What nobody should hand over: values, names, and damage to whole files."""

import json
import math
import random
import re
from typing import Any

NUMBERS: tuple[Any, ...] = (
    *(0, -1, 1, 2, -0.0, 1e-320, 0.5, 255, 256, 65536, 2**31, -(2**31), 2**63, 10**24, 1e30, -1e30, 1e308),
    *(math.nan, math.inf, -math.inf),
)
OTHERS: tuple[Any, ...] = (
    None, True, False, "", " ", "x", "1", "nan", "²", "1_000", "\x00", "\ufeff1", "é" * 200, "../../evil", "/abs/path",
    "a\nb", "%s%n", "${HOME}", "x" * 5000, [], [[]], [1, [2, [3]]], {}, {"a": {"b": {}}}, [None] * 3, "..", "con", "-",
)  # fmt: skip
NAMES = (
    "",
    ".",
    "..",
    "feco",
    "fkcf/hog",
    "feco/",
    "/hog",
    "feco/../fkcf",
    "fkcf/hog\n",
    "FECO",
    "feco/default/x",
    "²",
)


def value(rng: random.Random) -> Any:
    """Any of them."""
    return rng.choice(NUMBERS if rng.random() < 0.5 else OTHERS)


def text(rng: random.Random) -> str:
    """A short text, of plain letters, of any, or of bytes that are no UTF-8 (as Python hands them on)."""
    kind = rng.random()
    if kind < 0.4:
        return rng.choice(NAMES)
    letters = "abcxyz0189_-./=, \t%" if kind < 0.7 else "é²\u202e\ufeff\n\r\x01\x1b\U0001f600\udcff"
    return "".join(rng.choice(letters) for _ in range(rng.randrange(1, 12)))


def damaged(rng: random.Random, content: bytes) -> bytes:
    """The bytes with one to four of: flips, cuts, runs of another byte, copies of a part, an end, a mark before."""
    data = bytearray(content)
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(data) + 1)
        long = rng.choice((1, 2, 4, 8, 64, 1024))
        kind = rng.randrange(7)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del data[at:]
        elif kind == 2:
            del data[at : at + long]
        elif kind == 3:
            data[at : at + long] = bytes([rng.choice((0, 255, 10, 45, 128))]) * long
        elif kind == 4:
            data[at:at] = data[max(0, at - long) : at]
        elif kind == 5:
            data += bytes(rng.randrange(256) for _ in range(long))
        else:
            data[0:0] = rng.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\n", b"\x00", b"PK\x03\x04", b"\x80\x04"))
    return bytes(data)


def edited(rng: random.Random, content: str) -> str:
    """Lines of a text with one number or word replaced, dropped, doubled or moved."""
    lines = content.split("\n")
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(lines))
        kind = rng.randrange(5)
        if kind == 0:
            words = re.split(r"([,\s=\[\]]+)", lines[at])
            words[rng.randrange(len(words))] = str(value(rng))
            lines[at] = "".join(words)
        elif kind == 1:
            lines[at] = ""
        elif kind == 2:
            lines.insert(at, lines[rng.randrange(len(lines))])
        elif kind == 3:
            lines[at] = text(rng)
        else:
            lines[at] = lines[at].replace(",", rng.choice(("\t", " ", ";", ",,", "\u00a0")))
    return "\n".join(lines)


def changed(rng: random.Random, tree: Any) -> Any:
    """Tables and lists with one entry replaced, dropped, renamed or nested."""
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        keys = node.keys() if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        for key in keys:
            places.append((node, key))
            walk(node[key])

    tree = json.loads(json.dumps(tree))
    walk(tree)
    if not places or rng.random() < 0.05:
        return value(rng)
    node, key = rng.choice(places)
    kind = rng.randrange(5)
    if kind == 0 and isinstance(node, dict):
        del node[key]
    elif kind == 1 and isinstance(node, dict):
        node[text(rng)] = node.pop(key)
    elif kind == 2:
        for _ in range(rng.choice((1, 3, 300))):
            node[key] = [node[key]]
    else:
        node[key] = value(rng)
    return tree


def as_bytes(said: str) -> bytes:
    """UTF-8, and the bytes that stand for themselves."""
    return said.encode("utf-8", "surrogateescape" if "\udcff" in said else "surrogatepass")
