"""got10k, the GOT-10k toolkit: our trackers as its trackers, and its experiments from the command line.

`GOT10kTracker` is imported when it is asked for: without got10k, importing it raises InputError that names the extra.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    if name == "GOT10kTracker":
        from cfvgg_plugin.integration.got10k.tracker import GOT10kTracker  # noqa: PLC0415 (needs got10k)

        return GOT10kTracker
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
