"""Trackers of other packages: the tutorial's, as it stands there, and broken ones."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from cfvgg_plugin import InputError, create_tracker, full_names, load_settings, plugins
from cfvgg_plugin.evaluation.code import modules_of
from cfvgg_plugin.evaluation.run import load_tracker
from cfvgg_plugin.evaluation.store import tracker_hash
from cfvgg_plugin.registry import describe, find_plugin, setting_names
from tests.commands.conftest import run

__all__ = ["run"]

ROOT = Path(__file__).parent.parent


def write_tutorial_package(folder: Path) -> None:
    text = (ROOT / "docs/tutorials/add_a_tracker.md").read_text()
    files = re.findall(r"`(\S+)`\n\n```\w+\n(.*?)```", text, re.DOTALL)
    assert [name for name, _ in files] == ["cfvgg_ncc.py", "pyproject.toml"]
    folder.mkdir()
    for name, content in files:
        (folder / name).write_text(content)


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The tutorial's package, installed by pip into a folder of its own."""
    folder = tmp_path_factory.mktemp("plugin")
    write_tutorial_package(folder / "source")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(folder / "site")]
    subprocess.run([*command, str(folder / "source")], check=True, cwd=folder)
    return folder / "site"


@pytest.fixture
def install(installed, monkeypatch):
    """Called, it lets this process find the tutorial's package until the test's end."""

    def now() -> None:
        monkeypatch.syspath_prepend(str(installed))
        forget()

    yield now
    sys.modules.pop("cfvgg_ncc", None)
    forget()


