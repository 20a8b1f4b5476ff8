"""Benchmarks as they lie on disk: sequences, their boxes and attributes."""
