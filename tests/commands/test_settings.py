"""`--settings FILE.toml`: fields of a setting changed from outside."""

import dataclasses
import json

import pytest

from cfvgg_plugin import InputError, create_tracker, load_settings
from cfvgg_plugin.evaluation.run import load_tracker
from cfvgg_plugin.evaluation.store import tracker_hash

INIT = ("--init", "30,40,24,24", "--tracker", "fkcf/hog")


@pytest.fixture
def write(tmp_path):
    def to(text: str, name: str = "mine.toml"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return to


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_fields_are_changed_by_name_at_every_depth(write):
    own = load_settings("feco")
    file = write("""
        learning_rate = 1
        capacity = 20
        long_term.tap = "none"
        deep = {weight = 0.5}
        scale_filter.count = 9
        blocks.2 = {compressed = 8, feature.cell = 6}
    """)
    changed = load_settings("feco", str(file))
    assert changed.learning_rate == 1 and isinstance(changed.learning_rate, float)
    assert (changed.capacity, changed.long_term.tap, changed.deep.weight) == (20, None, 0.5)
    assert changed.scale_filter == dataclasses.replace(own.scale_filter, count=9)
    assert (changed.blocks[2].compressed, changed.blocks[2].feature.cell) == (8, 6)
    assert changed.blocks[:2] == own.blocks[:2] and changed.joint == own.joint
    assert load_settings("feco", write('scale_filter = "none"')).scale_filter is None
    assert load_settings("feco", write("augmentation.rotations = [3, 4]")).augmentation.rotations == (3, 4)
    create_tracker("feco/hand_crafted", settings=load_settings("feco/hand_crafted", write("scale_filter.count = 9")))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lerning_rate = 1", "unknown field lerning_rate; did you mean learning_rate?"),
        ("score.bis = 1", "unknown field score.bis; did you mean bias?"),
        ("score = 3", "score: a table is expected, not 3"),
        ("score = 'none'", "score: a table is expected, not 'none'"),
        ("learning_rate = 'a'", "learning_rate: float is expected, not 'a'"),
        ("learning_rate = 7", "learning_rate 7: at most 1 is expected"),
        ("capacity = 0", "capacity 0: above 0 is expected"),
        ("max_sample_area = -1.5", "max_sample_area -1.5: above 0 is expected"),
        ("learning_rate = true", "learning_rate: float is expected"),
        ("score.bias = inf", "score.bias: inf: a finite number is expected"),
        ("newton_iterations = 1.0", "newton_iterations: int is expected"),
        ("scales.a = 1", "scales: int is expected"),
        ("blocks.5.compressed = 1", "unknown field blocks.5; there are blocks.0 to blocks.4"),
        ("blocks.0.video = 'gren'", "blocks.0.video 'gren': any, colour, grey are possible"),
        ("blocks.0.feature = 3", "blocks.0.feature: cannot be replaced as a whole, only parts of it, as .*feature.tap"),
        ("blocks = [{compressed = 3, feature = {cell = 4}}]", "blocks: cannot be replaced as a whole, .* as blocks.0"),
        ("augmentation.share = 3", "augmentation share 3: above 0 and below 1 is needed"),
        ("needs_network = false", "unknown field needs_network"),
        ("learning_rate", "not TOML"),
    ],
)
def test_what_cannot_be(write, text, said):
    with pytest.raises(InputError, match=f"^settings .*mine.toml: {said}") as caught:
        load_settings("feco", write(text))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="settings .*no.toml: cannot be read"):
        load_settings("feco", tmp_path / "no.toml")


def test_track(run, complains, video, write, tmp_path):
    changed = ("--settings", write("learning_rate = 0.5\npadding = 2.5"))
    boxes = []
    for name, options in (("own", ()), ("changed", changed), ("again", changed)):
        assert run("track", video, *INIT, *options, "--boxes", f"{name}.csv")[0] == 0
        boxes.append([line.split(",")[1:5] for line in (tmp_path / f"{name}.csv").read_text().splitlines()])
    assert boxes[0] != boxes[1] == boxes[2]
    assert "mine.toml: unknown field paddin" in complains(
        "track", video, *INIT, "--settings", write("paddin = 1"), "--boxes", "x.csv"
    )
    assert "would replace the input" in complains("track", video, *INIT, *changed, "--boxes", write("", "mine.csv"),
                                                  "--settings", tmp_path / "mine.csv")  # fmt: skip


def test_values_that_a_tracker_cannot_run_with_are_one_line(complains, video, dataset, write):
    changed = ("--settings", write("feature.cell = 0"))
    assert "fkcf/hog cannot run with them" in complains("track", video, *INIT, *changed)
    options = ("--tracker", "fkcf/hog", *changed)
    assert "cannot run with them" in complains("evaluate", "--dataset", "otb", "--root", dataset, *options)
    assert "cannot run with them" in complains("benchmark", "trackers", *options)
    assert "--tracker, which is missing" in complains("benchmark", "trackers", *changed)


@pytest.mark.usefixtures("forked_workers")
def test_evaluate_keeps_changed_results_apart(run, dataset, write, tmp_path):
    common = ("evaluate", "--dataset", "otb", "--root", dataset, "--tracker", "fkcf/grey", "--results", "raw")
    file = write("learning_rate = 0.5")
    assert run(*common)[0] == 0
    status, out, _ = run(*common, "--settings", file, "--workers", "2", "--json", "o.json")
    assert status == 0 and list(json.loads((tmp_path / "o.json").read_text())["trackers"]) == ["fkcf/grey+mine"]
    changed = load_tracker("fkcf/grey", changes=file)
    present = load_settings("fkcf/grey")
    same = f"learning_rate = {present.learning_rate}\nmax_sample_area = {float(present.max_sample_area)}"
    own = load_tracker("fkcf/grey", changes=write(same, "same.toml"))
    assert tracker_hash(own) == tracker_hash(load_tracker("fkcf/grey")) != tracker_hash(changed)
    folders = {path.name for path in (tmp_path / "raw" / "otb").iterdir() if path.is_dir()}
    assert folders == {f"fkcf-grey-{tracker_hash(loaded)}" for loaded in (own, changed)}
    out = run("compare", "raw", "--tracker", "fkcf/grey", "--tracker", "fkcf/grey+mine")[1]
    assert "fkcf/grey+mine" in out


def test_benchmark(run, dataset, write, tmp_path):
    changed = ("--root", dataset, "--settings", write("padding = 1.0", "small.toml"))
    assert run("benchmark", "trackers", "--tracker", "fkcf/grey", *changed, "--json", "o.json")[0] == 0
    assert "fkcf/grey+small" in json.loads((tmp_path / "o.json").read_text())["trackers"]
