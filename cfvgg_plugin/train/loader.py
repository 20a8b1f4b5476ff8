"""Batches of pairs: pair number i of a run is a function of the seed and i alone, whoever loads it.

With a pool, clean pairs are cut once, kept as JPEG, and disturbed anew for every pair that is made of one: no frame is
decoded twice, and a teacher's maps belong to an entry and are computed once, too.
"""

import hashlib
import json
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from cfvgg_plugin.datasets.sequence import Frame
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.features.sampling import Image
from cfvgg_plugin.system.interrupts import end_with_parent
from cfvgg_plugin.train.cache import Cache, decode_jpeg, encode_jpeg
from cfvgg_plugin.train.disturbances import altered, disturb_pair, unlikeness
from cfvgg_plugin.train.patches import Pair, cut_pair
from cfvgg_plugin.train.recipe import Recipe
from cfvgg_plugin.train.sources import Clip, draw_views, list_clips, stamp
from cfvgg_plugin.train.videos import read_frame

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


def encode_pair(pair: Pair, skipped: Sequence[str]) -> bytes:
    """A clean pair and the files that were passed over for it."""
    x, z = encode_jpeg(pair.x), encode_jpeg(pair.z)
    facts = {"shift": pair.shift, "target": pair.target, "skipped": list(skipped), "x": len(x)}
    return json.dumps(facts).encode() + b"\n" + x + z


def decode_pair(content: bytes, entry: int) -> tuple[Pair, list[str]]:
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


ATTEMPTS = 30
"""Draws for one pair before the data are called unusable."""
CANDIDATES = 3
"""Other targets of which the most alike becomes a distractor."""


@dataclass(frozen=True)
class Batch:
    """Pairs of one step, and the files that were passed over while they were loaded."""

    x: Tensor
    """(N, S, S, 3) uint8."""
    z: Tensor
    """(N, S, S, 3) uint8."""
    shift: Tensor
    """(N, 2) patch sides."""
    target: Tensor
    """(N,) patch sides."""
    skipped: tuple[str, ...]
    """Files that could not be decoded."""
    refused: str = ""
    """Why the cache stores nothing any more."""
    whole: tuple[bool, ...] = ()
    """(N,) whether z still shows all that was cut."""
    entries: tuple[int, ...] = ()
    """(N,) of the pool; empty without one."""
    clean: NDArray[np.uint8] | None = None
    """(N, 2, S, S, 3) x and z of the entries, undisturbed; None where no teacher asks for them."""


class PairDataset(Dataset[tuple[Pair, tuple[str, ...]]]):
    """All pairs of a run, made when they are asked for.

    cache: where decoded frames of videos are kept; None: nowhere.
    """

    def __init__(self, recipe: Recipe, cache: Cache | None = None) -> None:
        self.recipe, self.cache = recipe, cache
        self.clips = [list_clips(source, recipe.path(source.root)) for source in recipe.sources]
        weights = np.array([source.weight for source in recipe.sources])
        self._shares = weights / weights.sum()
        self.group = pool_group(recipe, self.clips) if recipe.pool else ""
        """Of the cache: where the pool's clean pairs lie."""
        self._grounds = [clip for clips in self.clips for clip in clips if clip.layout == "images"]

    def counts(self) -> dict[str, int]:
        """Clips of every source: videos, or images of layout `images`."""
        return {
            f"{source.root} ({source.layout})": len(clips)
            for source, clips in zip(self.recipe.sources, self.clips, strict=True)
        }

    def __len__(self) -> int:
        return self.recipe.steps * self.recipe.batch

    def __getitem__(self, index: int) -> tuple[Pair, tuple[str, ...]]:
        """Pair number `index` and the files passed over on the way. Raises InputError where no file can be used."""
        skipped: list[str] = []
        if self.recipe.pool:
            clean = self._entry(index % self.recipe.pool, skipped)
            rng = np.random.default_rng((self.recipe.seed, index, ATTEMPTS))  # no attempt of an entry draws from it
        else:
            clean, rng = self._cut(index, skipped)
        similar = self._similar(clean, index, rng, skipped)
        return disturb_pair(clean, self.recipe.pairs, rng, similar), tuple(skipped)

    def _entry(self, entry: int, skipped: list[str]) -> Pair:
        """A clean pair of the pool; always what its JPEGs say, whether the cache has them or not."""
        content = self.cache.get(self.group, str(entry)) if self.cache else None
        if content is None:
            passed: list[str] = []
            content = encode_pair(self._cut(entry, passed)[0], passed)
            if self.cache:
                self.cache.put(self.group, str(entry), content)
        pair, passed = decode_pair(content, entry)
        skipped += passed
        return pair

    def _similar(self, clean: Pair, index: int, rng: np.random.Generator, skipped: list[str]) -> Pair | None:
        """A pair whose target lies beside this one's, if one shall: it turned, or the most alike of a few others."""
        if not self.recipe.pairs.distractors or rng.random() >= self.recipe.pairs.distractors:
            return None
        if rng.random() < 0.5:
            return altered(clean, rng)
        if not self.recipe.pool:
            return self._cut(len(self) + index, skipped)[0]  # of a number that no pair of the run has
        others = [self._entry(int(entry), skipped) for entry in rng.integers(self.recipe.pool, size=CANDIDATES)]
        return min(others, key=lambda other: unlikeness(clean, other))

    def _cut(self, index: int, skipped: list[str]) -> tuple[Pair, np.random.Generator]:
        """Clean pair number `index`, and the generator that drew it."""
        for attempt in range(ATTEMPTS):
            rng = np.random.default_rng((self.recipe.seed, index, attempt))
            clips = self.clips[int(rng.choice(len(self.clips), p=self._shares))]
            pair = self._make(clips[int(rng.integers(len(clips)))], rng, skipped)
            if pair is not None:
                return pair, rng
        raise InputError(
            f"training data: no usable pair in {ATTEMPTS} draws" + (f"; cannot decode {skipped[-1]}" if skipped else "")
        )

    def _make(self, clip: Clip, rng: np.random.Generator, skipped: list[str]) -> Pair | None:
        views = draw_views(clip, self.recipe.pairs.gap, rng)
        if views is None:
            return None
        first = self._read(views[0].file, skipped)
        second = first if views[1].file == views[0].file else self._read(views[1].file, skipped)
        ground = None
        if views[0].box is None and rng.random() < self.recipe.pairs.moving:
            ground = self._read(self._grounds[int(rng.integers(len(self._grounds)))].place.images, skipped)
        if first is None or second is None:
            return None
        boxes = None if views[0].box is None or views[1].box is None else (views[0].box, views[1].box)
        return cut_pair((first, second), boxes, self.recipe.pairs, rng, ground)

    def _read(self, file: Frame, skipped: list[str]) -> NDArray[np.uint8] | None:
        image = read_frame(file, self.cache)
        if image is None:
            skipped.append(str(file))
        return image


