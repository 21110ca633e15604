"""``drive``, for tests: the same one that specs use."""

from __future__ import annotations

from ruleplane.specs.drive import drive

__all__ = ["drive"]
