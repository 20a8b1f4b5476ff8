"""No output is ever an input, by whatever name or link."""

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from cfvgg_plugin.networks import save_weights

INIT = ("--init", "30,40,24,24", "--tracker", "fkcf/hog")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_recording_is_not_replaced_by_its_annotated_video(complains, video, tmp_path):
    before = digest(video)
    link, hard = tmp_path / "link.avi", tmp_path / "hard.avi"
    link.symlink_to(video)
    os.link(video, hard)
    (tmp_path / "there").symlink_to(tmp_path)
    for target in (video, link, hard, tmp_path / "there" / video.name, tmp_path / "there" / ".." / video.name):
        if target.exists():
            assert "would replace the input" in complains("track", video, *INIT, "--video", target)
            assert "would replace the input" in complains("track", target, *INIT, "--video", video)
    assert digest(video) == before


@pytest.mark.parametrize("name", ["groundtruth_rect.txt", "groundtruth_rect.1.txt", "groundtruth.txt", "gt.txt"])
def test_boxes_do_not_replace_the_ground_truth_of_a_sequence(complains, dataset, name):
    truth = dataset / "One" / name
    shutil.copyfile(dataset / "One" / "groundtruth_rect.txt", truth) if not truth.exists() else None
    before = digest(truth)
    assert "input" in complains("track", dataset / "One" / "img", *INIT, "--boxes", truth)
    assert digest(truth) == before


@pytest.mark.parametrize("name", ["video.txt", "video.1.txt", "video.csv"])
def test_boxes_do_not_replace_the_ground_truth_of_a_clip(complains, video, tmp_path, name):
    (tmp_path / name).write_text("1,2,3,4\n")
    assert "input" in complains("track", video, *INIT, "--boxes", tmp_path / name)
    assert (tmp_path / name).read_text() == "1,2,3,4\n"


def test_other_boxes_are_replaced(run, video, tmp_path):
    (tmp_path / "mine.txt").write_text("1,2,3,4\n")
    assert run("track", video, *INIT, "--boxes", tmp_path / "mine.txt")[0] == 0
    assert len((tmp_path / "mine.txt").read_text().splitlines()) == 20


def test_figures_do_not_replace_what_is_evaluated(complains, run, dataset, tmp_path, random_weights):
    weights = tmp_path / "w.safetensors"
    save_weights(random_weights, weights)
    common = ("evaluate", "--dataset", "otb", "--root", dataset, "--results", tmp_path / "raw")
    for target in (dataset / "One" / "groundtruth_rect.txt", dataset / "Two" / "img" / "0001.png"):
        assert "input" in complains(*common, "--tracker", "fkcf/hog", "--json", target)
    assert "input" in complains(*common, "--tracker", "fkcf/conv1", "--weights", weights, "--json", weights)
    assert "input" in complains(*common, "--tracker", f"fkcf/conv1={weights}", "--json", weights)
    (tmp_path / "raw").mkdir()
    assert run(*common, "--tracker", "fkcf/hog", "--json", tmp_path / "raw" / "figures.json")[0] == 0
    (folder,) = (tmp_path / "raw" / "otb").glob("fkcf*")
    for command in ("score", "compare", "report"):
        option = "--out" if command == "report" else "--json"
        for target in (folder / "One.txt", folder / "manifest.json", tmp_path / "raw" / "otb" / "dataset.json"):
            before = digest(target)
            assert "input" in complains(command, tmp_path / "raw", option, target)
            assert digest(target) == before
        assert "stays" in complains(command, tmp_path / "raw", option, dataset / "One" / "groundtruth_rect.txt")
    assert run("score", tmp_path / "raw", "--json", tmp_path / "raw" / "figures.json")[0] == 0  # its own, again
    assert "frames of the dataset" in complains("plot", tmp_path / "raw", "--out", dataset / "One" / "img")


def test_weights_do_not_replace_themselves(complains, run, tmp_path, random_weights):
    weights = tmp_path / "w.onnx"
    save_weights(random_weights, weights)
    assert "input" in complains("export", "--format", "onnx", "--weights", weights, weights)
    stored = tmp_path / "home" / "weights" / "mine.safetensors"
    stored.parent.mkdir(parents=True)
    save_weights(random_weights, stored)
    assert "input" in complains("weights", "import", stored)
    (tmp_path / "l.safetensors").symlink_to(stored)
    assert "input" in complains("weights", "import", tmp_path / "l.safetensors", "--name", "mine")
    net = tmp_path / "net.bin"
    save_weights(random_weights, net)
    assert "input" in complains("export", "--format", "openvino", "--weights", net, tmp_path / "net.xml")


@pytest.mark.parametrize("name", ["../../evil", "/abs/path", "checkpoint", "a/b", "", ".hidden", "x\x00y", "é" * 60])
def test_names_of_recipes_are_names(complains, tmp_path, name):
    recipe = tmp_path / "r.toml"
    escaped = name.replace("\x00", "\\u0000")
    recipe.write_text(
        f'name = "{escaped}"\nloss = "tracking"\n[[sources]]\nlayout = "images"\nroot = "."\n', encoding="utf-8"
    )
    assert "name" in complains("train", "--recipe", recipe, "--out", tmp_path / "out")


def test_a_training_does_not_replace_the_weights_that_it_starts_from(complains, tmp_path, random_weights):
    out = tmp_path / "out"
    out.mkdir()
    save_weights(random_weights, out / "tiny.safetensors")
    recipe = tmp_path / "r.toml"
    recipe.write_text('name = "tiny"\nloss = "tracking"\n[[sources]]\nlayout = "images"\nroot = "."\n')
    common = ("train", "--recipe", recipe, "--out", out)
    assert "input" in complains(*common, "--init", out / "tiny.safetensors")
    recipe.rename(out / "recipe.json")
    assert "input" in complains("train", "--recipe", out / "recipe.json", "--out", out)


def test_figures_and_pages_do_not_replace_files_of_another_kind(complains, run, dataset, video, tmp_path):
    before = digest(video)
    common = ("evaluate", "--dataset", "otb", "--root", dataset, "--results", tmp_path / "raw", "--tracker", "fkcf/hog")
    assert "holds something else" in complains(*common, "--json", video)
    assert run(*common)[0] == 0
    for command in ("score", "report"):
        option = "--out" if command == "report" else "--json"
        assert "holds something else" in complains(command, tmp_path / "raw", option, video)
    assert digest(video) == before
