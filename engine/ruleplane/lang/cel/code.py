"""A piece of generated Python and what is known of the value it computes."""

from __future__ import annotations

from typing import NamedTuple

from ruleplane.lang.cel.values import INT_MAX


class Code(NamedTuple):
    """Python source of a value. ``kind``: ``any`` or the Python class (bool, int, float, str, bytes, list, dict, none).

    ``simple``: may be written twice (a name, a constant). ``bound``: largest magnitude of an int.
    """

    text: str
    kind: str = "any"
    simple: bool = False
    bound: int = INT_MAX + 1
