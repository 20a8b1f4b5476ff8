"""Which edits of the sources make results other ones."""

import shutil
from pathlib import Path

import pytest

from cfvgg_plugin.evaluation import store
from cfvgg_plugin.evaluation.code import package_folders
from cfvgg_plugin.evaluation.run import Entrant
from cfvgg_plugin.registry import load_settings

NAMES = ("fkcf/gray", "fkcf/conv2", "feco/hand_crafted", "feco/adaptive", "feco/long_term", "opencv/kcf")


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A copy of the package's sources, which results are hashed by."""
    copy, unneeded = tmp_path / "copy", shutil.ignore_patterns("*.pyc", "*.nbi", "*.nbc", "*.pt", "weights")
    for home in package_folders():
        parts = (home,) if (home / "boxes.py").is_file() else (home / "trackers", home / "parameters")
        for part in parts:
            target = copy if part == home else copy / part.name
            shutil.copytree(part, target, ignore=unneeded, dirs_exist_ok=True)
    monkeypatch.setattr(store, "package_folders", lambda: (copy,))
    return copy


def codes() -> dict[str, str]:
    store.code_digest.cache_clear()
    return {name: store._code(Entrant(name, load_settings(name), None)) for name in NAMES}


@pytest.mark.parametrize(
    ("file", "changed"),
    [
        ("trackers/fkcf/fkcf.py", set(NAMES[:2])),
        ("filters/kcf.py", set(NAMES[:2])),
        ("trackers/feco/scale.py", {name for name in NAMES if name.startswith("feco")}),
        ("filters/eco.py", {name for name in NAMES if name.startswith("feco")}),
        ("adaptation.py", {"feco/adaptive"}),
        ("filters/tracking_loss.py", {"feco/adaptive"}),
        ("networks/backends.py", {name for name in NAMES if load_settings(name).needs_network}),
        ("long_term/sweep.py", {"feco/long_term"}),
        ("trackers/new/__init__.py", set()),
        ("parameters/feco/settings.py", set()),
        ("parameters/feco/adaptive.py", set()),
        ("datasets/light.py", set(NAMES)),
        ("boxes.py", set(NAMES)),
    ],
)
def test_an_edit_is_of_the_trackers_that_import_the_file(folder, file, changed):
    before = codes()
    (folder / file).parent.mkdir(exist_ok=True)
    with (folder / file).open("a") as stream:
        stream.write("\n# edited\n")
    after = codes()
    assert {name for name in NAMES if before[name] != after[name]} == changed


def test_an_import_inside_a_function_counts(folder):
    with (folder / "trackers/fkcf/fkcf.py").open("a") as stream:
        stream.write("\n\ndef later():\n    from cfvgg_plugin.trackers import late\n")
    late = folder / "trackers/late.py"
    late.write_text("")
    before = codes()
    late.write_text("# edited\n")
    after = codes()
    assert {name for name in NAMES if before[name] != after[name]} == set(NAMES[:2])
