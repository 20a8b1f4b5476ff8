"""Workspaces for the VOT toolkit; the toolkit itself is not run."""

import configparser
import os
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from cfvgg_plugin.datasets.images import read_frames
from cfvgg_plugin.datasets.known import load_dataset
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.integration.vot import doctor, workspace
from cfvgg_plugin.integration.vot.manifest import identifiers, merge, sections
from cfvgg_plugin.integration.vot.sequences import line_fault, read_sequences
from cfvgg_plugin.integration.vot.workspace import eao_bounds, stack_text
from cfvgg_plugin.registry import full_names
from cfvgg_plugin.video.frames import read_image
from tests.conftest import moving_blob
from tests.integration.conftest import POLYGON
from tests.layouts import write_video


def test_old_layout(made, old_vot):
    assert (made / "sequences/list.txt").read_text() == "bag\ncup\n"
    cup = made / "sequences/cup"
    assert (cup / "groundtruth.txt").read_text() == "30,40,24,24\n" * 8
    assert (made / "sequences/bag/groundtruth.txt").read_text() == f"{POLYGON}\n" * 5
    assert sorted(p.name for p in (cup / "color").iterdir()) == [f"{i:08d}.jpg" for i in range(1, 9)]
    assert (cup / "color/00000003.jpg").read_bytes() == (old_vot / "cup/00000003.jpg").read_bytes()
    assert (cup / "sequence").read_text() == "channels.color=color/%08d.jpg\nformat=default\nfps=30\nname=cup\n"


def test_new_layout(new_vot):
    found = read_sequences(new_vot)
    assert [s.name for s in found] == ["zebra", "ant"]
    assert {(s.rate, len(s.frames), s.extras[0].name) for s in found} == {(25, 6, "occlusion.tag")}
    assert [s.name for s in read_sequences(new_vot, ["ant"])] == ["ant"]
    with pytest.raises(InputError, match="no sequence cow in .*there are ant, zebra"):
        read_sequences(new_vot, ["cow"])


def test_otb_layout(run, otb, tmp_path):
    folder = tmp_path / "made/by/init"
    assert run("vot", "init", folder, "--stack", "vot2017", "--sequences", otb)[0] == 0
    deer = folder / "sequences/Deer"
    assert (deer / "groundtruth.txt").read_text() == "30,40,24,24\n" * 6, "0-based"
    assert sorted(p.name for p in (deer / "color").iterdir()) == [f"{i:08d}.jpg" for i in range(1, 7)], "from 1"
    assert (deer / "color/00000001.jpg").read_bytes() == (otb / "Deer/img/0003.jpg").read_bytes()
    assert (folder / "config.yaml").read_text().splitlines()[-1] == "stack: vot2017.yaml"
    assert "grace: 3" in (folder / "vot2017.yaml").read_text()


def test_copies_and_conversions(run, new_vot, tmp_path, monkeypatch):
    """Where links are forbidden, frames are copied; formats that the toolkit does not take become PNG."""

    def forbidden(*_):
        raise OSError("a privilege is not held")

    monkeypatch.setattr(Path, "symlink_to", forbidden)
    image = cv2.imread(str(new_vot / "ant/color/00000002.png"))
    (new_vot / "ant/color/00000002.png").unlink()
    cv2.imwrite(str(new_vot / "ant/color/00000002.bmp"), image)
    folder = tmp_path / "ws"
    assert run("vot", "init", folder, "--stack", "local", "--sequences", new_vot, "--names", "ant")[0] == 0
    written = folder / "sequences/ant/color/00000002.png"
    assert not written.is_symlink() and (cv2.imread(str(written)) == image).all()
    assert (folder / "sequences/ant/occlusion.tag").is_file()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("nan,2,30,2,30,40,1,40", "NaN"),
        ("1,2,3", "has 3 numbers"),
        ("1,2,3,4,5,6,7", "has 7 numbers"),
        ("m0,0,10,10,5", "no masks"),
        ("", "line 3"),
    ],
)
def test_bad_ground_truth(complains, old_vot, tmp_path, line, message):
    truth = old_vot / "bag/groundtruth.txt"
    lines = truth.read_text().splitlines()
    truth.write_text("\n".join([*lines[:2], line, *lines[3:]]))
    error = complains("vot", "init", tmp_path / "ws", "--stack", "local", "--sequences", old_vot)
    assert message in error and "bag" in error and "--names" in error and "cup" not in error


