"""The mathematics of correlation filters: no images, no settings."""
