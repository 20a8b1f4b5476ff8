"""Cases of the command line: damaged inputs, hostile options, outputs that are inputs."""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.fuzz import hostile
from tests.fuzz.judge import Outcome, run_command

INIT: tuple[object, ...] = ("--init", "30,40,24,24", "--tracker", "fkcf/hog")


def copied(bed: Path, folder: Path, *names: str) -> list[Path]:
    """Copies of whole inputs."""
    made = []
    for name in names:
        target = folder / Path(name).name
        if (bed / name).is_dir():
            shutil.copytree(bed / name, target, symlinks=False)
        else:
            shutil.copyfile(bed / name, target)
        made.append(target)
    return made


def damage(rng: random.Random, path: Path) -> None:
    """Do to one file what users, disks and downloads do."""
    content = path.read_bytes()
    kind = rng.randrange(9)
    path.unlink()
    if kind == 0:
        return
    if kind == 1:
        path.mkdir()
    elif kind == 2:
        os.mkfifo(path)
    elif kind == 3:
        path.write_bytes(b"")
    elif kind == 4 and path.suffix in {".txt", ".csv", ".toml", ".json", ".yaml", ".ini", ""}:
        path.write_bytes(hostile.as_bytes(hostile.edited(rng, content.decode(errors="replace"))))
    elif kind == 5:
        path.symlink_to(path.name)
    else:
        path.write_bytes(hostile.damaged(rng, content))


def option(rng: random.Random) -> str:
    """A value that stands where another belongs; no byte 0, which no argument can have."""
    said = str(hostile.value(rng)) if rng.random() < 0.6 else hostile.text(rng)
    return said.replace("\x00", "")[:300] or "''"


