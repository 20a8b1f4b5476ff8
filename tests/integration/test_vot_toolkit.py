"""The real TraX client and the real VOT toolkit, on short cuts of real sequences; everything offline."""

import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from cfvgg_plugin import create_tracker
from cfvgg_plugin.datasets.boxes import read_boxes
from cfvgg_plugin.integration.vot import workspace
from cfvgg_plugin.video.frames import read_image
from tests.conftest import moving_blob

pytest.importorskip("trax.client", reason="the extra vot is not installed")

ENVIRONMENT = {
    **os.environ,
    "OMP_NUM_THREADS": "1",
    "MPLBACKEND": "Agg",
    "VOT_PERSISTENT_CACHE": "0",
    "http_proxy": "http://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:9",  # the toolkit asks for newer versions, and would download data sets
}
FRAMES = 30
STACKS = Path(workspace.__file__).parent / "stacks"


def session(tracker: str, *steps: list) -> dict:
    """What a real TraX client gets from our server, each in a process of its own."""
    command = [sys.executable, str(Path(__file__).parent / "trax_session.py"), "--tracker", tracker]
    text = json.dumps([[str(part) if isinstance(part, Path) else part for part in step] for step in steps])
    done = subprocess.run(command, input=text, env=ENVIRONMENT, capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)


def test_session(shared, tmp_path):
    """The same boxes as the bare tracker's, also started again in place; a frame that is no image keeps the box."""
    frames = sorted(shared("data/vot/cup").glob("*.jpg"))[:8]
    x, y, w, h = read_boxes(shared("data/vot/cup/groundtruth.txt"))[0]
    polygon = [x, y, x + w, y, x + w, y + h, x, y + h]
    tracker = create_tracker("fkcf/hog")
    tracker.init(read_image(frames[0]), (x, y, w, h))
    expected = [tracker.update(read_image(frame)) for frame in frames[1:]]
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no image")
    run = [["frame", frame] for frame in frames[1:]]
    first, again = ["initialize", frames[0], [x, y, w, h]], ["initialize", frames[0], polygon]
    said = session("fkcf/hog", first, *run, again, *run, ["frame", broken], ["quit"])
    assert (said["name"], said["channels"]) == ("fkcf/hog", ["color"])
    assert (said["status"], said["error"], said["stderr"]) == (0, "", "")
    for start in (0, len(frames)):
        answers = said["answers"][start : start + len(frames)]
        np.testing.assert_allclose(answers[0]["box"], (x, y, w, h), atol=1e-3)
        np.testing.assert_allclose([a["box"] for a in answers[1:]], [r.box for r in expected], atol=1e-2)
        np.testing.assert_allclose([a["confidence"] for a in answers[1:]], [r.score for r in expected], atol=1e-3)
    assert said["answers"][-1] == {"box": said["answers"][-2]["box"], "confidence": 0.0}


def test_session_ends_with_a_reason(shared):
    frame = shared("data/vot/cup/00000001.jpg")
    said = session("fkcf/grey", ["initialize", frame, [5000, 5, 20, 20]])
    assert "outside the frame" in said["error"] and said["status"] == 2
    assert said["stderr"].splitlines()[-1].startswith("cfvgg: box 5000,5,20,20")


def test_client_that_is_gone(shared):
    said = session("fkcf/grey", ["initialize", shared("data/vot/cup/00000001.jpg"), [9, 9, 20, 20]])
    assert said["status"] == 2 and said["stderr"].startswith("cfvgg: the TraX client is gone")
    assert said["stderr"].count("\n") == 1


def cut(source: Path, target: Path) -> None:
    """The first frames of a sequence in VOT's old layout or OTB's."""
    images = source / "img" if (source / "img").is_dir() else source
    truth = next(source.glob("groundtruth*.txt"))
    (target / images.relative_to(source)).mkdir(parents=True)
    for path in sorted(images.glob("*.jpg"))[:FRAMES]:
        shutil.copy(path, target / path.relative_to(source))
    (target / truth.name).write_text("".join(truth.read_text().splitlines(keepends=True)[:FRAMES]))


