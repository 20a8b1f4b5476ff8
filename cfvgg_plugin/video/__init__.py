"""Pictures in, boxes out: files, cameras and streams, targets in them, and what is left of a run."""
