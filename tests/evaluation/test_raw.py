"""Raw results of other people, good and bad, and what trackers are called."""

import csv
import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from cfvgg_plugin import save_weights
from cfvgg_plugin.datasets.layouts import load_otb
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.evaluate import evaluate
from cfvgg_plugin.evaluation.raw import choose, read_results, tell_apart
from cfvgg_plugin.evaluation.run import load_tracker
from cfvgg_plugin.evaluation.table import sequence_table


def write(folder: Path, name: str, boxes: np.ndarray, first_pixel: int = 1) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    np.savetxt(folder / f"{name}.txt", boxes + [first_pixel, first_pixel, 0, 0], delimiter="\t", fmt="%.2f")


def test_published_results_have_their_published_scores(shared):
    published = list(csv.DictReader((shared("reference/results") / "scores.csv").read_text().splitlines()))
    found = read_results(shared("reference/results"), load_otb(shared("data/otb")))
    scores = {(r.name, s.name): score for r in found.trackers for s, score in r.scored}
    assert len(published) >= 120 and found.skipped == []
    for row in published:
        score = scores[row["tracker"], row["sequence"]]
        assert score.auc == pytest.approx(float(row["auc"]), abs=1e-5), row
        assert score.dp20 == pytest.approx(float(row["dp20"]), abs=1e-5), row
        assert score.frames == int(row["frames"])


def test_one_tracker_or_a_folder_of_trackers(sequences, tmp_path):
    for sequence in sequences:
        write(tmp_path / "all" / "Good", sequence.name, sequence.boxes)
        write(tmp_path / "all" / "Zero", sequence.name, sequence.boxes, 0)
    (alone,) = read_results(tmp_path / "all" / "Good", sequences).trackers
    assert alone.name == "Good" and alone.mean("auc") == pytest.approx(20 / 21)
    good, zero = read_results(tmp_path / "all", sequences).trackers
    assert zero.mean("auc") < good.mean("auc") and good.separation is None
    (zero,) = read_results(tmp_path / "all", sequences, first_pixel=0, trackers=["Zero"]).trackers
    assert zero.mean("auc") == pytest.approx(20 / 21)


def test_our_own_results_keep_confidence_speed_and_name(sequences, tmp_path):
    trackers = [load_tracker("fkcf/grey"), load_tracker("fkcf/hog")]
    ours = evaluate(trackers, sequences, tmp_path)
    found = read_results(tmp_path, sequences)
    assert [r.summary() for r in found.trackers] == [r.summary() for r in ours] and found.skipped == []
    folder = next(path for path in tmp_path.iterdir() if path.name.startswith("fkcf-hog"))
    shutil.copytree(folder, tmp_path / "fkcf-hog-other")
    names = [result.name for result in read_results(tmp_path, sequences).trackers]
    assert names == ["fkcf/grey", folder.name, "fkcf-hog-other"]  # two of one name go by their folders


def test_more_boxes_than_frames_and_other_spellings(sequences, tmp_path):
    write(tmp_path / "T", "one", np.concatenate([sequences[0].boxes, sequences[0].boxes]))
    (result,) = read_results(tmp_path, sequences[:1]).trackers
    assert result.mean("auc") == pytest.approx(20 / 21)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda boxes: boxes[:-1], "5 boxes for 6 frames"),
        (lambda boxes: np.where(np.arange(6)[:, None] == 3, np.nan, boxes), r"1 box\(es\) with NaN"),
        (lambda boxes: boxes + [90, 0, 0, 0], "another sequence"),
        (lambda boxes: boxes[:, :3], "3 numbers, four"),
    ],
)
def test_what_cannot_be_scored_is_named_and_left_out(sequences, tmp_path, change, said):
    write(tmp_path / "T", "One", sequences[0].boxes)
    boxes = change(sequences[1].boxes)
    np.savetxt(tmp_path / "T" / "Two.txt", boxes + [1, 1, 0, 0][: boxes.shape[1]], delimiter=",")
    found = read_results(tmp_path, sequences)
    assert [s.name for s, _ in found.trackers[0].scored] == ["One"]
    assert len(found.skipped) == 2  # Three has no result
    lines = [line.split() for line in sequence_table(found.trackers[0]).splitlines()]
    assert ["Two", "failed"] in lines and ["Three", "no", "result"] in lines
    with pytest.raises(AssertionError, match=f"T on Two: .*{said}"):
        raise AssertionError(found.skipped[0])


def test_what_is_refused(sequences, tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        read_results(tmp_path / "no", sequences)
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match=r"no SEQUENCE\.txt"):
        read_results(tmp_path / "none", sequences)
    write(tmp_path / "other", "Basketball", sequences[0].boxes)
    with pytest.raises(InputError, match=r"another dataset or protocol\? .*Basketball.*One, Two, Three"):
        read_results(tmp_path / "other", sequences)
    write(tmp_path / "two", "One", sequences[0].boxes)
    shutil.copy(tmp_path / "two" / "One.txt", tmp_path / "two" / "one.csv")
    with pytest.raises(InputError, match="two results of one sequence"):
        read_results(tmp_path / "two", sequences)
    with pytest.raises(InputError, match="no tracker ECO; there are two"):
        read_results(tmp_path / "two", sequences, trackers=["ECO"])
    (tmp_path / "two" / "manifest.json").write_text("{")
    with pytest.raises(InputError, match="no manifest"):
        read_results(tmp_path / "two", sequences)