def test_bad_frames(complains, old_vot, otb, tmp_path):
    start = ("vot", "init", tmp_path / "ws", "--stack", "local", "--sequences")
    (old_vot / "cup/00000008.jpg").unlink()
    assert "cup: 7 frames but 8 lines" in complains(*start, old_vot)
    (old_vot / "cup/00000004.jpg").rename(old_vot / "cup/00000009.jpg")
    (old_vot / "cup/00000010.jpg").write_bytes((old_vot / "cup/00000009.jpg").read_bytes())
    assert "cup: frame 4 is missing" in complains(*start, old_vot)
    (otb / "Deer/img/0005.jpg").unlink()
    assert "Deer: frames missing: 5 " in complains(*start, otb)
    assert line_fault(()) == "no ground truth"


def test_bad_calls(complains, made, old_vot, tmp_path):
    new = ("vot", "init", tmp_path / "new", "--stack", "local")
    assert "none are downloaded" in complains(*new)
    assert "no such folder" in complains(*new, "--sequences", tmp_path / "none")
    assert "no sequence in OTB layout" in complains(*new, "--sequences", tmp_path / "ws/results")
    assert "did you mean feco" in complains(*new, "--sequences", old_vot, "--trackers", "fecco")
    assert "no such file" in complains(*new, "--sequences", old_vot, "--weights", "none.mat")
    assert "is there already" in complains("vot", "init", made, "--stack", "local", "--sequences", old_vot)
    assert "is there already" in complains(
        "vot", "init", made / "config.yaml", "--stack", "local", "--sequences", old_vot
    )
    assert "add --stack" in complains("vot", "init", made, "--sequences", old_vot)
    for command in ("init", "doctor", "eao"):
        assert "no such folder; 'cfvgg vot init" in complains("vot", command, tmp_path / "none")
        assert "no config.yaml" in complains("vot", command, old_vot)
    assert "run 'vot analysis" in complains("vot", "eao", made)
    assert "unknown tracker" in complains("vot", "serve", "--tracker", "kcf/none")


