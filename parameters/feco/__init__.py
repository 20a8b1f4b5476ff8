"""Settings of fECO."""
