"""The wheel holds the whole package and nothing else."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    pytest.skip("tomllib is new in Python 3.11", allow_module_level=True)

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def source_packages() -> set[str]:
    """Every folder with an __init__.py, under the name it is installed as."""
    found = set()
    for top in ("cfvgg_plugin", "trackers", "parameters", "integration"):
        for init in (ROOT / top).rglob("__init__.py"):
            name = ".".join(init.parent.relative_to(ROOT).parts)
            found.add(name if top == "cfvgg_plugin" else f"cfvgg_plugin.{name}")
    return found


def test_the_wheel_is_whole(tmp_path):
    source = tmp_path / "source"  # a build in place would leave folders that spoil the next one
    hidden = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__", "demo-output")
    shutil.copytree(ROOT, source, ignore=hidden)
    options = ["--no-deps", "--no-build-isolation", "--quiet", "--disable-pip-version-check", "-w", str(tmp_path)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(source)], check=True, cwd=tmp_path)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    packages = {f"{package.replace('.', '/')}/__init__.py" for package in source_packages()}
    assert {name for name in names if name.endswith("/__init__.py")} == packages
    assert {"cfvgg_plugin/parameters/fkcf/conv2.py", "cfvgg_plugin/py.typed", "cfvgg_plugin/weights/README.md"} <= names
    assert {"cfvgg_plugin/weights/compact.md", "cfvgg_plugin/weights/cf_vgg.md"} <= names
    lists = (ROOT / "cfvgg_plugin/datasets/lists").iterdir()
    assert {f"cfvgg_plugin/datasets/lists/{path.name}" for path in lists} <= names
    assert not any(name.startswith(("trackers/", "parameters/", "integration/", "tests/")) for name in names)
    assert {path.name for path in (ROOT / "cfvgg_plugin/weights").glob("*.safetensors")} == {
        Path(name).name for name in names if name.endswith(".safetensors")
    }


def test_extras_and_pins():
    extras = PROJECT["project"]["optional-dependencies"]
    assert {"vot", "got10k", "onnx", "openvino", "train", "dev"} <= extras.keys()
    pins = (ROOT / "constraints.txt").read_text().splitlines()
    assert "torch==2.13.0" in pins
    assert all(line.startswith("#") or "==" in line for line in pins if line)


def test_the_oldest_packages_are_those_of_the_lower_bounds():
    """Of what tests run with; torch is given to make test-oldest by itself."""
    extras = PROJECT["project"]["optional-dependencies"]
    tested = ("demo", "onnx", "opencv-trackers", "openvino", "ray", "report", "train", "test")
    wanted = [*PROJECT["project"]["dependencies"], *(line for name in tested for line in extras[name])]
    bounds = dict(re.fullmatch(r"([a-z0-9-]+)>=([0-9.]+).*", line).groups() for line in wanted if ">=" in line)
    pins = dict(line.split("==") for line in (ROOT / "oldest.txt").read_text().splitlines() if "==" in line)
    for name, bound in bounds.items():
        if name not in {"torch", "tomli"}:
            assert f"{pins[name]}.".startswith(f"{bound}."), name


def test_slow_tests_are_named_as_they_are():
    for line in (ROOT / "tests/slow.txt").read_text().split():
        file, _, name = line.partition("::")
        assert f"def {name}(" in (ROOT / file).read_text(), line
