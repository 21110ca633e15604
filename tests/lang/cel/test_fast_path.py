"""Compiled code computes the answer itself: it does not fall back to the interpreter on values without mistakes."""

from __future__ import annotations

import pytest

from ruleplane.lang.cel import STANDARD, Compiler, Function, parse


@pytest.mark.parametrize(
    "text",
    [
        "self.?xs.orValue([]).filter(c, seen(c)).map(c, c.a)",
        "self.?xs.orValue([]).map(c, seen(c), c.a)",
        "self.?xs.orValue([]).existsOne(c, seen(c))",
        "self.?xs.orValue([]).sortBy(c, seen(c))",
        "self.?xs.orValue([]).toMap(c, c.a, seen(c))",
    ],
)
def test_each_element_of_an_optional_list_is_looked_at_once(text):
    looked_at = []

    def seen(value):
        looked_at.append(value["a"])
        return True

    functions = {**STANDARD, "seen": Function("seen", seen)}
    compiled = Compiler(functions).compile(parse(text), (), ("self",))

    compiled(None, {"xs": [{"a": 1}, {"a": 2}]})

    assert looked_at == [1, 2]
