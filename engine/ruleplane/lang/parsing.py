"""Parses an expression of a rule file once, however many look at it: the compiler, the checker, the graph of rules.

Trees are immutable and know their place, so they can be shared; what does not parse is told anew each time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ruleplane.lang import cel

if TYPE_CHECKING:
    from ruleplane.lang.cel.ast import Expr


@lru_cache(maxsize=8192)
def parse_at(text: str, file: str, line: int, column: int) -> Expr:
    """The tree of a text that stands at this place. Raises SourceError."""
    return cel.parse(text, file=file, line=line, column=column)


ANYTHING: Expr = cel.parse("dyn(null)")
"""Stands for a text that does not parse, so that who uses it is not told of it again."""
