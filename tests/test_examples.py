"""The examples in the docstrings of every module are true."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import ruleplane

PACKAGE = Path(ruleplane.__file__).parent
MODULES = [
    "ruleplane." + str(path.relative_to(PACKAGE).with_suffix("")).replace("/", ".")
    for path in sorted(PACKAGE.rglob("*.py"))
    if ">>> " in path.read_text()
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name):
    failed, tried = doctest.testmod(importlib.import_module(name))
    assert tried > 0
    assert failed == 0
