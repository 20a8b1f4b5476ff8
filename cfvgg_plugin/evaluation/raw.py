"""Raw results, anybody's, in OTB text format: TRACKER/SEQUENCE.txt, a box a line; and what trackers are called."""

import re
from collections import Counter, abc
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.boxes import overlaps
from cfvgg_plugin.datasets.boxes import read_boxes
from cfvgg_plugin.datasets.sequence import Sequence
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.results import NO_RESULT, SequenceResult, TrackerResult, failed, of_runs, score_run
from cfvgg_plugin.evaluation.run import OPE, Protocol, SequenceRun
from cfvgg_plugin.evaluation.store import Manifest, describe_folder, load_run
from cfvgg_plugin.registry import load_settings

ENDINGS = (".txt", ".csv")


@dataclass(frozen=True)
class RawResults:
    """What stood in a folder."""

    trackers: list[TrackerResult]
    skipped: list[str] = field(default_factory=list)
    """A line for every result that was not scored."""


def read_results(
    folder: Path,
    sequences: abc.Sequence[Sequence],
    first_pixel: int = 1,
    trackers: abc.Sequence[str] | None = None,
    protocol: Protocol = OPE,
) -> RawResults:
    """Score all results below `folder`: those of one tracker, or a folder for each.

    first_pixel: how the files number the first pixel. trackers: only these, by name or folder, in this order. protocol:
    by which they were run, SEQUENCE@RUN.txt for each run of TRE, SRE and guided runs. Raises InputError for a folder
    without results, for results of another dataset or protocol, and for two results of one name.
    """
    if not folder.is_dir():
        raise InputError(f"results {folder}: no such folder")
    below = sorted(path for path in folder.iterdir() if path.is_dir() and _files(path))
    runs = {sequence.name: protocol.runs(sequence) for sequence in sequences}
    known = {_key(run.name) for parts in runs.values() for run in parts}
    alone = any(_key(path.stem) in known for path in _files(folder)) or not below
    folders = [folder] if alone else below  # beside the trackers' folders may stand other files
    if not any(map(_files, folders)):
        raise InputError(f"results {folder}: no SEQUENCE.txt and no TRACKER/SEQUENCE.txt in it")
    manifests = {path: describe_folder(path) for path in folders}
    names = name_folders(manifests)
    if trackers is not None:
        folders = [_chosen(name, folder, names, manifests) for name in dict.fromkeys(trackers)]
    skipped: list[str] = []
    found = [
        _read_tracker(path, names[path], manifests[path] is not None, sequences, runs, first_pixel, protocol, skipped)
        for path in folders
    ]
    return RawResults(found, skipped)


Manifests = Mapping[Path, Manifest | None]


def _chosen(tracker: str, folder: Path, names: Mapping[Path, str], manifests: Manifests) -> Path:
    """The folder of a tracker: by its name, its folder's, or its name with its weights, as `evaluate` takes them."""
    setting, sign, weights = tracker.partition("=")
    full = f"{setting if '/' in setting else f'{setting}/default'}{sign}{weights}"
    for path, name in names.items():
        if name in (tracker, full) or path.name == tracker:
            return path
    if sign and Path(weights).exists():
        full = f"{full.partition('=')[0]}={Path(weights).resolve().as_posix()}"
    found = [path for path, manifest in manifests.items() if manifest and full in spellings(*_ran(manifest))]
    if sign and len(found) == 1:
        return found[0]
    known = ", ".join(names[path] for path in found) if sign and found else ", ".join(names.values())
    raise InputError(
        f"results {folder}: {'several are' if sign and found else 'no tracker'} {tracker}; there are {known}"
    )


