"""Long-term tracking: a target that is lost is searched in the whole frame, and believed only when it is confirmed."""
