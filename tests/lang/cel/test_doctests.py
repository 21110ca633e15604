"""The examples in the docstrings of the language's modules are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

from ruleplane.lang import cel

MODULES = sorted(module.name for module in pkgutil.walk_packages(cel.__path__, f"{cel.__name__}."))


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
