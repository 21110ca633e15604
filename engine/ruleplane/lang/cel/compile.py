"""Expressions as Python functions: fast code first, the exact interpreter as soon as it raises.

A :class:`Compiler` holds the functions that expressions may call. What it compiles takes ``(scope, *params)``: a free
name is the scope's attribute of that name, so lazily computed values are the scope's to compute.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ruleplane.errors import EvaluationError
from ruleplane.lang.cel.ast import Call, Expr, Macro
from ruleplane.lang.cel.check import check
from ruleplane.lang.cel.code import Code
from ruleplane.lang.cel.emit import Emitter
from ruleplane.lang.cel.functions import STANDARD
from ruleplane.lang.cel.interpret import Interpreter
from ruleplane.lang.cel.resolve import resolve
from ruleplane.lang.cel.source import CelError
from ruleplane.lang.cel.walk import conjuncts, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from types import CodeType

    from ruleplane.lang.cel.registry import Function
    from ruleplane.lang.cel.shapes import Shape

_UNWRITTEN: Final = compile("lambda *args: first(*args)", "<cel>", "eval")
_INTERPRETED: Final = compile("def compiled(scope, *args): return exact(None, scope, *args)", "<cel>", "exec")
_WITHOUT_SCOPE: Final = compile("def compiled(*args): return exact(None, None, *args)", "<cel>", "exec")
_ABSORBING: Final = frozenset({"_&&_", "_||_"})
_ABSORBING_MACROS: Final = frozenset({"all", "exists", "bind"})


class Conjunct(NamedTuple):
    """One term of an ``&&`` chain and what it came to: a value, or the EvaluationError."""

    expr: Expr
    value: Any

    @property
    def holds(self) -> bool:
        """Whether it is true."""
        return self.value is True


class Compiler:
    """Compiles expressions over the standard functions and ``functions``; ValueError if one of these has a taken
    name.
    """

    def __init__(
        self, functions: Mapping[str, Function] | Iterable[Function] = (), *, container: str = "", lenient: bool = False
    ) -> None:
        self.functions = dict(STANDARD)
        self._container = container
        self._lenient = lenient
        for function in functions.values() if hasattr(functions, "values") else functions:
            if self.functions.get(function.key, function) is not function:
                raise ValueError(f"there already is a function {function.name!r}")
            self.functions[function.key] = function

    def resolve(self, expr: Expr, names: Collection[str], params: Sequence[str] = ()) -> Expr:
        """The tree with every name decided (resolve.py); SourceError for one that is unknown."""
        return resolve(expr, names, self.functions, params, container=self._container, lenient=self._lenient)

    def check(self, expr: Expr, names: Mapping[str, Shape], params: Mapping[str, Shape] | None = None) -> Shape:
        """The type of the expression's value, given those of its names; SourceError where something cannot work."""
        shapes = dict(params or {})
        return check(self.resolve(expr, names, tuple(shapes)), names, self.functions, shapes)

    def compile(
        self, expr: Expr, names: Collection[str], params: Sequence[str] = (), *, scoped: bool = True
    ) -> Callable[..., Any]:
        """A function ``(scope, *params) -> value`` that raises EvaluationError where the expression fails; without
        the scope if not ``scoped``.

        Free names must be in ``names`` (scope attributes) or ``params`` (arguments): SourceError otherwise. Python code
        is written when the function is first called: of all that a program may ask, most is asked late or never.
        """
        resolved = self.resolve(expr, names, params)
        namespace: dict[str, Any] = {}
        compiled: Any = eval(_UNWRITTEN, namespace)

        def first(*args: Any) -> Any:
            compiled.__code__ = self._code(resolved, params, namespace, scoped=scoped)
            return compiled(*args)

        namespace["first"] = first  # stays: another thread may be about to call it
        return compiled  # type: ignore[no-any-return]

    def source(self, expr: Expr, names: Collection[str], params: Sequence[str] = ()) -> str:
        """The Python source that :meth:`compile` would run."""
        return self._source(self.resolve(expr, names, params), params)[0]

    def interpret(self, expr: Expr, scope: Any, names: Collection[str], params: Mapping[str, Any] | None = None) -> Any:
        """The exact value, without compiling; EvaluationError."""
        values = dict(params or {})
        return Interpreter(self.functions, scope).evaluate(self.resolve(expr, names, tuple(values)), values)

    def explain(
        self, expr: Expr, scope: Any, names: Collection[str], params: Mapping[str, Any] | None = None
    ) -> list[Conjunct]:
        """Every conjunct with its value or error, in order: which of them is why an expression is not true."""
        values = dict(params or {})
        run = Interpreter(self.functions, scope)
        resolved = conjuncts(self.resolve(expr, names, tuple(values)))
        return [
            Conjunct(written, run.attempt(term, values))
            for written, term in zip(conjuncts(expr), resolved, strict=True)
        ]

    # --- code -------------------------------------------------------------------------------------------------------

    def _exact(self, resolved: Expr, params: Sequence[str]) -> Callable[..., Any]:
        absorbing = any(
            (isinstance(node, Call) and node.function in _ABSORBING)
            or (isinstance(node, Macro) and node.name in _ABSORBING_MACROS)
            for node in walk(resolved)
        )
        functions = self.functions

        def exact(error: Exception | None, scope: Any, *args: Any) -> Any:
            if isinstance(error, NameError):
                raise error  # no value causes this: it is a bug of the compiler or of a function
            if not absorbing and isinstance(error, CelError) and error.pos is not None:
                raise error  # an expression that this one called has already told what and where
            try:
                return Interpreter(functions, scope).evaluate(resolved, dict(zip(params, args, strict=True)))
            except EvaluationError as failure:
                failure.__suppress_context__ = True  # how fast code stumbled tells nobody anything
                raise

        return exact

    def _source(self, resolved: Expr, params: Sequence[str], *, scoped: bool = True) -> tuple[str, dict[str, Any]]:
        emitter = Emitter(self.functions)
        names = [f"p{number}_{name if name.isidentifier() else ''}" for number, name in enumerate(params)]
        local = {name: Code(python, "any", True) for name, python in zip(params, names, strict=True)}
        code = emitter.emit(resolved, local)
        arguments = ", ".join(("scope", *names))
        head = f"def compiled({arguments}):" if scoped else f"def compiled({', '.join(names)}):\n    scope = None"
        main = (
            f"{head}\n    try:\n        return {code.text}\n"
            f"    except Exception as error:\n        return exact(error, {arguments})\n"
        )
        return "\n".join((*emitter.blocks, main)), emitter.names

    def _code(self, resolved: Expr, params: Sequence[str], namespace: dict[str, Any], *, scoped: bool) -> CodeType:
        """The code of the function, written out; what it names is added to ``namespace``."""
        namespace["exact"] = self._exact(resolved, params)
        try:
            source, names = self._source(resolved, params, scoped=scoped)
            with warnings.catch_warnings():
                # Expressions such as 1 == true, or [1]["a"], are errors of the language and only told at run time.
                warnings.simplefilter("ignore", SyntaxWarning)
                code = compile(source, "<cel>", "exec")
        except (SyntaxError, RecursionError, MemoryError) as error:
            # Python limits how deep its source may nest; the interpreter goes deeper.
            if isinstance(error, SyntaxError) and "too many nested" not in str(error):
                raise
            code, names = _INTERPRETED if scoped else _WITHOUT_SCOPE, {}
        namespace.update(names)
        exec(code, namespace)
        written: CodeType = namespace["compiled"].__code__
        return written
