"""Which functions an expression calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ruleplane.lang.cel.ast import Call
from ruleplane.lang.cel.walk import walk

if TYPE_CHECKING:
    from ruleplane.lang.cel.ast import Expr


def functions_called(expr: Expr) -> set[str]:
    """Names of every function and operator called."""
    return {node.function for node in walk(expr) if isinstance(node, Call)}
