"""What differs between kinds is data, and the data is about kinds and fields that exist."""

from __future__ import annotations

import pytest

from ruleplane.api.strategies import settings
from ruleplane.errors import SourceError
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.kind import Kind
from support.api import SCHEMAS

KINDS = {kind.ref: kind for kind in builtin_registry()}


def test_every_built_in_kind_is_listed() -> None:
    assert KINDS.keys() <= settings().kinds.keys()


@pytest.mark.parametrize("ref", KINDS)
def test_every_path_of_a_strategy_exists(ref: str) -> None:
    strategy = settings().of(KINDS[ref])
    paths = [where.path for where in strategy.selectable.values()]
    paths += [path for parts in strategy.parts.values() for path in parts]
    if strategy.graceful is not None:
        paths += [strategy.graceful.seconds, *(path for path, _ in strategy.graceful.immediate)]
    if strategy.terminating is not None:
        paths.append(strategy.terminating.finalizers)
    paths += [(name,) for name in strategy.generation if name != "*"]
    for path in paths:
        node = SCHEMAS.node(KINDS[ref])
        for name in path:
            child = node.field(name)
            assert child is not None, f"{ref}: {'.'.join(path)}"
            node = child
    assert strategy.parts.keys() <= KINDS[ref].subresources


def test_custom_kinds_count_every_change_but_those_of_metadata_and_status() -> None:
    strategy = settings().of(Kind("example.com", "v1", "Widget", "widgets", namespaced=True, custom=True))
    assert strategy.generation == ("*",)
    assert not strategy.unconditional
    assert not strategy.status


def test_a_word_that_nobody_reads_is_refused() -> None:
    odd = settings()
    kind = Kind("", "v9", "Odd", "odds", namespaced=True)
    odd.kinds["v9/Odd"] = {"sideways": True}
    try:
        with pytest.raises(SourceError, match="v9/Odd: unknown sideways"):
            odd.of(kind)
    finally:
        del odd.kinds["v9/Odd"]
