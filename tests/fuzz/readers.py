"""Cases of everything that reads a file."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from cfvgg_plugin.datasets import boxes, layouts
from cfvgg_plugin.datasets.known import load_dataset
from cfvgg_plugin.evaluation.store import Manifest, describe_folder
from cfvgg_plugin.features.color_names import load_color_names
from cfvgg_plugin.integration.vot.doctor import examine
from cfvgg_plugin.integration.vot.scores import scores_table
from cfvgg_plugin.integration.vot.sequences import read_sequences
from cfvgg_plugin.integration.vot.workspace import Analysis, read_config
from cfvgg_plugin.networks import load_weights
from cfvgg_plugin.networks.onnx_file import read_onnx
from cfvgg_plugin.registry import load_settings
from cfvgg_plugin.settings import settings_hash
from cfvgg_plugin.system.documents import read_json
from cfvgg_plugin.train.recipe import load_recipe
from cfvgg_plugin.video.frames import read_image
from cfvgg_plugin.video.targets import read_first_boxes
from tests.fuzz import hostile
from tests.fuzz.judge import Outcome, Silent, judge
from tests.layouts import MAKERS, OTHERS


def _damage(rng: random.Random, source: Path, target: Path) -> bool:
    """A damaged copy of a text file, by its lines or its bytes; whether anything is another."""
    content = source.read_bytes()
    if rng.random() < 0.7:
        new = hostile.as_bytes(hostile.edited(rng, content.decode()))
    else:
        new = hostile.damaged(rng, content)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(new)
    return new != content


def annotations(rng: random.Random, bed: Path, folder: Path) -> Outcome:
    """Files of boxes in every form."""
    source = rng.choice(sorted((bed / "forms").iterdir()))
    _damage(rng, source, file := folder / source.name)
    readers: tuple[Callable[[Path], Any], ...] = (
        boxes.read_tracks, boxes.read_boxes, boxes.read_rows, layouts.read_regions, read_first_boxes,
    )  # fmt: skip
    reader = rng.choice(readers)

    def case() -> None:
        found = reader(file)
        if isinstance(found, boxes.Tracks):
            for track in found.boxes.values():
                known = np.isfinite(track).all(axis=1)
                if track.ndim != 2 or track.shape[1] != 4 or (track[known][:, 2:] <= 0).any():
                    raise Silent(f"boxes of shape {track.shape} in which there are some without area")
        elif isinstance(found, np.ndarray) and (found.ndim != 2 or found.shape[1] != 4):
            raise Silent(f"boxes of shape {found.shape}")

    return judge(case)


def lists(rng: random.Random, bed: Path, folder: Path) -> Outcome:
    """list.txt, ground truth and settings of VOT's sequences."""
    root = bed / "ws" / "sequences"
    victim = rng.choice([root / "list.txt", *sorted(root.glob("*/groundtruth.txt")), *sorted(root.glob("*/sequence"))])
    for path in (p for p in root.rglob("*") if p.is_file()):
        (folder / path.relative_to(root)).parent.mkdir(parents=True, exist_ok=True)
        if path != victim:
            (folder / path.relative_to(root)).symlink_to(path.resolve())
    _damage(rng, victim, folder / victim.relative_to(root))

    def case() -> None:
        for sequence in read_sequences(folder):
            if len(sequence.frames) != len(sequence.groundtruth) or not sequence.frames:
                raise Silent(f"{len(sequence.frames)} frames, {len(sequence.groundtruth)} lines")

    return judge(case)


def recipes(rng: random.Random, bed: Path, folder: Path) -> Outcome:
    """Training recipes."""
    _damage(rng, bed / "data" / "recipe.toml", file := folder / "recipe.toml")

    def case() -> None:
        recipe = load_recipe(file)
        if "/" in recipe.name or recipe.seed < 0 or recipe.batch < 1 or recipe.epochs < 1:
            raise Silent(repr(recipe))

    return judge(case)


SETTINGS = """learning_rate = 0.02
capacity = 20
scale_filter.count = 9
long_term.tap = "none"
long_term.scales = [0.5, 1.0]
[blocks.0]
compressed = 8
video = "any"
feature.cell = 6
"""


def settings(rng: random.Random, bed: Path, folder: Path) -> Outcome:
    """Changed fields of a tracker's settings."""
    (folder / "whole.toml").write_text(SETTINGS)
    _damage(rng, folder / "whole.toml", file := folder / "mine.toml")

    def case() -> None:
        found = load_settings("feco/hand_crafted", file)
        if settings_hash(found) == "" or not 0 <= found.learning_rate <= 1 or found.scale_filter.count < 1:
            raise Silent(repr(found))

    return judge(case)


