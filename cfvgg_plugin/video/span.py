"""Which part of a source is wanted: `--start`, `--end` and `--every`."""

import math
from dataclasses import dataclass, field

from cfvgg_plugin.errors import InputError

TOLERANCE = 0.5
"""Seconds by which a source may be shorter than a moment in it, or than it announces: that may be of its sound."""
LATEST = 10**9
"""Frames or seconds; a later moment is a mistake."""


@dataclass(frozen=True)
class Moment:
    """A place in a source."""

    value: float
    """Number of a frame, from 0, or seconds from the source's beginning."""
    in_seconds: bool = False

    def reached(self, index: int, seconds: float) -> bool:
        """Whether a frame is at this moment or later."""
        return seconds >= self.value if self.in_seconds else index >= self.value

    def frame(self, rate: float) -> int:
        """Number of the first frame at this moment or later, by a rate in frames/s."""
        return math.ceil(self.value * rate - 1e-6) if self.in_seconds else int(self.value)

    def __str__(self) -> str:
        return f"{self.value:g}s" if self.in_seconds else f"{self.value:.0f}"


@dataclass(frozen=True)
class Span:
    """The frames from `start` up to `end`, less `end` itself, and of these the first of every `every`."""

    start: Moment = Moment(0)
    end: Moment | None = None
    every: int = 1

    def __post_init__(self) -> None:
        """Raise InputError where there is no such part."""
        if self.every < 1:
            raise InputError(f"--every {self.every}: a number of frames from 1 on is expected")
        end = self.end
        if end is not None and end.in_seconds == self.start.in_seconds and end.value <= self.start.value:
            raise InputError(f"--end {end}: is not behind --start {self.start}; frames are tracked up to --end")
        if end is not None and end.value == 0:
            raise InputError(f"--end {end}: no frame is before it")

    def __str__(self) -> str:
        """As `from 5 up to 9s`."""
        return f"from {self.start}" + ("" if self.end is None else f" up to {self.end}")

    def check(self, source: str, count: int, rate: float, exact: bool) -> None:
        """Raise InputError for a moment beyond a source of `count` frames, if that is exact, and for one far beyond."""
        for option, moment, last in (("--start", self.start, count - 1), ("--end", self.end, count)):
            if moment is None:
                continue
            if moment.in_seconds and moment.value > count / rate + TOLERANCE:
                raise InputError(f"{option} {moment}: {source} ends at {count / rate:.1f}s")
            if exact and not moment.in_seconds and moment.value > last:
                raise InputError(f"{option} {moment}: {source} has {count} frames, of which 0 is the first")

    def length(self, count: int, rate: float) -> int:
        """How many frames of `count` it takes, about where moments are given in seconds."""
        end = count if self.end is None else min(count, self.end.frame(rate))
        return len(range(self.start.frame(rate), end, self.every))


WHOLE = Span()
"""All frames."""


@dataclass
class Chooser:
    """Picks a span's frames out of all that come."""

    span: Span
    over: bool = False
    """Whether the end came, so that nothing is missing."""
    _first: int | None = field(default=None, init=False)

    def takes(self, index: int, seconds: float) -> bool:
        """Whether the span has this frame; not, and `over`, from its end on. Frames come in order."""
        span = self.span
        self.over = self.over or (span.end is not None and span.end.reached(index, seconds))
        if self.over:
            return False
        if self._first is None and span.start.reached(index, seconds):
            self._first = index
        return self._first is not None and (index - self._first) % span.every == 0


def parse_moment(text: str | None, option: str) -> Moment | None:
    """A frame's number, or seconds as `12.5s`; None of None. Raises InputError, which names the option."""
    if text is None:
        return None
    number, in_seconds = text.strip(), False
    if number[-1:] in {"s", "S"}:
        number, in_seconds = number[:-1], True
    try:
        value = float(number) if in_seconds else int(number)
    except ValueError:
        raise InputError(f"{option} {text[:40]!r}: a frame's number or seconds as 12.5s are expected") from None
    if not 0 <= value <= LATEST:
        raise InputError(f"{option} {text[:40]!r}: a frame's number from 0 on, or seconds, are expected")
    return Moment(value, in_seconds)


def parse_span(start: str | None, end: str | None, every: int = 1) -> Span:
    """The span that the options name. Raises InputError."""
    return Span(parse_moment(start, "--start") or Moment(0), parse_moment(end, "--end"), every)
