"""The reference of all functions that expressions may call: signature, sentence, example.

Signatures come from the functions' own declarations, sentences from their docstrings and their libraries' ``doc``;
``schemas/functions.yaml`` gives order, examples, and the sentences of those that have no docstring. Read by
``ruleplane rules functions``; ``python -m ruleplane.lang.reference`` prints docs/functions.md.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ruleplane.errors import RuleplaneError
from ruleplane.lang import cel
from ruleplane.lang.cel.macros import MEMBER
from ruleplane.lang.functions import ENGINE
from ruleplane.lang.unit import TIMED
from ruleplane.model.data import data_dir
from ruleplane.model.ruleset import Library, TypedFunction

if TYPE_CHECKING:
    from collections.abc import Iterator

_FORMS = {
    "seen": "seen(object.path) -> timestamp",
    "changed": "changed('sibling', …)",
    "now": "now -> timestamp",
    "history": "history(value, span)",
}


@dataclass(frozen=True)
class Entry:
    """One function. ``key`` as in the tables: a member begins with a dot. ``runs``: the example yields true."""

    section: str
    key: str
    signatures: tuple[str, ...]
    says: str
    example: str
    runs: bool = True

    @property
    def name(self) -> str:
        """Without the dot."""
        return self.key.removeprefix(".")


def entries() -> list[Entry]:
    """Every function, in the order of the reference. Raises RuleplaneError: one is described that does not exist."""
    import yaml

    told = yaml.safe_load((data_dir("schemas") / "functions.yaml").read_text(encoding="utf-8"))
    library = _library()
    found = []
    for section, functions in told.items():
        for key, given in functions.items():
            given = {"example": given} if isinstance(given, str) else given
            signatures, says = _described(key, given, library)
            example = given.get("example") or given["shown"]
            found.append(Entry(section, key, signatures, given.get("says") or says, example, "example" in given))
    return found


def undescribed() -> set[str]:
    """Functions that exist and that no entry tells of."""
    known = {entry.key for entry in entries()}
    macros = {f".{written}" for written, _ in MEMBER} - {".exists_one"}
    callable_ = {key for key in (*cel.STANDARD, *ENGINE) if not key.startswith("@")}
    return (callable_ | TIMED | macros | set(_library())) - known


def _described(key: str, given: dict[str, Any], library: dict[str, tuple[str, str]]) -> tuple[tuple[str, ...], str]:
    if "signature" in given:
        return (given["signature"],), ""
    if key in _FORMS:
        return (_FORMS[key],), ""
    if key in library:
        return (library[key][0],), library[key][1]
    macro = tuple(
        _macro(written, count, form.variables) for (written, count), form in MEMBER.items() if f".{written}" == key
    )
    if key in cel.STANDARD:
        overloads = cel.STANDARD[key].overloads
        own = tuple(dict.fromkeys(_overload(key, each.params, each.result) for each in overloads))
        docs = (inspect.getdoc(each.implementation) or "" for each in overloads)
        return (*own, *macro), next((_sentence(doc) for doc in docs if doc), "")
    if key in ENGINE:
        function = ENGINE[key]
        names = [*inspect.signature(function.call).parameters.values()][function.takes_scope :]
        params = ", ".join(f"{p.name}?" if p.default is not p.empty else p.name for p in names)
        return (f"{key}({params})",), _sentence(inspect.getdoc(function.call) or "")
    if macro:
        return macro, ""
    raise RuleplaneError(f"schemas/functions.yaml describes {key}, and there is no such function")


def _overload(key: str, params: tuple[str, ...], result: str) -> str:
    """A signature as the reference writes it.

    >>> _overload(".charAt", ("string", "int"), "string"), _overload("ip", ("string",), "ip")
    ('string.charAt(int) -> string', 'ip(string) -> ip')
    """
    if key.startswith("."):
        return f"{params[0]}{key}({', '.join(params[1:])}) -> {result}"
    return f"{key}({', '.join(params)}) -> {result}"


def _macro(written: str, count: int, variables: int) -> str:
    names = ("x",) if variables == 1 else ("k", "v")
    values = {1: ("expression",), 2: ("condition", "expression") if written != "toMap" else ("key", "value")}
    return f"list.{written}({', '.join((*names[:variables], *values[count - variables]))})"


def _sentence(doc: str) -> str:
    """The first paragraph of a docstring, in the reference's markup.

    >>> _sentence("The ``x``, or\\nelse.\\n\\nMore.")
    'The `x`, or else.'
    """
    text = " ".join(re.split(r"\n\s*\n|\n\s*>>>", doc)[0].replace("``", "`").split())
    return re.sub(r" Raises \w+", " An error", text)


def _library() -> dict[str, tuple[str, str]]:
    """Function of the bundled libraries -> signature and sentence."""
    from ruleplane.lang.load import documents

    found = {}
    for _, item in documents([data_dir("rules") / "lib"]):
        assert isinstance(item, Library)
        for head, written in item.spec.functions.items():
            name = head.partition("(")[0]
            if isinstance(written, TypedFunction):
                found[name] = f"{head} -> {written.returns}", _sentence(written.doc)
            else:
                found[name] = head, ""
    return found


def document() -> str:
    """docs/functions.md."""
    return "\n".join(_document()) + "\n"


def _document() -> Iterator[str]:
    yield "# Functions"
    yield ""
    yield "What expressions may call, made of the functions' own declarations (`make docs UPDATE=1`). Every example is"
    yield "evaluated by a test and yields true; it is 2026-01-01T00:00:07Z there. `ruleplane rules functions NAME`"
    yield "tells the same. Operators and the language around them: [rule-language.md](rule-language.md)."
    section = ""
    for entry in entries():
        if entry.section != section:
            section = entry.section
            yield from ("", f"## {section}", "", "| function | | example |", "|---|---|---|")
        signatures = "<br>".join(f"`{_cell(each)}`" for each in entry.signatures)
        yield f"| {signatures} | {_cell(entry.says)} | `{_cell(entry.example)}` |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    import sys

    sys.stdout.write(document())