def forget():
    for function in (plugins.registered, plugins._load, plugins.plugin_code):
        function.cache_clear()


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Where packages can be written as pip would install them; they are gone after the test."""
    (tmp_path / "site").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    before = set(sys.modules)
    forget()
    yield tmp_path / "site"
    for name in set(sys.modules) - before:
        if name.startswith("theirs"):
            del sys.modules[name]
    forget()


def register(site: Path, package: str, points: str, **files: str) -> None:
    info = site / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[cfvgg_plugin.trackers]\n{points}\n")
    for name, text in files.items():
        path = site / (f"{name.removesuffix('__init')}/__init__.py" if name.endswith("__init") else f"{name}.py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


WHOLE = '''"""A tracker that stays."""
from dataclasses import dataclass
from cfvgg_plugin import Tracker, TrackResult

@dataclass(frozen=True)
class Settings:
    speed: float = 1
    needs_network: bool = False

class Still(Tracker):
    def __init__(self, settings, network):
        self.settings = settings
    def _start(self, image, box):
        self.box = box
    def _step(self, image):
        return TrackResult(self.box, 1.0, False)

def get_tracker_class():
    return Still

def parameters():
    return Settings()
'''


def test_contributings_tracker_is_listed(run, install):
    install()
    status, out, err = run("list")
    assert (status, err) == (0, "")
    assert re.search(r"ncc/default +Normalised cross-correlation: .* \[cfvgg-ncc 1.0\]", out)
    assert "feco/default" in out


def test_contributings_tracker_is_evaluated_and_others_results_stay(run, install, tmp_path, sequence_folder):
    common = ("evaluate", "--dataset", "otb", "--root", sequence_folder, "--results", tmp_path / "raw")
    ours = tracker_hash(load_tracker("fkcf/hog"))  # where that package is not installed
    both = ("--tracker", "ncc", "--tracker", "fkcf/hog", "--json", tmp_path / "o.json")
    install()
    status, out, err = run(*common, *both)
    assert status == 0, err
    own, theirs = sorted(path.name for path in (tmp_path / "raw" / "otb").iterdir() if path.is_dir())
    assert own == f"fkcf-hog-{ours}" and theirs.startswith("ncc-default-")
    assert '"cfvgg-ncc": "1.0"' in (tmp_path / "raw" / "otb" / theirs / "manifest.json").read_text()
    assert float(re.search(r"ncc +([\d.]+)", out)[1]) > 0.7


@pytest.fixture
def sequence_folder(tmp_path) -> Path:
    import cv2
    import numpy as np

    from tests.conftest import moving_blob

    images, boxes = moving_blob(6)
    (tmp_path / "otb" / "One" / "img").mkdir(parents=True)
    for number, image in enumerate(images, 1):
        cv2.imwrite(str(tmp_path / "otb" / "One" / "img" / f"{number:04d}.png"), image[:, :, ::-1])
    np.savetxt(tmp_path / "otb" / "One" / "groundtruth_rect.txt", boxes + [1, 1, 0, 0], fmt="%d", delimiter=",")
    return tmp_path / "otb"


def test_a_package_with_several_settings(site, blob):
    register(site, "still", "still = theirs_still", theirs_still__init=WHOLE.replace("def parameters", "def _unused"))
    folder = site / "theirs_still" / "parameters"
    folder.mkdir(parents=True)
    for name, text in {"__init__": "", "default": '"""Stays."""\n', "fast": '"""Stays faster."""\n'}.items():
        (folder / f"{name}.py").write_text(
            text + ("from theirs_still import Settings\n\ndef parameters():\n    return Settings()\n" if text else "")
        )
    assert setting_names("still") == ["default", "fast"] and describe("still/fast") == "Stays faster."
    assert {"still/default", "still/fast", "feco/default"} < set(full_names())
    tracker = create_tracker("still")
    tracker.init(blob[0][0], blob[1][0])
    assert tracker.update(blob[0][1]).box == tuple(blob[1][0])
    with pytest.raises(InputError, match="did you mean still/fast"):
        load_settings("still/fats")


def test_results_are_of_the_packages_code(site):
    ours = tracker_hash(load_tracker("fkcf/hog"))
    register(site, "still", "still = theirs_still", theirs_still=WHOLE)
    forget()
    before = tracker_hash(load_tracker("still"))
    (site / "theirs_still.py").write_text(WHOLE + "# changed\n")
    forget()
    assert tracker_hash(load_tracker("still")) != before
    assert tracker_hash(load_tracker("fkcf/hog")) == ours
    changed = site / "theirs_still.toml"
    changed.write_text("speed = 2\n")
    assert tracker_hash(load_tracker("still", changes=changed)) != tracker_hash(load_tracker("still"))


def test_what_a_package_imports_of_this_one_counts(site):
    lines = {
        "plain": "",
        "borrows": "from cfvgg_plugin.filters import kcf",
        "asks": "import cfvgg_plugin",
        "makes": "from cfvgg_plugin import create_tracker",
        "follows": "from cfvgg_plugin.multi import MultiTracker",
    }
    for name, line in lines.items():
        register(site, name, f"{name} = theirs_{name}", **{f"theirs_{name}__init": f"{WHOLE}{line}\n"})
        (site / f"theirs_{name}" / "template.py").write_text("{{ no Python\n")
    forget()
    plain, borrows, *others = (set(modules_of(name, load_settings(name))) for name in lines)
    assert borrows - plain == {"cfvgg_plugin.filters", "cfvgg_plugin.filters.kcf"}
    for asks in others:  # for trackers by their names, which could be any
        assert {"cfvgg_plugin.trackers.feco", "cfvgg_plugin.parameters.feco.vot"} <= asks - plain


def test_data_of_a_package_count_too(site):
    register(site, "still", "still = theirs_still", theirs_still__init=WHOLE)
    before = plugins.plugin_code(find_plugin("still"))
    (site / "theirs_still" / "table.csv").write_text("1,2\n")
    (site / "theirs_still" / "__pycache__").mkdir(exist_ok=True)
    forget()
    after = plugins.plugin_code(find_plugin("still"))
    (site / "theirs_still" / "__pycache__" / "x.nbi").write_text("")
    forget()
    assert before != after == plugins.plugin_code(find_plugin("still"))


BROKEN = {
    "import": ("raise RuntimeError('no\\nlicence')", r"cannot be loaded \(RuntimeError: no licence\)"),
    "missing": ("import theirs_not_here", "cannot be loaded .ModuleNotFoundError"),
    "exits": ("raise SystemExit(3)", "cannot be loaded .SystemExit"),
    "no_class": (WHOLE.replace("get_tracker_class", "other"), "cannot be loaded .AttributeError: .*get_tracker_class"),
    "other_class": (WHOLE.replace("return Still", "return dict"), "a subclass of Tracker is expected"),
    "no_settings": (WHOLE.replace("def parameters", "def other"), "cannot be loaded .ModuleNotFoundError"),
    "not_frozen": (WHOLE.replace("frozen=True", ""), "not frozen, or has lists"),
    "no_network": (WHOLE.replace("needs_network", "needs"), "without needs_network"),
    "a_dict": (WHOLE.replace("return Settings()", "return {}"), "dict; a frozen dataclass is expected"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_package_is_one_line_and_the_others_work(site, kind):
    text, fault = BROKEN[kind]
    register(site, "not-whole", "broken = theirs_broken", theirs_broken=text)
    register(site, "still", "still = theirs_still", theirs_still=WHOLE)
    for use in (load_settings, create_tracker):
        with pytest.raises(InputError, match=f"^tracker broken of package not-whole: .*{fault}") as caught:
            use("broken")
        assert "\n" not in str(caught.value)
    names = full_names()
    assert "still/default" in names and "feco/default" in names and "broken/default" not in names
    create_tracker("still")
    with pytest.raises(InputError, match="did you mean still"):
        load_settings("stil")


@pytest.mark.parametrize(
    ("points", "others", "said"),
    [
        ("fkcf = theirs_still", "", "tracker fkcf: is in cfvgg-plugin and in still; uninstall"),
        (
            "same = theirs_still",
            "same = theirs_still",
            "tracker same: is in another and in still; uninstall all but one",
        ),
    ],
)
def test_names_that_clash(site, points, others, said):
    register(site, "still", points, theirs_still=WHOLE)
    if others:
        register(site, "another", others)
    name = points.partition(" ")[0]
    with pytest.raises(InputError, match=said):
        create_tracker(f"{name}/default")
    names = full_names()
    assert "feco/default" in names and not any(other.startswith(f"{name}/") for other in names)
    assert len(plugins.plugins(("fkcf",))[1]) == 1


def test_nothing_is_imported_before_it_is_asked_for(site):
    register(site, "still", "still = theirs_still", theirs_still=WHOLE)
    create_tracker("fkcf/hog")
    assert "theirs_still" not in sys.modules


def test_a_name_that_is_none(site):
    register(site, "still", "my-tracker = theirs_still", theirs_still=WHOLE)
    with pytest.raises(InputError, match="letters, digits and underscores"):
        create_tracker("my-tracker")