def files_of(folder: Path) -> list[Path]:
    """Every file below a folder, in order."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def track(rng: random.Random, bed: Path, folder: Path) -> Outcome:
    """A damaged video or folder of frames, odd boxes, outputs of any name."""
    (source,) = copied(bed, folder, rng.choice(("video.avi", "otb/One/img")))
    if rng.random() < 0.6:
        damage(rng, rng.choice(files_of(source)) if source.is_dir() else source)
    box = "30,40,24,24" if rng.random() < 0.7 else option(rng)
    name = "fkcf/hog" if rng.random() < 0.8 else rng.choice((option(rng), "feco/hand_crafted", "fkcf"))
    arguments: list[object] = ["track", source, "--init", box, "--tracker", name]
    wrong = False
    for flag, ending in (("--boxes", rng.choice((".txt", ".csv"))), ("--video", ".avi")):
        kind = rng.randrange(8)
        if kind == 0:
            arguments += [flag, source if source.is_file() else next(iter(files_of(source)), source)]
            wrong = True
        elif kind == 1:
            arguments += [flag, folder / (option(rng).replace("/", "_")[:80] + ending)]
        elif kind in {2, 3}:
            arguments += [flag, folder / f"out{ending}"]
    return run_command(arguments, folder, wrong)


def evaluate(rng: random.Random, bed: Path, folder: Path) -> Outcome:
    """A damaged dataset."""
    (root,) = copied(bed, folder, "otb")
    damage(rng, rng.choice(files_of(root)))
    what: list[object] = ["evaluate", "--dataset", rng.choice(("otb", "folder", "clips", "tld")), "--root", root]
    what += ["--tracker", "fkcf/grey" if rng.random() < 0.8 else option(rng), "--results", folder / "results"]
    if rng.random() < 0.3:
        what += [rng.choice(("--sequences", "--workers", "--starts", "--protocol", "--threads")), option(rng)]
    if rng.random() < 0.3:
        what += ["--json", rng.choice([folder / "figures.json", *files_of(root)])]
    return run_command(what, folder)


def check(rng: random.Random, bed: Path, folder: Path) -> Outcome:
    """`data check` of a damaged dataset; status 0 is wrong where a file of boxes is not what it was."""
    (root,) = copied(bed, folder, "otb")
    damage(rng, rng.choice(files_of(root)))
    return run_command(
        ["data", "check", rng.choice(("otb", "folder", "otb2015", "tld", "clips")), "--root", root], folder
    )


def results(rng: random.Random, bed: Path, folder: Path) -> Outcome:
    """Damaged results: scored, compared, reported."""
    (raw,) = copied(bed, folder, "raw")
    if rng.random() < 0.8:
        damage(rng, rng.choice(files_of(raw)))
    name = rng.choice(("score", "compare", "report"))
    out = "--out" if name == "report" else "--json"
    target = folder / ("page.html" if name == "report" else "figures.json")
    wrong = rng.random() < 0.3
    if wrong:
        target = rng.choice(
            [path for path in files_of(raw) if path.suffix not in {".html"} and path.stat().st_size] or [raw]
        )
    what: list[object] = [name, raw, out, target, *(("--frames", 2) if name == "report" else ())]
    if rng.random() < 0.2:
        what += [rng.choice(("--dataset", "--root", "--sequences", "--first-pixel", "--tracker")), option(rng)]
    return run_command(what, folder, wrong)


def weights(rng: random.Random, bed: Path, folder: Path) -> Outcome:
    """Damaged networks: shown, imported, exported, run."""
    (file,) = copied(bed, folder, rng.choice(("net.safetensors", "net.mat", "net.onnx", "names.mat")))
    before = file.read_bytes()
    damage(rng, file)
    whole = file.is_file() and file.read_bytes() == before
    ways: tuple[list[object], ...] = (
        ["weights", "info", file],
        ["weights", "import", file, *(("--name", option(rng)) if rng.random() < 0.5 else ())],
        ["export", "--format", "onnx", "--weights", file, folder / "out.onnx"],
        ["track", bed / "video.avi", "--init", "30,40,24,24", "--tracker", "fkcf/conv1", "--weights", file],
        ["track", bed / "video.avi", "--init", "30,40,24,24", "--tracker", "feco/hand_crafted", "--color-names", file],
    )
    wrong = file.suffix == ".safetensors" and not whole
    return run_command(rng.choice(ways), folder, wrong)


def train(rng: random.Random, bed: Path, folder: Path) -> Outcome:
    """A damaged recipe, which may still train: on one image, two pairs an epoch."""
    (data,) = copied(bed, folder, "data")
    recipe = data / "recipe.toml"
    text = recipe.read_text()
    if rng.random() < 0.8:
        recipe.write_bytes(hostile.as_bytes(hostile.edited(rng, text)))
    else:
        damage(rng, recipe)
    if recipe.is_file() and any(f"{key} = " in text for key in ("epochs", "pairs_per_epoch", "batch")):
        said = recipe.read_bytes()
        if said.count(b"epochs = 1\n") != 1 or b"pairs_per_epoch = 2\n" not in said or b"batch = 2\n" not in said:
            return run_command(
                ["train", "--recipe", recipe, "--out", recipe], folder, wrong=True
            )  # valid, it may be long
    return run_command(["train", "--recipe", recipe, "--out", folder / "run", "--workers", "0"], folder)


def vot(rng: random.Random, bed: Path, folder: Path) -> Outcome:
    """Damaged workspaces and sequences."""
    if rng.random() < 0.5:
        (ws,) = copied(bed, folder, "ws")
        damage(rng, rng.choice(files_of(ws)))
        way: list[object] = rng.choice(
            (["vot", "doctor", ws], ["vot", "eao", ws], ["vot", "eao", ws, "--name", option(rng)],
             ["reproduce", "table6", "--workspace", ws])
        )  # fmt: skip
        return run_command(way, folder)
    (root,) = copied(bed, folder, "vot")
    damage(rng, rng.choice(files_of(root)))
    way = ["vot", "init", folder / "new", "--stack", rng.choice(("local", "longterm")), "--sequences", root]
    way += [
        "--trackers",
        "fkcf/hog",
        *(("--dataset", rng.choice(("vot2016", "folder", "tld"))) if rng.random() < 0.3 else ()),
    ]
    if rng.random() < 0.3:
        way[rng.choice((2, 4, 6, 8))] = option(rng).replace("/", "_")
    return run_command(way, folder)


def drawings(rng: random.Random, bed: Path, folder: Path) -> Outcome:
    """`plot` and `reproduce` of damaged results, datasets and networks, into folders that hold them."""
    raw, root, net = copied(bed, folder, "raw", "otb", "net.safetensors")
    damage(rng, rng.choice([*files_of(raw), *files_of(root), net]))
    out = rng.choice((folder / "out", folder / "out", root, raw, folder, root / "One" / "img", net))
    field: list[object] = ["--dataset", "otb", "--root", root, "--tracker", "fkcf/grey", "--out", out]
    ways: tuple[list[object], ...] = (
        ["plot", raw, "--out", out, "--strips", "1", "--failures", "1", "--format", "png"],
        ["reproduce", "table8", *field], ["reproduce", "figure7", *field, "--weights", f"student={net}"],
        ["reproduce", "table8", *field, "--results", raw], ["reproduce", "figure6", "--out", out, "--weights", net],
        ["reproduce", "table5", "--root", root, "--out", out, "--weights", f"student={net}"],
    )  # fmt: skip
    way = list(rng.choice(ways))
    if rng.random() < 0.3:
        way[rng.randrange(2, len(way))] = option(rng).replace("/", "_")
    return run_command(way, folder)


def options(rng: random.Random, bed: Path, folder: Path) -> Outcome:
    """Any command with options that it may not have, and values that they may not take."""
    ways: tuple[list[object], ...] = (
        ["track", bed / "video.avi", *INIT], ["list"], ["data", "list"], ["weights", "list"],
        ["benchmark", "trackers", "--target-sizes"], ["benchmark", "network", "--weights"], ["plot", bed / "raw"],
        ["score"], ["compare"], ["report"], ["export"], ["reproduce", "table2", "--weights"], ["vot", "eao"],
        ["pytracking", "status"], ["pytracking", "install"], ["data", "check"], ["evaluate"], ["demo", "--weights"],
    )  # fmt: skip
    way = list(rng.choice(ways))
    flags = (
        "--threads",
        "--weights",
        "--backend",
        "--device",
        "--color-names",
        "--init",
        "--nothing",
        "--help",
        "--json",
    )
    for _ in range(rng.randrange(3)):
        way += [rng.choice(flags), option(rng)]
    if rng.random() < 0.6:
        way.append(option(rng))
    way = [part if str(part)[:1] != "/" or str(part).startswith(str(bed)) else str(folder) + str(part) for part in way]
    if way[:2] == ["benchmark", "trackers"] or way[0] == "demo":
        way.append("--nothing")  # long where it is in order
    return run_command(way, folder)


Case = Callable[[random.Random, Path, Path], Outcome]
CASES: dict[str, tuple[Case, int]] = {
    "cfvgg track": (track, 4), "cfvgg evaluate": (evaluate, 2), "cfvgg data check": (check, 2),
    "cfvgg score|compare|report": (results, 3), "cfvgg weights|export": (weights, 3), "cfvgg train": (train, 1),
    "cfvgg vot": (vot, 3), "cfvgg plot|reproduce": (drawings, 2), "cfvgg, any": (options, 3),
}  # fmt: skip
"""By name, with how often each is drawn."""
