"""fDeepSTRCF for VOT: the same values, as published."""

from cfvgg_plugin.parameters.fdeepstrcf.default import parameters

__all__ = ["parameters"]