def name_folders(manifests: Manifests) -> dict[Path, str]:
    """The trackers' names by folder: that of the manifest, or the folder's own where there is none.

    Where trackers have the same name, their weights stand behind it; where these are the same, too, the folder's.
    """
    ran = {path: _ran(manifest) if manifest else (path.name, None) for path, manifest in manifests.items()}
    names = tell_apart(list(ran.values()))
    return {path: name if names.count(name) == 1 else path.name for path, name in zip(ran, names, strict=True)}


def _ran(manifest: Manifest) -> tuple[str, str | None]:
    """The tracker of a manifest, with what changed its settings, and its weights if the user named some."""
    name = manifest.tracker if manifest.changes is None else f"{manifest.tracker}+{manifest.changes}"
    return name, manifest.weights.file if manifest.weights else None


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS and path.is_file())


def _key(name: str) -> str:
    """Sequences as people write them: `Jogging-1`, `jogging_1` and `Jogging.1` are one."""
    return re.sub(r"[-_.]", ".", name.casefold())


def _read_tracker(
    folder: Path,
    name: str,
    ours: bool,
    sequences: abc.Sequence[Sequence],
    runs: Mapping[str, abc.Sequence[Sequence]],
    first_pixel: int,
    protocol: Protocol,
    skipped: list[str],
) -> TrackerResult:
    """ours: whether the boxes are of this package's own evaluation, with confidence and times beside them."""
    files: dict[str, Path] = {}
    for path in _files(folder):
        if (key := _key(path.stem)) in files:
            raise InputError(f"{folder}: {files[key].name} and {path.name} are two results of one sequence")
        files[key] = path
    parts = [run for sequence in sequences for run in runs[sequence.name]]
    known = {_key(run.name) for run in parts}
    if not files.keys() & known:
        raise InputError(
            f"{folder}: results of another dataset or protocol? They are for {_some(files.values())}; "
            f"the sequences are {', '.join(run.name for run in parts[:3])}, ..."
        )
    if strange := [path for key, path in files.items() if key not in known]:
        skipped.append(f"{name}: {len(strange)} file(s) of no sequence here ({_some(strange)})")

    def read(run: Sequence) -> SequenceResult:
        path = files.get(_key(run.name))
        return failed(run, NO_RESULT) if path is None else _read_run(folder, path, run, ours, first_pixel)

    found = tuple(of_runs(sequence, [read(run) for run in runs[sequence.name]]) for sequence in sequences)
    result = TrackerResult(name, found, protocol)
    skipped += result.failures
    return result


def _read_run(folder: Path, path: Path, sequence: Sequence, ours: bool, first_pixel: int) -> SequenceResult:
    if ours and (run := load_run(folder, sequence)) is not None:
        return score_run(sequence, run)
    boxes, fault = _read_boxes(path, sequence, first_pixel)
    return failed(sequence, fault) if fault else score_run(sequence, SequenceRun(boxes, np.zeros(0), None))


def _some(paths: Iterable[Path]) -> str:
    names = [path.stem for path in paths]
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def _read_boxes(path: Path, sequence: Sequence, first_pixel: int) -> tuple[NDArray[np.float64], str]:
    """0-based boxes, and what is wrong with them or nothing. More boxes than frames are cut: some toolkits run on."""
    try:
        boxes = read_boxes(path)
    except InputError as error:
        return np.zeros((0, 4)), str(error)
    frames = len(sequence.frames)
    if len(boxes) < frames:
        return boxes, f"{path.name} has {len(boxes)} boxes for {frames} frames"
    boxes = boxes[:frames] - np.array([first_pixel, first_pixel, 0, 0])
    if bad := int((~np.isfinite(boxes).all(axis=1)).sum()):
        return boxes, f"{path.name} has {bad} box(es) with NaN or infinity"
    if overlaps(boxes[:1], sequence.given)[0] < 0.5:
        return boxes, f"{path.name} does not start on the sequence's first box: a result of another sequence?"
    return boxes, ""


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


def tell_apart(trackers: abc.Sequence[tuple[str, str | None]], shown: int = 0) -> list[str]:
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