def test_one_tracker_on_several_networks_goes_by_their_files(sequences, tmp_path, random_weights, monkeypatch):
    other = dataclasses.replace(random_weights, mean=random_weights.mean + 1)
    files = [tmp_path / run / "cf_vgg.safetensors" for run in ("one", "two")]
    for file, weights in zip(files, (random_weights, other), strict=True):
        file.parent.mkdir()
        save_weights(weights, file)
    trackers = [load_tracker("fkcf/conv2", str(file) if file else None) for file in (None, files[0])]
    evaluate(trackers, sequences, tmp_path / "raw")
    names = [result.name for result in read_results(tmp_path / "raw", sequences).trackers]
    assert sorted(names) == ["fkcf/conv2", "fkcf/conv2=cf_vgg"]

    def chosen(*trackers):
        return [result.name for result in read_results(tmp_path / "raw", sequences, trackers=trackers).trackers]

    asked = ("fkcf/conv2", "fkcf/conv2=cf_vgg", f"fkcf/conv2={files[0]}")
    assert chosen(*asked) == ["fkcf/conv2", "fkcf/conv2=cf_vgg", "fkcf/conv2=cf_vgg"]
    monkeypatch.chdir(tmp_path)
    assert chosen("fkcf/conv2=one/cf_vgg.safetensors") == ["fkcf/conv2=cf_vgg"]
    evaluate([load_tracker("fkcf/conv2", str(files[1]))], sequences, tmp_path / "raw")
    one, two = (f"fkcf/conv2={run}/cf_vgg.safetensors" for run in ("one", "two"))
    assert chosen(one, two, "fkcf/conv2") == [one, two, "fkcf/conv2"]
    with pytest.raises(InputError, match=f"several are fkcf/conv2=cf_vgg; there are .*{one}"):
        chosen("fkcf/conv2=cf_vgg")
    with pytest.raises(InputError, match="no tracker fkcf/conv2=nowhere; there are"):
        chosen("fkcf/conv2=nowhere")


def test_weights_of_its_own_go_before_the_common_ones(tmp_path):
    file = tmp_path / "CF_VGGM.mat"
    file.touch()
    first, second, third = choose(["feco", f"feco={file}", "fkcf/hog", "feco"], "mine")
    assert (first.name, first.weights, first.label) == ("feco", "mine", "feco")
    assert (second.name, second.weights, second.label) == ("feco", str(file.resolve()), "feco=CF_VGGM")
    assert (third.weights, third.label) == ("mine", "fkcf/hog")
    assert choose(["feco"])[0].weights is None


def test_as_much_of_a_path_is_shown_as_tells_them_apart(tmp_path):
    for name in ("a/run/cf_vgg.safetensors", "b/run/cf_vgg.safetensors", "b/run/cf_vgg.onnx", "v2.1/net.onnx"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    one, two, three, folder = "a/run/cf_vgg.safetensors", "b/run/cf_vgg.safetensors", "b/run/cf_vgg.onnx", "v2.1"

    def labels(*names):
        return [choice.label for choice in choose(f"feco={tmp_path / name}" for name in names)]

    assert labels(one) == ["feco=cf_vgg"]
    assert labels(two, three) == ["feco=cf_vgg.safetensors", "feco=cf_vgg.onnx"]
    assert labels(one, two) == ["feco=a/run/cf_vgg.safetensors", "feco=b/run/cf_vgg.safetensors"]
    assert len(set(labels(one, two, three))) == 3
    assert labels(folder) == ["feco=v2.1"]
    assert labels(one, one) == ["feco=cf_vgg"]


def test_names_alone_where_they_differ():
    files = [("feco/default", "x/a.mat"), ("fkcf/conv2", "x/a.mat")]
    assert tell_apart(files) == ["feco/default", "fkcf/conv2"]
    files = [("feco/default", None), ("feco/default", "x/a.mat"), ("feco/default", "x/b.mat")]
    assert tell_apart(files) == ["feco/default", "feco/default=a", "feco/default=b"]
    assert tell_apart([("feco/default", "a.mat")] * 2) == ["feco/default=a.mat"] * 2  # their settings differ


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("feco=", "no weights behind '='"),
        ("fkcf/hog=x.mat", "fkcf/hog runs no network; leave '=x.mat' out"),
        ("=x.mat", "unknown tracker ''"),
        ("fceo=x.mat", "did you mean feco"),
    ],
)
def test_names_that_are_refused(text, said):
    with pytest.raises(InputError, match=said):
        choose([text])
