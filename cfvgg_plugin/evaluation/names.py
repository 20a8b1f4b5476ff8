"""What trackers are called where several run on different networks: `feco`, `feco=CF_VGGM`."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.registry import load_settings


@dataclass(frozen=True)
class Choice:
    """A tracker as a user chose it."""

    name: str
    """`tracker/setting`, as the user wrote it."""
    weights: str | None
    """File, folder or stored name; None takes the tracker's default."""
    label: str
    """What tables call it: the name, with its own weights where it was given some, and what changed its settings."""
    changes: Path | None = None
    """TOML file that changes its settings."""


def choose(texts: Iterable[str], weights: str | None = None, changes: Path | None = None) -> list[Choice]:
    """The trackers of `NAME[/SETTING][=WEIGHTS]`, each once; `weights` are for those that name none.

    changes: the file that changes the settings of all of them; its stem then stands in their labels.

    Raises InputError for an unknown tracker, for nothing behind '=', and for weights of a tracker without a network.
    """
    chosen = list(dict.fromkeys(_split(text) for text in texts))
    labels = tell_apart([(with_changes(name, changes), own) for name, own in chosen], shown=1)
    return [Choice(name, own or weights, label, changes) for (name, own), label in zip(chosen, labels, strict=True)]


def with_changes(name: str, changes: Path | None) -> str:
    """`feco+mine` for settings that mine.toml changed."""
    return name if changes is None else f"{name}+{changes.stem}"


def _split(text: str) -> tuple[str, str | None]:
    name, sign, own = text.partition("=")
    needs_network = load_settings(name).needs_network
    if not sign:
        return name, None
    if not own:
        raise InputError(f"--tracker {text}: no weights behind '='; expected NAME[/SETTING]=WEIGHTS")
    if not needs_network:
        raise InputError(f"--tracker {text}: {name} runs no network; leave '={own}' out")
    return name, str(Path(own).resolve()) if Path(own).exists() else own


def tell_apart(trackers: Sequence[tuple[str, str | None]], shown: int = 0) -> list[str]:
    """A name for each (tracker, weights): the tracker's, and behind '=' as much of its weights' path as is needed.

    First the stem, then the file's name, then folders before it. shown: how much stands there in any case. Two of the
    same tracker and weights keep one name, and so do two without weights.
    """
    depths = [shown if weights is not None else 0 for _, weights in trackers]
    while True:
        names = [_name(*tracker, depth) for tracker, depth in zip(trackers, depths, strict=True)]
        counts = Counter(names)
        deeper = [
            min(depth + 1, _deepest(weights)) if counts[name] > 1 else depth
            for name, depth, (_, weights) in zip(names, depths, trackers, strict=True)
        ]
        if deeper == depths:
            return names
        depths = deeper


def spellings(tracker: str, weights: str | None) -> set[str]:
    """Every name that `tell_apart` may give."""
    return {_name(tracker, weights, depth) for depth in range(_deepest(weights) + 1)}


def _name(tracker: str, weights: str | None, depth: int) -> str:
    """depth: 0 for the tracker alone, 1 with the stem, 2 with the file's name, 3 with its folder's, too, ..."""
    if weights is None or depth == 0:
        return tracker
    path = Path(weights)
    stem = path.name if path.is_dir() else path.stem  # in a folder's name a dot is no suffix
    return f"{tracker}={stem if depth == 1 else Path(*path.parts[1 - depth :]).as_posix()}"


def _deepest(weights: str | None) -> int:
    return len(Path(weights).parts) + 1 if weights is not None else 0