def vot(*arguments: object, toolkit: tuple[str, ...] = (sys.executable, "-m", "vot")) -> str:
    """Run the toolkit; its exit codes lie, so the caller looks at what it prints."""
    command = ["timeout", "--kill-after=5", "120", *toolkit, *map(str, arguments)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


RULES = """
import json, sys
import vot.analysis, vot.experiment
from vot.stack import Stack, resolve_stack
def rules(path):
    experiments = {name: e.dump() for name, e in Stack.read(path).experiments.items() if name != "redetection"}
    scores = {name: [a for a in e.pop("analyses") if "EAO" in a["type"]] for name, e in experiments.items()}
    return [experiments, scores]
print(json.dumps([[rules(ours), rules(resolve_stack(theirs))] for ours, theirs in json.loads(sys.argv[1])]))
"""


def test_stacks_have_the_rules_of_the_toolkit_s_own():
    """Experiments and EAO; ours differ in that they download nothing."""
    pytest.importorskip("vot.version", reason="the extra vot is not installed")
    pairs = [("vot2016", "vot2016/rgb"), ("vot2017", "vot2017"), ("vot2018", "vot2018/shortterm")]
    pairs += [("longterm", f"vot{year}/longterm") for year in range(2018, 2023)]
    argument = json.dumps([(str(STACKS / f"{ours}.yaml"), theirs) for ours, theirs in pairs])
    command = [sys.executable, "-c", RULES, argument]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    for ours, theirs in json.loads(done.stdout):
        assert ours == theirs


KILLED = """
import os, signal
from cfvgg_plugin import create_tracker
from cfvgg_plugin.integration.vot.server import serve
tracker, count = create_tracker("fkcf/grey"), iter(range(1000))
update = tracker.update
tracker.update = lambda image: os.kill(os.getpid(), signal.SIGKILL) if next(count) == 20 else update(image)
serve(tracker, "killed")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="uses coreutils' timeout")
@pytest.mark.parametrize("dataset", [{"data/vot": ["bag"]}, {"data/otb": ["Deer"]}], ids=["vot", "otb"])
def test_evaluate_analyse_report(run, shared, tmp_path, dataset):
    """From a folder of sequences to figures; a tracker that is killed costs no other its results."""
    pytest.importorskip("vot.version", reason="the extra vot is not installed")
    [(root, names)] = dataset.items()
    for name in names:
        cut(shared(root) / name, tmp_path / "data" / name)
    ws = tmp_path / "ws"
    start = ("vot", "init", ws, "--stack", "local", "--sequences", tmp_path / "data", "--trackers", "fkcf/grey")
    assert run(*start)[0] == 0
    assert run("vot", "doctor", ws) == (0, f"{ws}: no known traps\n", "")

    if root == "data/vot":
        assert "Evaluation concluded successfuly" in vot("evaluate", "--workspace", ws, "fkcf-grey")
    else:
        evaluate_with_a_killed_one(run, ws)
    assert "Analysis successful" in vot("analysis", "--workspace", ws, "--name", "A", "fkcf-grey")

    content = json.loads((ws / "analysis/A.json").read_text())
    assert {name: s["length"] for name, s in content["sequences"].items()} == dict.fromkeys(names, FRAMES)
    status, out, _ = run("vot", "eao", ws, "--name", "A")
    rows = {line.split()[0]: line.split() for line in out.splitlines()[2:5]}
    assert status == 0 and list(rows) == ["baseline", "realtime", "unsupervised"]
    eao, _, accuracy, robustness, failures = rows["baseline"][2:]
    assert 0.2 < float(eao) < 1 and 0.3 < float(accuracy) < 1 and math.isfinite(float(robustness)) and int(failures) < 5
    if root == "data/vot":
        assert "Report generation successful" in vot("report", "--workspace", ws, "--name", "R", "fkcf-grey")
        assert list(ws.rglob("R/*.html"))


@pytest.mark.skipif(sys.platform == "win32", reason="uses coreutils' timeout")
def test_long_term_stack(run, tmp_path):
    """Targets that leave: the toolkit's F, and ours of its results, which is that of our own evaluation."""
    pytest.importorskip("vot.version", reason="the extra vot is not installed")
    images, boxes = moving_blob(FRAMES)
    away = range(12, 18)
    for name, shift in (("one", 0), ("two", 1)):
        folder = tmp_path / "tld" / name / "img"
        folder.mkdir(parents=True)
        for number, picture in enumerate(images, 1):
            empty = np.roll(images[0], 70, axis=1)[::-1]
            shown = np.roll(empty if number - 1 in away else picture, shift, axis=1)
            cv2.imwrite(str(folder / f"{number:04d}.png"), shown[:, :, ::-1])
        corners = np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:] - 1]) + 1 + [shift, 0, shift, 0]
        corners[list(away)] = np.nan
        np.savetxt(tmp_path / "tld" / name / "gt.txt", corners, fmt="%g", delimiter=",")
    ws = tmp_path / "ws"
    start = ("vot", "init", ws, "--sequences", tmp_path / "tld", "--dataset", "tld", "--trackers", "fkcf/grey")
    status, _, err = run(*start, "--stack", "local")
    assert status == 2 and "line 13 of the ground truth holds NaN" in err and "--stack longterm" in err
    assert run(*start, "--stack", "vot2022/longterm")[0] == 0
    assert "nan,nan,nan,nan" in (ws / "sequences/one/groundtruth.txt").read_text()
    assert run("vot", "doctor", ws) == (0, f"{ws}: no known traps\n", "")
    assert "Evaluation concluded successfuly" in vot("evaluate", "--workspace", ws, "fkcf-grey")
    assert "Analysis successful" in vot("analysis", "--workspace", ws, "--name", "A", "fkcf-grey")
    status, out, _ = run("vot", "eao", ws)
    header, row = (line.split() for line in out.splitlines()[1:3])
    assert status == 0 and header[:5] == ["experiment", "tracker", "F", "precision", "recall"] and "EAO" not in out
    theirs, ours = (np.array(row[at : at + 3], float) for at in (2, 5))
    np.testing.assert_allclose(ours, theirs, atol=0.06)  # whole pixels matter in boxes of 24
    evaluate = ("evaluate", "--dataset", "tld", "--root", tmp_path / "tld", "--protocol", "long_term")
    figures = tmp_path / "figures.json"
    assert run(*evaluate, "--tracker", "fkcf/grey", "--results", tmp_path / "raw", "--json", figures)[0] == 0
    found = json.loads(figures.read_text())["trackers"]["fkcf/grey"]["long_term"]
    np.testing.assert_allclose(ours, [found[key] for key in ("f", "precision", "recall")], atol=0.002)


