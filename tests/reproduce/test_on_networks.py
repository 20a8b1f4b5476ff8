"""Tables whose rows are networks: what is trained, run and printed, what is refused."""

import dataclasses
import json

import pytest

from cfvgg_plugin.networks import load_weights, save_weights
from cfvgg_plugin.networks.store import find_weights
from cfvgg_plugin.reproduce import variants
from tests.reproduce.conftest import cells


@pytest.fixture
def untrained(monkeypatch):
    """From here on, nothing may be trained."""

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("trained again")

    return lambda: monkeypatch.setattr(variants, "run_training", refuse)


def test_table4_with_given_weights(run, dataset, networks, tmp_path):
    pytest.importorskip("cfvgg_plugin.parameters.feco.hand_crafted")
    weights = ("--weights", f"both={networks[64]}", "--weights", f"fidelity={networks[64]}")
    start = ("reproduce", "table4", "--root", dataset, "--sequences", "Two", "--out", tmp_path / "out")
    status, out, err = run(*start, "--tracker", "feco", *weights)
    assert (status, err) == (0, "")
    best = cells(out, "fECO (fidelity + multi-layer tracking)")
    assert best[:4] == ["68.4", "67.9", "57.4", "+3.3"]
    assert cells(out, "fECO (only tracking loss, multi-layer)")[4:] == ["-", "-", "-", "-"]
    assert cells(out, "ECO (baseline)") == ["71.0", "69.4", "60.3", "+4.8", "-", "-", "-", "-"]
    assert "1 sequence(s) at hand, 6 frames (Two); the paper: the 100 of OTB-2015" in out
    assert "NOT COMPARABLE" in out and "OTB-2013: not at hand" in out and "Temple-Color-128: not at hand" in out
    assert f"both: {networks[64]}, how it was trained is not in the file" in out
    assert "DeepSTRCF" not in out
    content = json.loads((tmp_path / "out" / "table4.json").read_text())
    both, hand_crafted = (content["rows"][f"feco/{name}"]["ours"]["otb"] for name in ("both", "hand-crafted"))
    assert cells(out, "ECOhc (hand-crafted feature)")[4] == f"{hand_crafted['auc']:.1f}"
    gaps = (both["auc"] - 67.9, both["auc"] - hand_crafted["auc"])
    assert best[5:7] == [f"{gap:+.1f}" for gap in gaps]
    assert both["auc"] == pytest.approx(100 * both["sequences"]["Two"]["auc"])
    assert both["auc"] == content["rows"]["feco/fidelity"]["ours"]["otb"]["auc"]  # the same network
    assert content["rows"]["feco/tracking"]["ours"]["otb"] is None
    assert list((tmp_path / "out" / "boxes" / "otb").glob("feco-hand_crafted-*/Two.txt"))


def test_table4_trains_what_is_missing_once(run, dataset, recipe, networks, tmp_path, untrained):
    pytest.importorskip("matplotlib")
    start = ("--root", dataset, "--sequences", "Two", "--recipe", recipe, "--epochs", 1, "--workers", 0)
    start = (*start, "--out", tmp_path / "out")
    given = (f"{name}={networks[64]}" for name in ("tracking", "tracking-single"))
    options = ("--tracker", "fdeepstrcf", *(word for text in given for word in ("--weights", text)))
    status, first, _ = run("reproduce", "table4", *start, *options)
    assert status == 0
    sentence = (
        "2 steps (4 pairs) of recipe tiny-{0}-x64, loss {0}, vgg_m (width 0.125), teacher"
        " teacher.safetensors, data 3 of"
    )
    assert f"both: {sentence.format('both')} stills (images)" in first
    assert f"fidelity: {sentence.format('fidelity')} stills (images)" in first
    assert "-" not in cells(first, "fDeepSTRCF (only fidelity loss)")[4:6]
    untrained()
    status, second, _ = run("reproduce", "table4", *start, *options)
    assert (status, second) == (0, first)
    status, out, _ = run("reproduce", "table3", *start, "--ratios", "64")  # the network of table4's last row
    assert status == 0 and "64: 2 steps" in out


