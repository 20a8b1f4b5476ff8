"""Known traps of the VOT toolkit 0.7.4, found before a run that ends in the middle or in NaN."""

import importlib.metadata
import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

from cfvgg_plugin.integration.vot.manifest import Finding, examine_manifest
from cfvgg_plugin.integration.vot.sequences import line_fault, read_properties
from cfvgg_plugin.integration.vot.workspace import Config, Stack, check_workspace, eao_bounds, read_config
from cfvgg_plugin.system.documents import read_yaml
from cfvgg_plugin.system.files import read_lines
from cfvgg_plugin.video.frames import IMAGE_ENDINGS, read_image

PINS = {
    "vot-toolkit": ("0.7.4", "0.8 and later cannot run supervised and realtime experiments: no EAO"),
    "vot-trax": ("4.0.2", "the server speaks this version's protocol"),
    "attributee": ("0.1.9", "0.1.10 does not import on Python 3.11"),
}
"""Package -> the version that the extra `vot` pins, and why."""
INSTALL = "pip install 'cfvgg-plugin[vot]'"


def examine(workspace: Path) -> list[Finding]:
    """Every known trap in a workspace. Raises InputError where there is no workspace, or no way to read it."""
    check_workspace(workspace)
    findings = list(_versions())
    if importlib.util.find_spec("yaml") is None:
        return findings  # it comes with the toolkit, which is then reported as missing
    config = read_config(workspace)
    for entry in config.registries:
        findings += examine_manifest(workspace / entry)
    if not config.registries:
        findings.append(Finding("config.yaml", "names no registry", "add 'registry: [./trackers.ini]'"))
    folder = workspace / config.sequences
    stack = stack_file(workspace, config)
    content = read_yaml(stack, Stack) if stack else Stack()
    if stack is None:
        what = f"the stack {config.stack!r} is neither a file here nor one of the toolkit's"
        findings.append(Finding("config.yaml", what, "name one that is; 'cfvgg vot init' writes stacks"))
    elif content.dataset and not (folder / "list.txt").is_file():
        what = f"the toolkit will download {content.dataset}"
        findings.append(Finding(stack.name, what, f"put the sequences and list.txt in {folder}, or remove 'dataset:'"))
    findings += _transformers(stack, content)
    found, lengths = _sequences(folder, not content.restarts)
    return [*findings, *found, *_eao(stack, content, lengths), *_cache(workspace), *_logs(workspace)]


def stack_file(workspace: Path, config: Config) -> Path | None:
    """The stack of a workspace: a file of its own, or one of the toolkit's by name."""
    name = str(config.stack)
    spec = importlib.util.find_spec("vot")
    built_in = [Path(folder) / "stack" / f"{name}.yaml" for folder in (spec and spec.submodule_search_locations) or []]
    return next((path for path in [workspace / name, *built_in] if path.is_file()), None)


def _transformers(stack: Path | None, content: Stack) -> Iterator[Finding]:
    """Experiments at which the toolkit stops: it gives their transformer no cache."""
    for name, experiment in (content.experiments or {}).items():
        kinds = [
            kind if isinstance(kind, str) else kind.type for kind in (experiment and experiment.transformers) or ()
        ]
        if stack and "redetection" in kinds:
            remedy = "'cfvgg vot init WORKSPACE --stack longterm' writes a stack without it"
            yield Finding(stack.name, f"the toolkit stops at the experiment {name}", remedy)


def _versions() -> Iterator[Finding]:
    for package, (pinned, why) in PINS.items():
        try:
            version = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            yield Finding("versions", f"{package} is not installed", INSTALL)
        else:
            if version != pinned:
                yield Finding("versions", f"{package} {version}, tested with {pinned}: {why}", INSTALL)


def _sequences(folder: Path, absent: bool) -> tuple[list[Finding], list[int]]:
    """What is wrong with the sequences, and the numbers of their frames; absent: frames may be without the target."""
    listed = folder / "list.txt"
    if not listed.is_file():
        return [Finding(str(folder), "has no list.txt", "write one, a name a line, or use 'cfvgg vot init'")], []
    names = read_lines(listed, "names of sequences")
    findings, lengths = [], []
    if not all(name.strip() for name in names):
        findings.append(Finding(str(listed), "has an empty line, which the toolkit takes for a name", "remove it"))
    for name in filter(None, map(str.strip, names)):
        fault, length = _sequence_fault(folder / name, absent)
        if fault:
            findings.append(Finding(f"sequence {name}", fault, "repair it, or remove its name from list.txt"))
        if length:
            lengths.append(length)
    return findings, lengths