class _Steps:
    """Indices of the pairs of every step from `start` on, for one of `world` processes."""

    def __init__(self, recipe: Recipe, start: int, rank: int, world: int) -> None:
        self._steps, self._batch = range(start, recipe.steps), recipe.batch
        self._mine = range(recipe.batch * rank // world, recipe.batch * (rank + 1) // world)

    def __iter__(self) -> Iterator[list[int]]:
        return ([step * self._batch + i for i in self._mine] for step in self._steps)

    def __len__(self) -> int:
        return len(self._steps)


def load_batches(
    dataset: PairDataset, start: int = 0, workers: int = 1, rank: int = 0, world: int = 1
) -> Iterator[Batch]:
    """Batches of steps `start` to the last; `workers` processes load ahead, 0 loads between the steps.

    Neither `workers` nor the step at which a run was resumed changes a batch; of `world` processes, each gets its part.
    Raises InputError for a number of processes that cannot share a batch, and where one that loads is killed.
    """
    recipe = dataset.recipe
    if recipe.batch % world:
        raise InputError(f"batch {recipe.batch}: cannot be shared evenly by {world} processes")
    loader = DataLoader(
        cast(Dataset[Batch], dataset),  # its items are pairs; the batches are what comes out
        batch_sampler=_Steps(recipe, start, rank, world),
        num_workers=workers,
        collate_fn=partial(_collate, dataset.cache, bool(recipe.pool and recipe.uses_teacher)),
        worker_init_fn=_start_worker,
        prefetch_factor=4 if workers else None,
    )
    return _loaded(loader)


def _loaded(loader: DataLoader[Batch]) -> Iterator[Batch]:
    signals = sys.platform != "win32" and threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGCHLD) if signals else None
    batches = iter(loader)
    if signals:  # torch's handler raises wherever the program is; that a process is gone is seen here, too
        signal.signal(signal.SIGCHLD, before or signal.SIG_DFL)
    try:
        yield from batches
    except (RuntimeError, ConnectionError, EOFError) as error:  # the last two: it went while it handed a batch over
        if isinstance(error, RuntimeError) and "DataLoader worker (pid" not in str(error):
            raise
        raise InputError(
            "a process that loads pairs was killed, for want of memory as a rule; with fewer --workers, "
            "--resume goes on from the last checkpoint"
        ) from None


def _start_worker(_: int) -> None:
    cv2.setNumThreads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the first one ends the others
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    end_with_parent()


def _collate(cache: Cache | None, taught: bool, items: list[tuple[Pair, tuple[str, ...]]]) -> Batch:
    pairs = [pair for pair, _ in items]
    return Batch(
        x=torch.from_numpy(np.stack([p.x for p in pairs])),
        z=torch.from_numpy(np.stack([p.z for p in pairs])),
        shift=torch.tensor([p.shift for p in pairs]),
        target=torch.tensor([p.target for p in pairs]),
        skipped=tuple(file for _, files in items for file in files),
        refused=cache.refused if cache else "",
        whole=tuple(p.whole for p in pairs),
        entries=tuple(p.entry for p in pairs if p.entry >= 0),
        clean=np.stack([np.stack(p.clean) for p in pairs if p.clean]) if taught else None,
    )