def test_nothing_half_written(complains, old_vot, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(workspace, "_link", full)
    assert "No space left" in complains("vot", "init", tmp_path / "ws", "--stack", "local", "--sequences", old_vot)


def test_eao_bounds():
    """Within the sequences, and near the published ones for a set of the published mean length."""
    assert eao_bounds([212, 500]) == (107, 356), "VOT-2017: 100 and 356"
    assert eao_bounds([30, 30]) == (9, 29) and eao_bounds([2]) == (1, 1) and eao_bounds([1]) == (1, 1)
    for lengths in ([2, 3], [10, 500], [7]):
        low, high = eao_bounds(lengths)
        assert 1 <= low <= high < max(lengths)
    assert "low: 105, high: 351" not in stack_text("vot2017", [30]) and "low: 100, high: 356" in stack_text(
        "vot2017", [30]
    )
    assert stack_text("local", [30, 20]).count("low: 8, high: 25}") == 1


def test_stacks_never_download():
    for stack in workspace.STACKS:
        settings = [line.split("#")[0] for line in stack_text(stack, [30]).splitlines()]
        assert not any("dataset" in line for line in settings)
    assert "low: 108, high: 371" in stack_text("vot2016", [30]) and "realtime" not in stack_text("vot2016", [30])
    assert "realtime" in stack_text("vot2018", [30])


def test_manifest():
    """Every setting once; the bare name is the setting for VOT."""
    assert sorted(identifiers().values()) == full_names()
    names = identifiers(["feco", "fkcf", "feco/default", "fkcf/hog"])
    assert names == {"feco": "feco/vot", "feco-default": "feco/default", "fkcf": "fkcf/default", "fkcf-hog": "fkcf/hog"}
    text = merge("", sections(None, None), Path("trackers.ini"))
    parsed = configparser.ConfigParser()
    parsed.read_string(text)
    assert len(parsed.sections()) == len(full_names())
    section = parsed["feco"]
    assert section["command"] == f"{sys.executable} -m cfvgg_plugin.integration.vot --tracker feco/vot"
    assert (section["protocol"], section["timeout"], section["env_OMP_NUM_THREADS"]) == ("trax", "120", "1")
    assert os.name == "nt" or section["env_LD_LIBRARY_PATH"] == "${LD_LIBRARY_PATH}"


def test_manifest_with_weights(tmp_path, monkeypatch):
    """An absolute path, quoted, '%' doubled; only where a network is needed."""
    monkeypatch.chdir(tmp_path)
    Path("100% mine.mat").touch()
    text = merge("", sections(["feco", "fkcf/hog"], "100% mine.mat", threads=2), Path("trackers.ini"))
    parsed = configparser.ConfigParser()
    parsed.read_string(text)
    assert parsed["feco"]["command"].endswith(f"--weights '{tmp_path}/100% mine.mat' --threads 2")
    assert "--weights" not in parsed["fkcf-hog"]["command"] and parsed["feco"]["env_OMP_NUM_THREADS"] == "2"


def test_adding_trackers(run, complains, made):
    """To a workspace of somebody else: their sections and comments stay, ours are renewed."""
    path = made / "trackers.ini"
    theirs = "# mine\n[Other]\ncommand = /bin/other\nprotocol = trax\n"
    path.write_text(theirs + "\n" + path.read_text())
    for _ in range(2):
        status, out, _ = run("vot", "init", made, "--trackers", "fkcf/hog,fkcf/grey")
        assert status == 0 and out == f"{path}: fkcf-grey, fkcf-hog\n"
    text = path.read_text()
    assert text.startswith(theirs) and text.count("[fkcf-hog]") == text.count("[fkcf-grey]") == 1
    path.write_text(text.replace("[Other]", "[feco]"))
    assert "[feco] is another tracker's section" in complains("vot", "init", made, "--trackers", "feco")
    path.unlink()
    assert run("vot", "init", made, "--trackers", "fkcf/hog")[0] == 0 and path.read_text().startswith("[fkcf-hog]")


def test_pins_are_those_of_the_extra():
    tomllib = pytest.importorskip("tomllib", reason="new in Python 3.11")
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    extra = project["optional-dependencies"]["vot"]
    assert {f"{name}=={version}" for name, (version, _) in doctor.PINS.items()} <= set(extra)


def test_frames_without_the_target_are_for_the_long_term_stack(run, complains, old_vot, tmp_path):
    pytest.importorskip("vot.version", reason="the extra vot is not installed")
    truth = old_vot / "cup/groundtruth.txt"
    lines = truth.read_text().splitlines()
    start = ("vot", "init", tmp_path / "ws", "--sequences", old_vot, "--names", "cup", "--trackers", "fkcf/grey")
    truth.write_text("\n".join([*lines[:3], "nan,nan,nan,nan", *lines[4:]]))
    assert "line 4 of the ground truth holds NaN" in complains(*start, "--stack", "vot2018")
    assert run(*start, "--stack", "longterm")[0] == 0
    assert (tmp_path / "ws/sequences/cup/groundtruth.txt").read_text().splitlines()[3] == "nan,nan,nan,nan"
    assert run("vot", "doctor", tmp_path / "ws")[0] == 0
    again = ("vot", "init", tmp_path / "again", *start[3:], "--stack", "longterm")
    truth.write_text("\n".join(["nan,nan,nan,nan", *lines[1:]]))
    assert "line 1 of the ground truth holds NaN: without a box the toolkit cannot start there." in complains(*again)
    truth.write_text("\n".join([*lines[:3], "nan,40,24,24", *lines[4:]]))
    assert "line 4 of the ground truth holds NaN" in complains(*again)
    assert "add --stack" in complains("vot", "init", tmp_path / "ws", "--dataset", "tld")


def test_frames_of_videos_and_of_changed_light_are_written_as_they_are_read(run, tmp_path):
    pytest.importorskip("vot.version", reason="the extra vot is not installed")
    images, boxes = moving_blob(6)
    write_video(tmp_path / "data" / "walk.avi", images)
    np.savetxt(tmp_path / "data" / "walk.txt", boxes, fmt="%d", delimiter=",")
    start = ("vot", "init", tmp_path / "ws", "--sequences", tmp_path / "data", "--dataset", "clips")
    assert run(*start, "--stack", "local", "--trackers", "fkcf/grey")[0] == 0
    (sequence,) = load_dataset("clips", tmp_path / "data").sequences
    for number, image in enumerate(read_frames(sequence), 1):
        np.testing.assert_array_equal(read_image(tmp_path / f"ws/sequences/walk/color/{number:08d}.png"), image)
    assert run("vot", "doctor", tmp_path / "ws")[0] == 0


def test_a_frame_that_leads_nowhere(complains, old_vot, tmp_path):
    frame = old_vot / "cup/00000003.jpg"
    frame.unlink()
    frame.symlink_to(frame.name)
    start = ("vot", "init", tmp_path / "ws", "--stack", "local", "--sequences", old_vot)
    assert "frame 00000003.jpg is no file, or leads nowhere" in complains(*start)
