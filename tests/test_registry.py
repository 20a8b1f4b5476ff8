import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest

import cfvgg_plugin
from cfvgg_plugin import InputError, create_tracker, full_names, load_settings
from cfvgg_plugin.features import HOGFeature
from cfvgg_plugin.registry import describe, setting_names, split_name, tracker_names
from cfvgg_plugin.settings import settings_dict, settings_hash


def test_every_tracker_has_a_default_and_every_setting_a_description():
    for tracker in tracker_names():
        assert "default" in setting_names(tracker)
    for name in full_names():
        assert len(describe(name)) > 10


@pytest.mark.parametrize("name", full_names())
def test_settings_are_frozen_and_strict(name):
    settings = load_settings(name)
    assert settings == load_settings(name)
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.learning_rate = 1
    with pytest.raises(TypeError, match="lerning_rate"):
        dataclasses.replace(settings, lerning_rate=1)


def test_hashes_change_with_every_setting_and_with_the_weights():
    settings = load_settings("fkcf/hog")
    hashes = {settings_hash(settings), settings_hash(settings, "ab")}
    for field in dataclasses.fields(settings):
        value = HOGFeature(cell=5) if field.name == "feature" else 0.123
        hashes.add(settings_hash(dataclasses.replace(settings, **{field.name: value})))
    assert len(hashes) == 2 + len(dataclasses.fields(settings))
    assert settings_hash(settings) == settings_hash(load_settings("fkcf/hog"))
    assert settings_dict(settings)["feature"] == {"type": "HOGFeature", "cell": 4}


def test_names():
    assert split_name("fkcf") == ("fkcf", "default")
    assert split_name("fkcf/conv5") == ("fkcf", "conv5")
    for wrong, nearest in (("fkfc", "fkcf"), ("fkcf/cnov2", "fkcf/conv2"), ("kcf", "fkcf")):
        with pytest.raises(InputError, match=f"did you mean {nearest}\\?"):
            split_name(wrong)
    with pytest.raises(InputError, match="cfvgg list"):
        split_name("../../etc")


def test_weights_are_the_packages_own_or_those_named_and_only_read_where_needed():
    create_tracker("fkcf/conv2")
    with pytest.raises(InputError, match="no such file, nor a stored name .cf_vgg.*weights list") as caught:
        create_tracker("fkcf/conv2", weights="CF_VGGM.mat")
    assert "\n" not in str(caught.value)
    create_tracker("fkcf/hog", weights="not/read.mat")


def test_what_is_no_weights_settings_or_threads():
    with pytest.raises(InputError, match="weights of int: a file, a stored name, or a backbone"):
        create_tracker("fkcf/conv2", weights=3)
    with pytest.raises(InputError, match="settings of dict: those that load_settings gives"):
        create_tracker("fkcf/hog", settings={"padding": 2})
    with pytest.raises(InputError, match="threads '2': a whole number"):
        create_tracker("fkcf/hog", threads="2")


def test_changed_settings(random_weights):
    settings = dataclasses.replace(load_settings("fkcf/conv2"), padding=2.0)
    assert create_tracker("fkcf/conv2", weights=random_weights, settings=settings).settings.padding == 2


@pytest.mark.parametrize("name", ["feco/", "/hog", "", "feco/default/x", "fkcf/hog\n", None, 3, ["feco"], float("nan")])
def test_what_is_no_name_of_a_tracker(name):
    for function in (split_name, load_settings, create_tracker):
        with pytest.raises(InputError, match="tracker") as caught:
            function(name)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("folder", ["checkout", "elsewhere"])
def test_the_package_is_whole_from_any_folder(folder, tmp_path):
    """trackers/, parameters/ and integration/ are found as installed, and beside a checkout's cfvgg_plugin."""
    cwd = Path(cfvgg_plugin.__file__).parent.parent if folder == "checkout" else tmp_path
    code = (
        "import cfvgg_plugin.trackers.fkcf, cfvgg_plugin.parameters, cfvgg_plugin.integration as i; print(i.__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout == "cfvgg_plugin.integration\n"


@pytest.mark.parametrize("name", ["feco/hand_crafted", "fdeepstrcf/adaptive"])
def test_the_first_frame_of_a_process_imports_next_to_nothing(name):
    """Numba and torch import hundreds of modules at the first use of some parts, up to 2 s: not on a frame's time.

    Nothing of the training is imported at all, though some trackers adapt their network.
    """
    code = f"""if True:
        import sys
        import numpy as np
        from cfvgg_plugin import create_tracker
        tracker = create_tracker("{name}")
        before = set(sys.modules)
        tracker.init(np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8), (60, 40, 40, 40))
        print(*sorted(set(sys.modules) - before))
        print(*(name for name in sys.modules if name.startswith("cfvgg_plugin.train")))
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded, training = (line.split() for line in done.stdout.splitlines())
    assert len(loaded) < 20 and training == [], done.stdout
