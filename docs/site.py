"""What `mkdocs.yml` adds to the pages of this folder: README, CONTRIBUTING and the scripts of examples/."""

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent
BESIDE = ("README.md", "CONTRIBUTING.md")


def on_files(files: Files, config: Any) -> Files:
    """Bring in what stands outside of docs/."""
    for name in BESIDE:
        files.append(File.generated(config, name, content=(ROOT / name).read_text(encoding="utf-8")))
    files.append(File.generated(config, "examples.md", content=_examples()))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Links as they are within the site: `docs/x.md`, `../x.md` and `../examples/x.py` are pages of it."""
    if page.file.src_uri in BESIDE:
        markdown = markdown.replace("](docs/", "](")
        markdown = re.sub(r'src="docs/', 'src="', markdown)
    up = "../" * page.file.src_uri.count("/")
    markdown = re.sub(r"\]\((?:\.\./)*examples/(\w+)\.py\)", rf"]({up}examples.md#\1py)", markdown)
    markdown = re.sub(r"\]\((?:\.\./)*examples/?\)", f"]({up}examples.md)", markdown)
    return re.sub(r"\]\((?:\.\./)+(README|CONTRIBUTING)\.md", rf"]({up}\1.md", markdown)


def _examples() -> str:
    parts = ["# Examples\n"]
    for script in sorted((ROOT / "examples").glob("*.py")):
        parts.append(f"## {script.name}\n\n```python\n{script.read_text(encoding='utf-8')}```\n")
    return "\n".join(parts)