def test_bad_datasets_of_a_table_with_several(complains, dataset, networks, tmp_path):
    def refuses(*args: object) -> str:
        return complains("reproduce", "table4", "--weights", f"both={networks[64]}", "--out", tmp_path / "out", *args)

    pair = ("--dataset", "otb2013", "--root", dataset)
    assert "2 --dataset but 1 --root" in refuses(*pair, "--dataset", "tc128")
    assert "--dataset lasot: the paper's figures are of otb2013, otb2015, tc128" in refuses(
        "--dataset", "lasot", "--root", dataset
    )
    twice = ("--dataset", "otb", "--root", dataset, "--dataset", "otb2015", "--root", dataset)
    assert "OTB-2015 is given twice" in refuses(*twice)
    assert "chooses from one" in refuses(*pair, "--dataset", "otb", "--root", dataset, "--sequences", "Two")


def test_table4_on_two_benchmarks(run, otb2015, networks, tmp_path):
    (tmp_path / "otb2013").mkdir()
    (otb2015 / "Deer").rename(tmp_path / "otb2013" / "Deer")
    both = ("--dataset", "otb2013", "--root", tmp_path / "otb2013", "--dataset", "otb2015", "--root", otb2015)
    start = ("--tracker", "feco", "--weights", f"both={networks[64]}", "--out", tmp_path / "out")
    status, out, _ = run("reproduce", "table4", *both, *start)
    assert status == 0 and "Temple-Color-128: not at hand" in out
    assert "ours: 1 of OTB-2013's 51 sequences" in out and "ours: 1 of OTB-2015's 100 sequences" in out
    content = json.loads((tmp_path / "out" / "table4.json").read_text())
    ours = content["rows"]["feco/both"]["ours"]
    line = cells(out, "fECO (fidelity + multi-layer tracking)")[4:]
    for benchmark, paper, place in (("otb2013", 68.4, 0), ("otb2015", 67.9, 4)):
        auc = ours[benchmark]["auc"]
        assert line[place : place + 2] == [f"{auc:.1f}", f"{auc - paper:+.1f}"]
    assert content["rows"]["feco/adaptive"]["ours"]["otb2013"]["tracker"] == "feco/adaptive"


def test_table3(run, dataset, networks, tmp_path):
    weights = ("--weights", f"16={networks[16]}", "--weights", f"96={networks[96]}")
    start = ("reproduce", "table3", "--root", dataset, "--sequences", "Two", "--out", tmp_path / "out")
    status, out, err = run(*start, *weights, "--tracker", "fkcf/conv2")
    assert (status, err) == (0, "")
    assert cells(out, "fECO, 16x")[:3] == ["69.0", "5.8", "8"]
    assert cells(out, "fECO, 64x")[3:] == ["-", "-", "-", "-"]
    assert cells(out, "fECO, 16x")[4] == "1.64" and cells(out, "fECO, 96x")[4] == "0.28"
    assert "the paper's figures are of ECO, ours of fkcf/conv2" in out


def test_table5(run, dataset, networks, tmp_path, shared):
    pytest.importorskip("onnxruntime")
    start = ("reproduce", "table5", "--root", dataset, "--sequences", "Two", "--out", tmp_path / "out")
    teacher = ("--weights", f"baseline={shared('teachers/resnet18.onnx')}")
    status, out, err = run(*start, "--weights", f"student={networks[64]}", *teacher)
    assert (status, err) == (0, "")
    content = json.loads((tmp_path / "out" / "table5.json").read_text())["rows"]
    assert [row["ours"]["otb"]["tracker"] for row in content.values()] == [
        "fkcf/conv1", "fkcf/conv2 on layer2", "fkcf/conv5 on layer3", "fkcf/conv1", "fkcf/conv2", "fkcf/conv5",
    ]  # fmt: skip
    gap = content["student/conv5"]["ours"]["otb"]["auc"] - content["baseline/conv5"]["ours"]["otb"]["auc"]
    auc, line = content["student/conv5"]["ours"]["otb"]["auc"], cells(out, "fKCF, CF-VGG conv5")
    assert line[:3] == ["47.1", "-2.1", "42"]
    assert line[4] == f"{gap:+.1f}" and line[6] == f"{auc - 47.1:+.1f}"


def test_the_first_run_of_a_student_of_two_is_told(run, dataset, tmp_path):
    first = load_weights(find_weights("cf_vgg"))
    history = first.recipe | {"init": {"sha256": first.sha256, "history": first.recipe}}
    save_weights(dataclasses.replace(first, recipe=history), tmp_path / "second.safetensors")
    weights = ("--weights", f"student={tmp_path / 'second.safetensors'}", "--out", tmp_path / "out")
    status, out, _ = run("reproduce", "table5", "--root", dataset, "--sequences", "Two", *weights)
    steps = first.recipe["steps"]
    assert status == 0 and f"from the student {first.sha256[:8]} after {steps:,} steps of its own" in out


