"""fDeepSTRCF for VOT: the same values, as published."""

from cfvgg_plugin.parameters.fdeepstrcf.cf_vgg import parameters

__all__ = ["parameters"]
