"""``changed('status', …)``: in a list element, keep the present value unless the named siblings change.

The value is only known where the element is merged into what is there, so the expression yields this mark and the merge
resolves it (a condition's ``lastTransitionTime`` is the use that everyone knows).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Changed:
    """The instant ``now`` (already in wire form) if one of ``siblings`` differs from the present element, else what
    is there."""

    siblings: tuple[str, ...]
    now: str
