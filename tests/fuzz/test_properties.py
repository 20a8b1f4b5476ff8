"""What holds for any input: it is taken and right, or refused in one line."""

import json
import math
import os
import random
import string

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cfvgg_plugin.boxes import is_plausible, parse_box
from cfvgg_plugin.datasets.boxes import read_tracks
from cfvgg_plugin.errors import LONGEST, InputError
from cfvgg_plugin.evaluation.store import describe_folder
from cfvgg_plugin.networks import load_weights
from cfvgg_plugin.registry import create_tracker, full_names
from cfvgg_plugin.train.recipe import load_recipe
from tests.fuzz import api, readers
from tests.fuzz.bed import RECIPE, make
from tests.fuzz.judge import Outcome, judge

pytest.importorskip("yaml", reason="the extra vot is not installed")
pytest.importorskip("onnx", reason="the extra onnx is not installed")
any_input = settings(
    max_examples=25, deadline=None, derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
number = st.floats() | st.integers(-(2**70), 2**70)
tree = st.recursive(
    st.none() | st.booleans() | number | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=9,
)


@pytest.fixture(scope="session")
def bed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bed")
    make(folder)
    return folder


def holds(outcome: Outcome) -> None:
    assert outcome.kind in {"taken", "refused"}, outcome.note


@pytest.mark.parametrize("name", [*api.CASES, *readers.CASES])
@settings(any_input, max_examples=12)
@given(seed=st.integers(0, 2**32 - 1))
def test_cases_of_the_long_run(name, bed, tmp_path_factory, seed):
    case, _ = {**api.CASES, **readers.CASES}[name]
    holds(case(random.Random(seed), bed, tmp_path_factory.mktemp("case")))  # noqa: S311


@any_input
@given(
    image=arrays.arrays(
        arrays.scalar_dtypes() | st.just(np.dtype(np.uint8)), arrays.array_shapes(min_dims=0, max_dims=4, max_side=20)
    ),
    box=st.lists(number, min_size=3, max_size=5) | tree,
)
def test_any_array_and_any_box(image, box):
    tracker = api.tracker("fkcf/hog")
    plain = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
    tracker.init(plain, (4, 4, 12, 10))
    holds(judge(lambda: tracker.init(image, box)))
    holds(judge(lambda: tracker.init(plain, box)))
    tracker.init(plain, (4, 4, 12, 10))
    holds(judge(lambda: tracker.update(image)))
    assert is_plausible(tracker.update(plain).box, 32, 24)


@any_input
@given(name=st.text(max_size=12) | st.text(string.ascii_lowercase + "/_", max_size=8) | tree)
def test_any_name(name):
    known = isinstance(name, str) and (name in full_names() or f"{name}/default" in full_names())
    assert judge(lambda: create_tracker(name)).kind in ({"taken", "refused"} if known else {"refused"})


@any_input
@given(text=st.text(max_size=40) | st.lists(number, max_size=6).map(lambda v: ",".join(map(str, v))))
def test_any_text_of_a_box(text):
    try:
        box = parse_box(text)
    except InputError as error:
        assert "\n" not in str(error)
        return
    assert len(box) == 4 and all(isinstance(v, float) for v in box)


@any_input
@given(content=st.binary(max_size=200) | st.text(string.digits + ",.- \n\tnaeif", max_size=80).map(str.encode))
def test_any_bytes_as_annotation_weights_or_recipe(tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    for reader in (read_tracks, load_recipe):
        holds(judge(lambda reader=reader: reader(path)))
    assert judge(lambda: load_weights(path)).kind == "refused"
    (tmp_path / "list.txt").write_bytes(content)
    holds(judge(lambda: readers.read_sequences(tmp_path)))


@any_input
@given(content=tree)
def test_any_tree_as_manifest_or_settings_of_vot(tmp_path, content):
    (tmp_path / "manifest.json").write_text(json.dumps(content))
    (tmp_path / "config.yaml").write_text(json.dumps(content))
    assert judge(lambda: describe_folder(tmp_path)).kind == "refused" or "tracker" in content
    holds(judge(lambda: readers.read_config(tmp_path)))


@any_input
@given(key=st.sampled_from(["seed", "epochs", "batch", "learning_rate", "loss", "name", "optimizer"]), value=tree)
def test_any_value_in_a_recipe(tmp_path, key, value):
    path = tmp_path / "r.toml"
    lines = [line for line in RECIPE.splitlines() if not line.startswith(f"{key} =")]
    said = json.dumps(value) if not isinstance(value, float) or math.isfinite(value) else str(value)
    path.write_text("\n".join([f"{key} = {said}", *lines]))
    holds(judge(lambda: load_recipe(path)))


@given(text=st.text(max_size=50))
def test_a_message_is_one_line_that_a_terminal_shows(text):
    said = str(InputError(f"a {text} b"))
    assert said.isprintable() and said.startswith("a ") and said.endswith(" b")
    assert len(str(InputError("x" * 10_000))) < LONGEST + 20