def test_real_sequence(run, shared, student, tmp_path):
    """Beside the tracker's own evaluation: the same boxes, the same score."""
    root = tmp_path / "otb"
    (root / "Deer").mkdir(parents=True)
    original = shared("data/otb/Deer")
    (root / "Deer" / "img").mkdir()
    for file in sorted((original / "img").iterdir())[:15]:
        (root / "Deer" / "img" / file.name).symlink_to(file)
    boxes = (original / "groundtruth_rect.txt").read_text().splitlines()[:15]
    (root / "Deer" / "groundtruth_rect.txt").write_text("\n".join(boxes))
    weights = shared("reference/cf_vgg/CF_VGGM.mat")
    out = ("--out", tmp_path / "out", "--weights", f"student={weights}")
    assert run("reproduce", "table5", "--root", root, *out)[0] == 0
    start = ("evaluate", "--dataset", "otb", "--root", root, "--weights", weights, "--json", tmp_path / "o.json")
    assert run(*start, "--tracker", "fkcf/conv2")[0] == 0
    auc = json.loads((tmp_path / "o.json").read_text())["trackers"]["fkcf/conv2"]["auc"]
    rows = json.loads((tmp_path / "out" / "table5.json").read_text())["rows"]
    assert rows["student/conv2"]["ours"]["otb"]["auc"] == pytest.approx(100 * auc)


def test_a_sequence_with_a_hole_fails(run, dataset, networks, tmp_path):
    (dataset / "One" / "img" / "0004.png").write_bytes(b"not an image")
    start = ("reproduce", "table5", "--root", dataset, "--out", tmp_path / "out")
    status, out, err = run(*start, "--weights", f"student={networks[64]}")
    assert status == 1 and "0004.png" in err and "student/conv2 on One" in err and "fKCF, CF-VGG conv2" in out


def test_training_videos_among_the_sequences_are_told(run, dataset, recipe, tmp_path):
    pytest.importorskip("matplotlib")
    text = recipe.read_text().replace('"images"', '"otb"').replace('"stills"', f'"{dataset.as_posix()}"')
    recipe.write_text(text)
    start = ("reproduce", "table5", "--root", dataset, "--recipe", recipe, "--epochs", 1, "--workers", 0)
    status, out, _ = run(*start, "--sequences", "Two", "--out", tmp_path / "out")
    assert status == 0 and "ALSO AMONG THE TRAINING VIDEOS, by name: Two" in out


def test_bad_input(complains, dataset, networks, recipe, tmp_path, shared):
    def refuses(table: str, *args: object) -> str:
        return complains("reproduce", table, "--root", dataset, "--out", tmp_path / "out", *args)

    good = ("--weights", f"both={networks[64]}")
    assert "give --recipe" in refuses("table4")
    assert "unknown variant 'bth'" in refuses("table4", "--weights", f"bth={networks[64]}")
    assert "VARIANT=FILE" in refuses("table4", "--weights", networks[64])
    assert "no such file" in refuses("table4", "--weights", "both=missing.safetensors")
    assert "already" in refuses("table4", *good, *good)
    assert "vgg_m (width 0.125), but compression 16x is vgg_m (width 0.25)" in refuses(
        "table3", "--weights", f"16={networks[64]}"
    )
    assert "width 1" in refuses("table4", "--weights", f"baseline={networks[64]}")
    assert "'8'" in refuses("table3", "--ratios", "8", "--weights", f"16={networks[16]}")
    assert "uses no network" in refuses("table3", "--tracker", "feco/hand_crafted", "--weights", f"16={networks[16]}")
    assert "unknown tracker" in refuses("table3", "--tracker", "fexo", "--weights", f"16={networks[16]}")
    assert "give --recipe" in refuses("table4", *good, "--epochs", 2)
    assert "no such file" in refuses("table4", "--recipe", "nix")
    assert "stills" in refuses("table4", "--recipe", recipe, "--data", tmp_path)
    assert "above 0" in refuses("table4", "--recipe", recipe, "--epochs", 0)
    assert "no sequence Three" in refuses("table4", *good, "--sequences", "Three")
    (tmp_path / "data" / "teacher.safetensors").unlink()
    assert "teacher.safetensors" in refuses("table4", "--recipe", recipe)
    file = shared("teachers/googlenet.onnx")
    pytest.importorskip("onnxruntime")
    assert "googlenet.onnx" in refuses("table4", "--weights", f"baseline={file}")
    assert "not a weight file" in refuses("table4", "--weights", f"both={file}")
