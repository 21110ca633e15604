"""The rule files of a run against a server of others: compiled before it is asked, checked by what it has.

Called by ``runner``. Which kinds there are, and whether they can be watched, is not asked here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ruleplane.client.types import learn
from ruleplane.errors import RuleplaneError, SourceError
from ruleplane.lang.check import Catalogue, refuse
from ruleplane.lang.load import compile_documents, documents, libraries, warn
from ruleplane.model.data import data_dir
from ruleplane.model.ruleset import Library
from ruleplane.model.schema import Schemas

if TYPE_CHECKING:
    from ruleplane.client.connection import Connection
    from ruleplane.client.settings import Settings
    from ruleplane.model.kind import Kind, Registry


class Rules:
    """Made of what the settings name, with the functions that come with ruleplane; raises SourceError."""

    def __init__(self, settings: Settings) -> None:
        own = documents(settings.rules)
        given = {Path(source.file).resolve() for source, _ in own}
        bundled = [
            (source, item)
            for source, item in documents([data_dir("rules") / "lib"])
            if isinstance(item, Library) and Path(source.file).resolve() not in given
        ]
        self._found = [*bundled, *own]
        self._functions = libraries(self._found)
        self.programs = compile_documents(self._found, settings.params, self._functions)

    async def check(self, connection: Connection, kinds: list[Kind], registry: Registry, schemas: Schemas) -> None:
        """Ask the checker, by what the server has. Raises SourceError.

        What a built-in kind is like is known without asking; but a server of another version may know it otherwise, and
        has the last word.
        """
        try:
            warnings = refuse(self._found, Catalogue(registry, schemas), functions=self._functions)
        except SourceError as error:
            theirs = Schemas.common()
            try:
                await learn(connection, kinds, theirs, builtin=True)
            except RuleplaneError:
                raise error from error.__cause__  # it publishes nothing that could say otherwise
            warnings = refuse(self._found, Catalogue(registry, theirs), functions=self._functions)
        warn(warnings)
