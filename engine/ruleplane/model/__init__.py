"""Shapes: kinds and their types, rule files, trace records; imports nothing of ours but errors."""
