"""fKCF: a plain kernelised correlation filter on one feature layer (paper, table V)."""

from cfvgg_plugin.trackers.fkcf.fkcf import FKCF


def get_tracker_class() -> type[FKCF]:
    """The tracker's class."""
    return FKCF
