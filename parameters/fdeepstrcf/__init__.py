"""Settings of fDeepSTRCF."""