def manifests(rng: random.Random, bed: Path, folder: Path) -> Outcome:
    """What evaluate notes beside results."""
    source = rng.choice(sorted((bed / "raw").rglob("manifest.json")))
    file = folder / "manifest.json"
    if rng.random() < 0.7:
        file.write_bytes(json.dumps(hostile.changed(rng, json.loads(source.read_text()))).encode("utf-8", "replace"))
    else:
        _damage(rng, source, file)

    def case() -> None:
        found = describe_folder(folder) if rng.random() < 0.5 else read_json(file, Manifest, "manifest")
        if found is None or not isinstance(found.tracker, str):
            raise Silent(repr(found))

    return judge(case)


def weights(rng: random.Random, bed: Path, folder: Path) -> Outcome:
    """Networks in each format; a safetensors file is sealed, so that no damage to it may pass."""
    source = bed / rng.choice(("net.safetensors", "net.mat", "net.onnx", "names.mat"))
    content = source.read_bytes()
    new = hostile.damaged(rng, content)
    if rng.random() < 0.3 and source.suffix == ".safetensors":
        new = _header(rng, content)
    file = folder / source.name
    file.write_bytes(new)

    def case() -> None:
        if source.suffix == ".onnx":
            read_onnx(file)
        elif source.name == "names.mat":
            if not np.isfinite(load_color_names(file)).all():
                raise Silent("values that are not finite")
        else:
            found = load_weights(file)
            if source.suffix == ".safetensors" and new != content:
                raise Silent(f"a damaged file was taken: {found.recipe}")

    return judge(case)


def _header(rng: random.Random, content: bytes) -> bytes:
    """A safetensors file whose header, and not whose length, is another."""
    size = int.from_bytes(content[:8], "little")
    tree = hostile.changed(rng, json.loads(content[8 : 8 + size]))
    new = json.dumps(tree).encode("utf-8", "replace")
    return len(new).to_bytes(8, "little") + new + content[8 + size :]


def workspaces(rng: random.Random, bed: Path, folder: Path) -> Outcome:
    """config.yaml, stacks, trackers.ini and analyses of the VOT toolkit."""
    root = bed / "ws"
    victim = rng.choice(("config.yaml", "local.yaml", "trackers.ini", "analysis/A.json"))
    for name in ("config.yaml", "local.yaml", "trackers.ini", "analysis/A.json"):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        content = (root / name).read_text()
        if name != victim:
            target.write_text(content)
        elif name.endswith(".ini") or rng.random() < 0.3:
            _damage(rng, root / name, target)
        else:
            tree = hostile.changed(rng, yaml.safe_load(content))
            said = json.dumps(tree) if name.endswith(".json") else yaml.safe_dump(tree, allow_unicode=True)
            target.write_bytes(hostile.as_bytes(said))
    if not (folder / "sequences").exists():
        (folder / "sequences").symlink_to((root / "sequences").resolve())

    def case() -> None:
        if victim == "analysis/A.json":
            read_json(folder / victim, Analysis, "analysis", nan=True)
            scores_table(folder)
        elif victim == "config.yaml" and rng.random() < 0.3:
            read_config(folder)
        else:
            examine(folder)

    return judge(case)


def pictures(rng: random.Random, bed: Path, folder: Path) -> Outcome:
    """Image files: decoded as RGB of 8 bits, or none."""
    source = rng.choice(sorted((bed / "pictures").iterdir()))
    (folder / source.name).write_bytes(hostile.damaged(rng, source.read_bytes()))

    def case() -> None:
        found = read_image(folder / source.name)
        if found is not None and (found.dtype != np.uint8 or found.ndim != 3 or found.shape[2] != 3 or not found.size):
            raise Silent(f"an image of {found.dtype} {found.shape}")

    return judge(case)


def benchmarks(rng: random.Random, bed: Path, folder: Path) -> Outcome:
    """Copies of benchmarks, one text file of which is damaged."""
    name = rng.choice(["tc128", "lasot", "nfs", "dtb70", "got10k", "mot", "vid", "otb"])
    {**MAKERS, **OTHERS}[name](folder)
    victim = rng.choice(sorted(path for ending in ("txt", "label", "xml") for path in folder.rglob(f"*.{ending}")))
    _damage(rng, victim, victim)

    def case() -> None:
        for sequence in load_dataset(name, folder).sequences:
            known = np.isfinite(sequence.boxes).all(axis=1)
            if sequence.boxes.shape != (len(sequence.frames), 4) or (sequence.boxes[known][:, 2:] <= 0).any():
                raise Silent(f"{len(sequence.frames)} frames, boxes of shape {sequence.boxes.shape}")

    return judge(case)


CASES = {
    "annotations": (annotations, 4), "benchmarks": (benchmarks, 2), "lists": (lists, 2), "recipes": (recipes, 3),
    "settings": (settings, 2), "manifests": (manifests, 2), "weights": (weights, 4), "workspaces": (workspaces, 3),
    "pictures": (pictures, 2),
}  # fmt: skip
"""By name, with how often each is drawn."""