def _sequence_fault(folder: Path, absent: bool) -> tuple[str, int]:
    """The first fault of a sequence as the toolkit reads it, or nothing, and how many frames are there."""
    truth = folder / "groundtruth.txt"
    if not truth.is_file():
        return f"{truth} is missing", 0
    settings = read_properties(folder / "sequence")
    pattern = settings.get("channels.color", "color/%08d.jpg" if settings else "%08d.jpg").replace("\\", "/")
    pattern = pattern if Path(pattern).suffix else f"{pattern.rstrip('/')}/%08d.jpg"
    try:
        pattern % 1
    except (TypeError, ValueError):
        return f"'channels.color={pattern}' in the file 'sequence' has no place for the number of a frame, as %08d", 0
    count = 0
    while (folder / (pattern % (count + 1))).is_file():
        count += 1
    there = [path for path in (folder / pattern).parent.glob("*") if path.suffix.lower() in IMAGE_ENDINGS]
    lines, length = tuple(read_lines(truth, "ground truth")), len(there)
    if count < length:
        return f"frame {pattern % (count + 1)} is missing, or leads nowhere; the toolkit stops before it", length
    if count != len(lines):
        return f"{count} frames but {len(lines)} lines in {truth.name}: the toolkit stops where one is short", length
    if count and read_image(folder / (pattern % 1)) is None:
        return f"{pattern % 1} is no image", length
    return _settings_fault(settings) or line_fault(lines, absent), length


def _settings_fault(settings: dict[str, str]) -> str:
    """What is wrong in the file `sequence`, or nothing."""
    if "length" in settings:
        return f"'length={settings['length']}' in the file 'sequence' keeps the toolkit from checking the frames"
    if not settings.get("fps", "30").isdecimal():
        return f"'fps={settings['fps']}' in the file 'sequence' is no whole number, so the realtime experiment stops"
    return ""


def _eao(stack: Path | None, content: Stack, lengths: list[int]) -> Iterator[Finding]:
    """EAO bounds that do not fit the sequences."""
    if not lengths or stack is None:
        return
    low, high = eao_bounds(lengths)
    experiments: dict[tuple[int, int], list[str]] = {}
    for name, experiment in (content.experiments or {}).items():
        for analysis in (experiment.analyses if experiment else None) or ():
            if not isinstance(analysis, str) and analysis.type == "supervised_eao_score":
                bounds = int(analysis.low), int(analysis.high)
                experiments.setdefault(bounds, []).append(name)
    for (first, last), names in experiments.items():
        if last >= max(lengths):
            result = "is NaN" if first >= max(lengths) else "covers less than it says"
            bound = f"from {first} to {last} frames, and the longest sequence has {max(lengths)}: it {result}"
            what = f"EAO of {', '.join(names)} {bound}"
            yield Finding(stack.name, what, f"write low: {low} and high: {high}, or use the whole set")


def _cache(workspace: Path) -> Iterator[Finding]:
    """Trackers whose results changed after their analysis was cached."""
    if os.environ.get("VOT_PERSISTENT_CACHE", "1").lower() in {"0", "false", "no"}:
        return
    cached = [path for path in (workspace / "cache/analysis").rglob("*") if path.is_file()]
    for tracker in sorted(path for path in (workspace / "results").glob("*") if path.is_dir()):
        analysed = [path.stat().st_mtime for path in cached if tracker.name in path.parts]
        changed = [path.stat().st_mtime for path in tracker.rglob("*") if path.is_file()]
        if analysed and changed and max(changed) > min(analysed):
            what = f"results of {tracker.name} are newer than their cached analysis, which 'vot analysis' would repeat"
            yield Finding("cache", what, f"delete {workspace / 'cache'}, or set VOT_PERSISTENT_CACHE=0")


def _logs(workspace: Path) -> Iterator[Finding]:
    """A tracker that ended in the middle of the last evaluation."""
    logs = sorted((workspace / "logs").glob("*.log"), key=lambda path: path.stat().st_mtime)
    results = [path.stat().st_mtime for path in (workspace / "results").rglob("*") if path.is_file()]
    if logs and logs[-1].stat().st_mtime >= max(results, default=0.0):
        said = [line for line in logs[-1].read_text(errors="replace").splitlines() if line.strip()]
        shown = next((line for line in reversed(said) if not line.startswith(("Process ", "@@TRAX"))), "nothing")
        what = f"a tracker ended before its time; it said: {shown[:300]}"
        yield Finding(
            f"logs/{logs[-1].name}", what, "mend the cause and run 'vot evaluate' again: it goes on from there"
        )
