"""Cases of the Python interface: trackers on arbitrary arrays and boxes, names, text of boxes."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from cfvgg_plugin.boxes import as_box, check_box, is_plausible, parse_box
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.multi import MultiTracker
from cfvgg_plugin.registry import create_tracker, full_names, load_settings
from cfvgg_plugin.tracker import Tracker, TrackResult
from tests.fuzz import hostile
from tests.fuzz.judge import Outcome, Silent, check_result, judge

CHEAP = ("fkcf/hog", "fkcf/grey", "fkcf", "feco", "feco/hand_crafted", "fdeepstrcf/hand_crafted", "fdeepstrcf")
SLOW = ("feco/long_term", "opencv/csrt", "opencv/kcf", "feco/vot")
SIDES = (1, 2, 3, 5, 16, 17, 40, 64, 120, 300)
_made: dict[str, Tracker] = {}


def tracker(name: str) -> Tracker:
    """One of each, which is started again and again, as users do."""
    if name not in _made:
        _made[name] = create_tracker(name)
    return _made[name]


def image(rng: random.Random, shape: tuple[int, int]) -> np.ndarray:
    """Noise, one value, a ramp or black, as RGB or grey; mostly of that size."""
    noise = np.random.default_rng(rng.randrange(2**32))
    height, width = shape if rng.random() < 0.95 else (rng.choice(SIDES), rng.choice(SIDES))
    full = (height, width, 3) if rng.random() < 0.8 else (height, width)
    kind = rng.randrange(5)
    if kind == 0:
        return np.full(full, rng.choice((0, 1, 127, 255)), np.uint8)
    if kind == 1:
        return np.resize(np.arange(256, dtype=np.uint8), full)
    return noise.integers(0, 256, full, np.uint8)


def odd_image(rng: random.Random, shape: tuple[int, int]) -> Any:
    """A view, another type or layout, or no image at all."""
    plain = image(rng, shape)
    views: tuple[Any, ...] = (
        plain[::-1], np.asfortranarray(plain), plain[:, ::-1], plain[..., None], plain[None], plain[:0], plain.T,
        plain.astype(np.float32) / 255, plain.astype(np.uint16), plain > 9, plain.astype(object), plain.tolist(), None,
        np.full(shape, np.nan), np.zeros((*shape, 4), np.uint8), np.zeros((*shape, 1), np.uint8), "image.png", 3,
        np.lib.stride_tricks.as_strided(plain, plain.shape, (0,) * plain.ndim), np.ma.masked_array(plain),
    )  # fmt: skip
    chosen = rng.choice(views)
    if isinstance(chosen, np.ndarray) and rng.random() < 0.3:
        chosen = chosen.view()
        chosen.setflags(write=False)
    return chosen


def box(rng: random.Random, shape: tuple[int, int]) -> Any:
    """Mostly near the frame; else numbers of any size, and things that are no box."""
    height, width = shape
    if rng.random() < 0.6:
        x, y = rng.uniform(-1.2, 1.2) * width, rng.uniform(-1.2, 1.2) * height
        made: Any = [
            x,
            y,
            rng.choice((1, 2, rng.uniform(0, 6) * width)),
            rng.choice((1, 2, rng.uniform(0, 6) * height)),
        ]
    elif rng.random() < 0.6:
        made = [rng.choice(hostile.NUMBERS) for _ in range(rng.choice((4, 4, 4, 3, 5, 8, 0)))]
    else:
        return hostile.value(rng)
    forms = (list, tuple, np.array, lambda v: np.array([v]), lambda v: [v], lambda v: np.array(v, np.float16), iter)
    with np.errstate(over="ignore"):
        return rng.choice(forms)(made) if rng.random() < 0.4 else made


def _run(name: str, images: list[Any], start: Any) -> Iterator[TrackResult]:
    own = tracker(name)
    own.init(images[0], start)
    for picture in images[1:]:
        yield own.update(picture)


def track(rng: random.Random, bed: Path, folder: Path) -> Outcome:
    """Any box on good frames, a few updates; and the same again."""
    name = rng.choice(CHEAP) if rng.random() < 0.9 else rng.choice([n for n in SLOW if n in full_names()])
    shape = rng.choice(SIDES), rng.choice(SIDES)
    images = [image(rng, shape) for _ in range(rng.randrange(2, 5))]
    start = box(rng, shape)
    height, width = images[0].shape[:2]

    def case() -> None:
        found = list(_run(name, images, start))
        for result in found:
            check_result(result, width, height)
        if rng.random() < 0.3 and not hasattr(start, "__next__") and list(_run(name, images, start)) != found:
            raise Silent(f"{name}: other boxes the second time")

    return judge(case)


def odd(rng: random.Random, bed: Path, folder: Path) -> Outcome:
    """Arrays that may be no images, in the first frame and later; what is refused must leave the tracker running."""
    name, shape = rng.choice(CHEAP[:4]), (40, 60)
    own, good = tracker(name), np.random.default_rng(rng.randrange(99)).integers(0, 256, (*shape, 3), np.uint8)
    own.init(good, (10, 10, 20, 16))
    wrong = odd_image(rng, shape)

    def case() -> None:
        try:
            if rng.random() < 0.5:
                own.init(wrong, (10, 10, 20, 16))
            else:
                check_result(own.update(wrong), shape[1], shape[0])
        except BaseException:
            check_result(own.update(good), shape[1], shape[0])
            raise

    return judge(case)


def corrections(rng: random.Random, bed: Path, folder: Path) -> Outcome:
    """A detector's boxes, of any kind, between good frames; what is refused must leave the target where it was."""
    name, shape = rng.choice(CHEAP[:4]), (40, 60)
    multi = MultiTracker(name)
    good = np.random.default_rng(rng.randrange(99)).integers(0, 256, (*shape, 3), np.uint8)
    target, wrong = rng.choice((1, "a", hostile.value(rng))), box(rng, shape)

    def case() -> None:
        multi.add(target, good, (10, 10, 20, 16))
        before = multi.update(good)[target]
        try:
            multi.correct(target, wrong)
        except InputError:
            if max(abs(a - b) for a, b in zip(multi.update(good)[target].box, before.box, strict=True)) > 2:
                raise Silent(f"{name}: a refused box moved the target") from None
            raise
        check_result(multi.update(good)[target], shape[1], shape[0])

    return judge(case)


