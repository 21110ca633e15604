"""Which macros exist: their names, how many variables they bind and how many expressions they take.

One table, read by the parser. What a macro means stands in interpret_macros.py (exactly) and emit_macros.py (fast): a
new macro is a row here and a function in each.

Beyond the specification and cel-go's extensions: ``sortBy`` ``min`` ``max`` ``sum`` ``tally`` ``groupBy`` ``toMap``
``flatMap``.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Form(NamedTuple):
    """``target.written(variables…, expressions…)`` becomes ``Macro(name, …)``."""

    name: str
    variables: int
    expressions: int


def _table(*forms: tuple[str, str, int, int]) -> dict[tuple[str, int], Form]:
    return {(written, variables + count): Form(name, variables, count) for written, name, variables, count in forms}


MEMBER: Final = _table(
    ("all", "all", 1, 1),
    ("exists", "exists", 1, 1),
    ("exists_one", "existsOne", 1, 1),
    ("existsOne", "existsOne", 1, 1),
    ("map", "map", 1, 1),
    ("map", "map", 1, 2),  # condition, value
    ("filter", "filter", 1, 1),
    # two variables: index and element, or key and value
    ("all", "all", 2, 1),
    ("exists", "exists", 2, 1),
    ("exists_one", "existsOne", 2, 1),
    ("existsOne", "existsOne", 2, 1),
    ("transformList", "transformList", 2, 1),
    ("transformList", "transformList", 2, 2),  # condition, value
    ("transformMap", "transformMap", 2, 1),
    ("transformMap", "transformMap", 2, 2),
    ("transformMapEntry", "transformMapEntry", 2, 1),
    ("transformMapEntry", "transformMapEntry", 2, 2),
    # optionals
    ("optMap", "optMap", 1, 1),
    ("optFlatMap", "optFlatMap", 1, 1),
    # ours
    ("sortBy", "sortBy", 1, 1),  # stable, ascending; list keys compare element by element
    ("min", "min", 1, 1),  # the least value of the expression
    ("max", "max", 1, 1),
    ("sum", "sum", 1, 1),  # 0 for no elements
    ("tally", "tally", 1, 1),  # maps summed key by key
    ("groupBy", "groupBy", 1, 1),  # key -> elements, in their order
    ("toMap", "toMap", 1, 2),  # key, value; a repeated key is an error
    ("flatMap", "flatMap", 1, 1),  # lists joined
)
"""By (name as written, number of arguments)."""

BIND: Final = Form("bind", 1, 2)
"""``cel.bind(x, init, body)``."""
