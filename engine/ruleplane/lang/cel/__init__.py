"""CEL: the expression language of rules, compiled to Python.

``parse`` makes a syntax tree (ast.py), ``Compiler.compile`` a Python function of it. The path through the files:
source → lexer → parser → resolve → emit → compile, with interpret.py as the exact second opinion; values.py and
operators.py say what a value is and what operators do; functions/ holds the libraries; check.py and shapes.py tell
types before anything runs; walk.py, paths.py and unparse.py are what rule sets use to look into and rewrite
expressions.

https://github.com/google/cel-spec
"""

from __future__ import annotations

from ruleplane.lang.cel.compile import Compiler, Conjunct
from ruleplane.lang.cel.functions import STANDARD
from ruleplane.lang.cel.interpret import attribute
from ruleplane.lang.cel.parser import parse
from ruleplane.lang.cel.paths import Body, paths, projector
from ruleplane.lang.cel.quantity import Quantity, quantity
from ruleplane.lang.cel.registry import Function
from ruleplane.lang.cel.schema_shapes import shape_of
from ruleplane.lang.cel.shapes import DYN, Shape, shape
from ruleplane.lang.cel.source import CelError, Source
from ruleplane.lang.cel.unparse import unparse
from ruleplane.lang.cel.values import Duration, Optional, Timestamp, Type, Uint
from ruleplane.lang.cel.walk import conjuncts, free_names, rewrite, substitute, walk

__all__ = [
    "DYN",
    "STANDARD",
    "Body",
    "CelError",
    "Compiler",
    "Conjunct",
    "Duration",
    "Function",
    "Optional",
    "Quantity",
    "Shape",
    "Source",
    "Timestamp",
    "Type",
    "Uint",
    "attribute",
    "conjuncts",
    "free_names",
    "parse",
    "paths",
    "projector",
    "quantity",
    "rewrite",
    "shape",
    "shape_of",
    "substitute",
    "unparse",
    "walk",
]