def evaluate_with_a_killed_one(run, ws: Path) -> None:
    """A process that dies in the middle: the toolkit names it, the doctor finds its log, the other's results stay."""
    script = ws / "killed.py"
    script.write_text(KILLED)
    section = f"\n[killed]\nprotocol = trax\ncommand = {sys.executable} {script}\ntimeout = 60\n"
    manifest = ws / "trackers.ini"
    manifest.write_text(manifest.read_text() + section)
    out = vot("evaluate", "--workspace", ws, "fkcf-grey", "killed")
    assert "Tracker killed encountered an error at sequence Deer" in out and "concluded" not in out
    assert len(list((ws / "results/fkcf-grey").rglob("*.bin"))) == 3
    status, out, _ = run("vot", "doctor", ws)
    assert status == 1 and "logs/killed_" in out and "a tracker ended before its time" in out


NEWEST = os.environ.get("CFVGG_VOT_NEWEST")


@pytest.mark.skipif(not NEWEST, reason="CFVGG_VOT_NEWEST names no `vot` of a toolkit newer than the pinned one")
def test_newest_toolkit(run, tmp_path):
    """What versions 0.8 and 0.9 can still do: `vot test`, and the unsupervised experiment."""
    images, boxes = moving_blob(FRAMES)
    folder = tmp_path / "data/blob"
    folder.mkdir(parents=True)
    for number, picture in enumerate(images, 1):
        cv2.imwrite(str(folder / f"{number:08d}.jpg"), picture[:, :, ::-1])
    np.savetxt(folder / "groundtruth.txt", boxes, fmt="%g", delimiter=",")
    ws = tmp_path / "ws"
    start = ("vot", "init", ws, "--stack", "local", "--sequences", tmp_path / "data", "--trackers", "fkcf/grey")
    assert run(*start)[0] == 0
    toolkit = (str(NEWEST),)
    assert "Test concluded successfuly" in vot("--registry", ws / "trackers.ini", "test", "fkcf-grey", toolkit=toolkit)
    out = vot("evaluate", "--workspace", ws, "--experiments", "unsupervised", "fkcf-grey", toolkit=toolkit)
    assert "Evaluation concluded successfuly" in out
    assert list((ws / "results/fkcf-grey/unsupervised/blob").glob("blob_001*"))
