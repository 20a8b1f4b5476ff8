"""fDeepSTRCF: spatial-temporal regularised correlation filters on deep and hand-crafted features."""

from cfvgg_plugin.trackers.fdeepstrcf.fdeepstrcf import FDeepSTRCF


def get_tracker_class() -> type[FDeepSTRCF]:
    """The tracker's class."""
    return FDeepSTRCF
