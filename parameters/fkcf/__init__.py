"""Settings of fKCF."""
