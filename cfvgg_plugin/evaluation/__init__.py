"""One-pass evaluation: sequences, runs, scores, tables."""
