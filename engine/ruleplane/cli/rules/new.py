"""``ruleplane rules new``: a rule file to begin with, and the feature that holds it.

What it writes is text in ``start/``; a kind's smallest object is data there.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ruleplane.cli.rules import complete, schema
from ruleplane.cli.rules.sources import nearest
from ruleplane.errors import RuleplaneError

if TYPE_CHECKING:
    from ruleplane.model.kind import Kind

_START = Path(__file__).parent / "start"
_NAME = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")  # a rule set's name that is a label's, too


def new(
    name: str = typer.Argument(help="Name of the rule set: lower case letters, digits and -."),
    kind: str = typer.Option(
        "v1/ConfigMap",
        "--kind",
        "-k",
        help="What it is for: apps/v1/Deployment, or deployments.",
        autocompletion=complete.kinds,
    ),
    directory: Path = typer.Option(Path("."), "--dir", "-d", help="Where to; it is made where it is not there."),
) -> None:
    """Write a commented rule file NAME.yaml, and NAME.feature, which passes at once.

    Examples: [bold]ruleplane rules new greeter[/bold] · [bold]ruleplane rules new scaler -k deployments -d dir[/bold]
    """
    if not _NAME.fullmatch(name):
        raise RuleplaneError(f"{name!r} is no name of a rule set: lower case letters, digits and -, a letter first")
    words = _words(name, _kind(kind))
    texts = {
        directory / f"{name}.yaml": _filled("ruleset.txt", words),
        directory / f"{name}.feature": _filled("feature.txt", words),
    }
    for path in texts:
        if path.exists():
            raise RuleplaneError(f"{path} exists already: nothing was written")
    if not (directory / schema.FILE).exists():
        texts[directory / schema.FILE] = schema.schema_text()
    for path, text in texts.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise RuleplaneError(f"writing {path}: {error.strerror or error}") from error
        typer.echo(f"wrote {path}")
    typer.echo(f"try it: ruleplane spec {directory}")


def _kind(text: str) -> Kind:
    """By reference, or by any name that kubectl would take."""
    from ruleplane.model.builtin import builtin_registry

    kinds = [kind for kind in builtin_registry() if "create" in kind.verbs and "patch" in kind.verbs]
    names: dict[str, Kind] = {}
    for kind in kinds:
        for alias in (kind.ref, kind.kind.lower(), kind.plural, kind.singular, *kind.short_names):
            names.setdefault(alias, kind)
    found = names.get(text) or names.get(text.lower())
    if found is None:
        raise RuleplaneError(f"no kind is called {text!r}{nearest(text, list(names), few=True)}")
    return found


def _words(name: str, kind: Kind) -> dict[str, str]:
    import yaml

    from ruleplane.lang.cel.lexer import KEYWORDS
    from ruleplane.lang.cel.lexer import RESERVED as WORDS
    from ruleplane.lang.signature import RESERVED

    variable = kind.kind[0].lower() + kind.kind[1:]
    if variable in RESERVED | WORDS | KEYWORDS:
        variable = f"the{kind.kind}"
    rest = yaml.safe_load((_START / "objects.yaml").read_text(encoding="utf-8")).get(kind.ref, {})
    if rest is None:
        raise RuleplaneError(f"no start can be written for {kind.ref}: its smallest object is not known here")
    metadata = {"name": "first", **rest.pop("metadata", {})}
    manifests = {
        word: {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {**metadata, **labels}, **rest}
        for word, labels in (("asking", {"labels": {name: "world"}}), ("other", {}))
    }
    shown = {word: _indented(yaml.safe_dump(manifest, sort_keys=False)) for word, manifest in manifests.items()}
    return {"name": name, "kind": kind.ref, "Kind": kind.kind, "variable": variable, "first": metadata["name"], **shown}


def _indented(text: str) -> str:
    return "\n".join(" " * 6 + line for line in text.splitlines())


def _filled(file: str, words: dict[str, Any]) -> str:
    text = (_START / file).read_text(encoding="utf-8")
    return re.sub(r"@(\w+)@", lambda match: words[match[1]], text)