def names(rng: random.Random, bed: Path, folder: Path) -> Outcome:
    """Names of trackers, and their options."""
    name = hostile.text(rng) if rng.random() < 0.7 else hostile.value(rng)
    known = isinstance(name, str) and (name in full_names() or f"{name}/default" in full_names())
    options = {}
    if rng.random() < 0.4:
        options[rng.choice(("weights", "device", "backend"))] = hostile.text(rng)

    def case() -> None:
        load_settings(name)
        create_tracker(name, **options)  # type: ignore[arg-type]
        if not known:
            raise Silent(f"a tracker of the name {name!r}")

    return judge(case)


def boxes(rng: random.Random, bed: Path, folder: Path) -> Outcome:
    """Text of boxes, and values."""
    shape = rng.choice(SIDES), rng.choice(SIDES)
    numbers = ",".join(str(rng.choice(hostile.NUMBERS)) for _ in range(rng.choice((4, 4, 3, 5))))
    value = box(rng, shape)

    def case() -> None:
        if rng.random() < 0.5:
            parsed = parse_box(numbers if rng.random() < 0.5 else hostile.edited(rng, numbers))
            checked = check_box(parsed, shape[1], shape[0])
        else:
            as_box(value)
            checked = check_box(value, shape[1], shape[0])
        if not is_plausible(checked, shape[1], shape[0]) or min(checked[2:]) < 1:
            raise Silent(f"box {tuple(checked)}")

    return judge(case)


CASES = {
    "track": (track, 6),
    "odd images": (odd, 3),
    "corrections": (corrections, 2),
    "names": (names, 1),
    "boxes": (boxes, 2),
}
"""By name, with how often each is drawn."""
