"""A rendered sequence with exact ground truth, made of photographs that ship inside scikit-image."""
