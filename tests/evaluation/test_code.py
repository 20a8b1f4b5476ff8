"""A tracker's results are those of the code that it imports, and of no other."""

import shutil
from pathlib import Path

import pytest

from cfvgg_plugin.evaluation.code import RUN, code_hash, find_sources, modules_of
from cfvgg_plugin.registry import full_names, load_settings

ROOT = Path(__file__).parents[2]
NAMES = ("feco/default", "feco/adaptive", "feco/long_term", "fkcf/grey", "fkcf/conv2", "fdeepstrcf/default")


def hashes(folder: Path) -> dict[str, str]:
    code_hash.cache_clear()
    places = (str(folder / "cfvgg_plugin"), str(folder))
    return {name: code_hash(modules_of(name, load_settings(name)), places) for name in NAMES}


@pytest.fixture
def copied(tmp_path):
    for part in ("cfvgg_plugin", "trackers", "parameters"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=lambda _, names: {n for n in names if n == "__pycache__"})
    return tmp_path


EVERY = set(NAMES)
FECO = {name for name in NAMES if name.startswith("feco")}


@pytest.mark.parametrize(
    ("file", "changed"),
    [
        ("trackers/fkcf/fkcf.py", {"fkcf/grey", "fkcf/conv2"}),
        ("trackers/feco/scale.py", FECO),
        ("trackers/fdeepstrcf/__init__.py", {"fdeepstrcf/default"}),
        ("parameters/feco/cf_vgg.py", {"feco/adaptive"}),
        ("cfvgg_plugin/filters/tracking_loss.py", FECO | {"fdeepstrcf/default"}),
        ("cfvgg_plugin/filters/kcf.py", {"fkcf/grey", "fkcf/conv2"}),
        ("cfvgg_plugin/long_term/tracker.py", {"feco/long_term"}),
        ("cfvgg_plugin/networks/architectures/compact.py", EVERY - {"fkcf/grey"}),
        ("cfvgg_plugin/networks/backends.py", EVERY - {"fkcf/grey"}),
        ("cfvgg_plugin/features/fhog.py", EVERY),
        ("cfvgg_plugin/datasets/staging.py", EVERY),
        ("cfvgg_plugin/evaluation/store.py", set()),
        ("cfvgg_plugin/cli.py", set()),
    ],
)
def test_an_edit_changes_the_trackers_that_import_the_file(copied, file, changed):
    before = hashes(copied)
    assert before == hashes(ROOT) and len(set(before.values())) == len(NAMES)
    (copied / file).write_text((copied / file).read_text() + "# edited\n")
    after = hashes(copied)
    assert {name for name in NAMES if before[name] != after[name]} == changed


def test_a_new_tracker_changes_none(copied):
    before = hashes(copied)
    shutil.copytree(copied / "trackers" / "fkcf", copied / "trackers" / "another")
    shutil.copytree(copied / "parameters" / "fkcf", copied / "parameters" / "another")
    assert hashes(copied) == before


def test_imports_of_every_form_are_followed(tmp_path):
    (tmp_path / "inner" / "deep").mkdir(parents=True)
    for name, text in {
        "start.py": "def f():\n    import cfvgg_plugin.one\n    from cfvgg_plugin import two, no_module\n",
        "one.py": "from cfvgg_plugin.inner.deep.leaf import CONSTANT\n",
        "two.py": "import numpy, cfvgg_plugin.start\nif True:\n    from .inner import beside\n",
        "inner/__init__.py": "from .three import x\n",
        "inner/three.py": "from cfvgg_plugin import *\n",
        "inner/beside.py": "from ..four import y\n",
        "inner/deep/__init__.py": "from . import leaf\n",
        "inner/deep/leaf.py": "",
        "four.py": "",
        "unused.py": "",
        "__init__.py": "import cfvgg_plugin.unused\n",
    }.items():
        (tmp_path / name).write_text(text)
    found = find_sources(["cfvgg_plugin.start"], [str(tmp_path)])
    inner = {"inner", "inner.three", "inner.beside", "inner.deep", "inner.deep.leaf"}
    assert set(found) == {f"cfvgg_plugin.{name}" for name in {"start", "one", "two", "four"} | inner}
    assert found["cfvgg_plugin.inner.deep"] == tmp_path / "inner" / "deep" / "__init__.py"


def test_what_a_run_needs_is_there():
    for name in full_names():
        modules = modules_of(name, load_settings(name))
        assert {f"cfvgg_plugin.{part}" for part in RUN} <= set(modules) <= set(find_sources(modules))
