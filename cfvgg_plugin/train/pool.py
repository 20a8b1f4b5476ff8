"""A pool of clean pairs: cut once, kept as JPEG, disturbed anew for every pair that is made of one.

So no frame is decoded twice, and a teacher's maps belong to an entry and are computed once, too.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import cv2

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.features.patches import Image
from cfvgg_plugin.train.jpeg import decode_jpeg, encode_jpeg
from cfvgg_plugin.train.patches import Pair
from cfvgg_plugin.train.recipe import Recipe
from cfvgg_plugin.train.sources import Clip, stamp

FORMAT = 1
"""Of the entries, and of the code that cuts them: raise it where either changes."""


def pool_group(recipe: Recipe, clips: Sequence[Sequence[Clip]]) -> str:
    """Name of the pool: all that decides its entries but their number, the state of the files included."""
    sources = [[source.layout, source.weight] for source in recipe.sources]
    stamps = hashlib.sha256(json.dumps([[stamp(clip) for clip in part] for part in clips]).encode()).hexdigest()
    return f"pairs-{digest(FORMAT, recipe.seed, recipe.pairs.geometry, sources, stamps, cv2.__version__)}"


def digest(*facts: Any) -> str:
    """A short name for JSON values."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:20]


def encode(pair: Pair, skipped: Sequence[str]) -> bytes:
    """A clean pair and the files that were passed over for it."""
    x, z = encode_jpeg(pair.x), encode_jpeg(pair.z)
    facts = {"shift": pair.shift, "target": pair.target, "skipped": list(skipped), "x": len(x)}
    return json.dumps(facts).encode() + b"\n" + x + z


def decode(content: bytes, entry: int) -> tuple[Pair, list[str]]:
    """What `encode` was given, as JPEG keeps it. Raises InputError for anything else."""
    head, _, rest = content.partition(b"\n")
    try:
        facts = json.loads(head)
        x, z = (_image(part) for part in (rest[: facts["x"]], rest[facts["x"] :]))
        pair = Pair(x, z, (facts["shift"][0], facts["shift"][1]), facts["target"], entry=entry, clean=(x, z))
        return pair, list(facts["skipped"])
    except (ValueError, KeyError, TypeError, IndexError, cv2.error):
        raise InputError(f"pool entry {entry}: is of another format; remove the cache") from None


def _image(content: bytes) -> Image:
    image = decode_jpeg(content)
    if image is None:
        raise ValueError("not an image")
    return image
