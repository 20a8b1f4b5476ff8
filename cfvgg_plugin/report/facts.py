"""Where results come from: what their manifests say."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cfvgg_plugin.evaluation.raw import name_folders
from cfvgg_plugin.evaluation.store import Machine, Manifest, describe_folder


@dataclass(frozen=True)
class Facts:
    """Of one tracker; without a manifest, of other people's results, only the name."""

    tracker: str
    settings_hash: str = ""
    """Of its settings, weights and backend, as in the folder's name."""
    weights: str = ""
    """SHA-256."""
    backend: str = ""
    machines: tuple[str, ...] = ()
    """Versions, processor and threads of every machine that made some of the results."""
    settings: str = ""
    """All of them, as JSON."""


def read_facts(folder: Path, trackers: Iterable[str]) -> list[Facts]:
    """Facts of the trackers whose results are in `folder` or below it; names as `read_results` gives them.

    Raises InputError for a manifest that is none.
    """
    folders = [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]
    manifests = {path: manifest for path in folders if (manifest := describe_folder(path)) is not None}
    by_name = {manifest.tracker: path for path, manifest in manifests.items()}
    by_name |= {name: path for path, name in name_folders(manifests).items()}
    by_name |= {path.name: path for path in manifests}
    facts = []
    for name in trackers:
        path = by_name.get(name)
        facts.append(_read(name, path, manifests[path]) if path is not None else Facts(name))
    return facts


def _read(name: str, folder: Path, manifest: Manifest) -> Facts:
    return Facts(
        name,
        settings_hash=folder.name.rpartition("-")[2],
        weights=manifest.weights.sha256 if manifest.weights else "",
        backend=manifest.backend or "",
        machines=tuple(_machine(entry) for entry in manifest.made_with),
        settings=json.dumps(manifest.settings, indent=2),
    )


def _machine(entry: Machine) -> str:
    versions = ", ".join(f"{package} {version}" for package, version in entry.versions.items())
    return "; ".join(filter(None, (versions, entry.processor, f"{entry.threads} thread(s)" if entry.threads else None)))
