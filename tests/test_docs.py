"""The site of `make docs`: every page and every public name is in it, and no link is broken."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import cfvgg_plugin

ROOT = Path(__file__).parent.parent


def test_the_site_is_built_without_a_warning(tmp_path):
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--site-dir",
        str(tmp_path / "site"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made = {str(page.relative_to(tmp_path / "site").with_suffix("")) for page in (tmp_path / "site").rglob("*.html")}
    pages = {str(page.relative_to(ROOT / "docs").with_suffix("")) for page in (ROOT / "docs").rglob("*.md")}
    assert made >= pages | {"index", "CONTRIBUTING", "examples"}
    text = (tmp_path / "site" / "api.html").read_text(encoding="utf-8")
    for name in set(cfvgg_plugin.__all__) - {"__version__"}:
        assert f'.{name}"' in text, name


def test_every_member_of_a_public_name_is_explained():
    griffe = pytest.importorskip("griffe", reason="the extra docs is not installed")
    package = griffe.load("cfvgg_plugin", search_paths=[str(ROOT)])
    names = re.findall(r"^::: cfvgg_plugin\.(.+)$", (ROOT / "docs/api.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(names) == len(cfvgg_plugin.__all__) - 1  # __version__ is no page
    for name in names:
        members = {f"{name}.{key}": member for key, member in package[name].members.items() if not key.startswith("_")}
        for place, found in {name: package[name], **members}.items():
            assert found.is_alias or found.docstring, place
