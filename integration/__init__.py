"""Adapters for the tracking hosts, one folder a host. Host packages are imported nowhere else."""
