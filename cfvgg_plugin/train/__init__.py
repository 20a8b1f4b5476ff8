"""Offline distillation: train a student of VGG-M's shape from big networks and tracking pairs (paper, section IV-A)."""
