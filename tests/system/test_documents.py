"""JSON, TOML and YAML with the right syntax and the wrong shape."""

import dataclasses
import json

import pytest

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.system.documents import Count, Document, convert, read_json
from cfvgg_plugin.train.recipe import Recipe, Source, load_recipe

DEEP = "[" * 100_000
SOURCES = '[[sources]]\nlayout = "otb"\nroot = "x"\n'


class Note(Document, frozen=True):
    name: str
    count: Count | None = None
    inner: dict[str, list[float]] | None = None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "a table is expected"),
        ("3", "a table is expected, not 3"),
        ("{}", "name is missing"),
        ('{"name": 3}', "name: str is expected, not 3"),
        ('{"name": "x", "count": 0}', "count 0: above 0 is expected"),
        ('{"name": "x", "count": NaN}', "malformed"),
        ('{"name": "x", "inner": {"a": [1, "b"]}}', "float is expected"),
        ('{"name": "x", "inner": {"a": [1e999]}}', "out of range"),
        ('{"name": "x", "count": 1e30}', "count: int or nothing is expected"),
        ('{"name": ', "truncated"),
        (DEEP, "nested too deeply|a table is expected"),
        ('{"name": "x", "inner": ' + '{"a": ' * 50_000, "nested too deeply|list is expected|truncated"),
        ("", "truncated"),
    ],
)
def test_shapes_of_json(tmp_path, text, message):
    path = tmp_path / "n.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read_json(path, Note, "note")
    assert str(caught.value).startswith(f"{path}: is no note") and "\n" not in str(caught.value)


def test_a_byte_order_mark_and_entries_of_others_are_passed_over(tmp_path):
    path = tmp_path / "n.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps({"name": "é", "of_others": [1]}).encode())
    assert read_json(path, Note, "note") == Note("é")


def test_files_that_are_none(tmp_path):
    (tmp_path / "latin.json").write_bytes(b'{"name":\n "\xe9"}')
    for path, message in (
        (tmp_path, "Is a directory"),
        (tmp_path / "none.json", "No such file"),
        (tmp_path / "latin.json", "line 2: bytes that are not UTF-8"),
        (tmp_path / ("x" * 300), "File name too long"),
    ):
        with pytest.raises(InputError, match=message):
            read_json(path, Note, "note")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("seed = -1", "seed -1: 0 or more is expected"),
        ("seed = 1e24", "seed: int is expected"),
        ("seed = 1000000000000000000000000", "seed 1000000000000000000000000: at most 9.22337e.18"),
        ("batch = 1e30", "batch: int is"),
        ("batch = 1000000000", "batch 1000000000: at most 65536"),
        ("batch = 0", "batch 0: above 0"),
        ("checkpoint_every = 0", "checkpoint_every 0: above 0"),
        ("validate_every = 0", "validate_every 0: above 0"),
        ("average = 2.0", "average 2: below 1 is expected"),
        ("average = nan", "average nan: "),
        ("label_sigma = 0", "label_sigma 0: above 0"),
        ("label_sigma = inf", "label_sigma inf: at most 10"),
        ("learning_rate = []", "learning_rate: 2 values are expected, not 0"),
        ("learning_rate = [nan, 1e-3]", "learning_rate.0. nan: above 0"),
        ("epochs = true", "epochs: int is expected, not True"),
        ("level = ['conv1']", "unknown entry level; there are .*did you mean levels"),
        ("levels = 'conv1'", "levels: a list is expected"),
        ("pairs = {size = 10}", "pairs.size 10: 64 or more"),
        ("pairs = {context = [5.0, 3.0]}", "context 5, 3"),
        ("pairs = {blur = 1.5}", "pairs.blur 1.5: at most 1"),
        ("network = {width = nan}", "width"),
        ("network = {width = 'x'}", "network.width: float is expected"),
        ("network = 3", "network: a table is expected"),
        ("width = 0.5\nnetwork = 3", "width|network"),
        ("architecture = 'compact'\nnetwork = {conv1 = 1000000000}", "network.conv1 1000000000: at most 4096"),
        ("validation = {layout = 'otb', root = 'x', weight = -1}", "validation.weight -1: 0 or more"),
    ],
)
def test_ranges_of_recipes(tmp_path, line, message):
    path = tmp_path / "r.toml"
    path.write_text(f"loss = 'tracking'\n{line}\n{SOURCES}")
    with pytest.raises(InputError, match=message) as caught:
        load_recipe(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(("weight", "message"), [("nan", "weight nan"), ("-1.0", "0 or more"), ("0", "all of them")])
def test_weights_of_sources(tmp_path, weight, message):
    path = tmp_path / "r.toml"
    path.write_text(f"loss = 'tracking'\n{SOURCES}weight = {weight}\n")
    with pytest.raises(InputError, match=message):
        load_recipe(path)


def test_the_same_ranges_hold_in_programs():
    recipe = Recipe((Source("otb", "x"),), loss="tracking")
    for change in ({"seed": -1}, {"average": 2.0}, {"learning_rate": ()}, {"label_sigma": float("nan")}):
        with pytest.raises(InputError, match=next(iter(change))):
            dataclasses.replace(recipe, **change)


def test_text_that_is_no_unicode():
    with pytest.raises(InputError, match="no Unicode"):
        convert({"\udcff": 1, "name": "x"}, Note)


def test_structures_that_hold_themselves():
    inner: dict[str, object] = {}
    inner["a"] = inner
    assert convert({"x": inner}, dict[str, dict[str, object]])["x"] is not None
