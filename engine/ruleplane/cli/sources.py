"""Where answers about the past come from: a running control plane over HTTPS, or the files of a stopped one.

Both take a path below ``/apis/trace.ruleplane.dev/v1`` and a query, and give the same JSON. Called by the commands
``trace`` and ``why``.
"""

from __future__ import annotations

import asyncio
import http.client
import json
from abc import ABC, abstractmethod
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from ruleplane.cli.kubeconfig import Access, read_kubeconfig
from ruleplane.cli.places import default_kubeconfig
from ruleplane.errors import RuleplaneError, StoreError
from ruleplane.trace.service import ROOT, TraceService

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ruleplane.model.kind import Kind, Registry
    from ruleplane.model.schema import Schemas
    from ruleplane.store.sqlite import SqliteStore


class Source(ABC):
    """Answers questions about the past."""

    namespace = "default"  # meant where the user names none

    @abstractmethod
    def get(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        """The answer to a question; raises RuleplaneError where there is none."""

    @abstractmethod
    def close(self) -> None:
        """Release what is held."""


def open_source(data_dir: Path | None, kubeconfig: Path | None) -> Source:
    """The stopped data directory if one is given, else the control plane of the kubeconfig."""
    if data_dir is not None and kubeconfig is not None:
        raise RuleplaneError("--data-dir asks a stopped control plane, --kubeconfig a running one: give one of them")
    if data_dir is not None:
        return Stopped(data_dir)
    return Running(read_kubeconfig(kubeconfig or default_kubeconfig()))


class Stopped(Source):
    """The files of a data directory, read only."""

    def __init__(self, data_dir: Path) -> None:
        from ruleplane.model.builtin import builtin_registry  # half of the time of a command: only where needed
        from ruleplane.model.crd import DEFINITION, serve
        from ruleplane.model.schema import Schemas
        from ruleplane.trace.sqlite import read_log

        self._data_dir = data_dir
        self._log = read_log(data_dir)
        registry, schemas = builtin_registry(), Schemas.builtin()
        _serve_node_kinds(registry, schemas)
        for kind in self._log.kinds():
            registry.add(kind)
        definition = registry.get(DEFINITION)
        if definition is not None:
            serve(self._listed(definition), registry, schemas)
        self._service = TraceService(lambda: self._log, registry, schemas, self._read)

    def get(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        """The answer from the files."""
        return self._service.handle(path, query)

    def _listed(self, kind: Kind) -> list[dict[str, Any]]:
        """The objects of a kind as they were last; none where another process holds the data."""
        with self._store() as store:
            return [one.value for one in asyncio.run(store.list(kind.prefix())).entries] if store is not None else []

    def _read(self, kind: Kind, namespace: str, name: str) -> dict[str, Any] | None:
        """An object as it was last; ``None`` too where another process holds the data, or only a trace is there."""
        with self._store() as store:  # the chain of causes is still true without the present value
            entry = asyncio.run(store.get(kind.key(namespace, name))) if store is not None else None
        return entry.value if entry is not None else None

    @contextmanager
    def _store(self) -> Iterator[SqliteStore | None]:
        """The data, if it is there and nobody holds it."""
        from ruleplane.store.sqlite import FILE, SqliteStore

        store = None
        if (self._data_dir / FILE).is_file():
            with suppress(StoreError):
                store = SqliteStore(self._data_dir)
        try:
            yield store
        finally:
            if store is not None:
                store.close()

    def close(self) -> None:
        """Release the files."""
        self._log.close()


def _serve_node_kinds(registry: Registry, schemas: Schemas) -> None:
    """Sandboxes, containers and the like are found by name too."""
    import yaml

    from ruleplane.model.crd import serve
    from ruleplane.model.data import data_dir

    text = (data_dir("schemas") / "node-kinds.yaml").read_text(encoding="utf-8")
    serve(list(yaml.safe_load_all(text)), registry, schemas)


class Running(Source):
    """A control plane's API server; one connection for all questions."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self.namespace = access.namespace or "default"
        parts = urlsplit(access.url)
        if parts.scheme != "https" or not parts.hostname:
            raise RuleplaneError(f"the kubeconfig's server is {access.url!r}: an https:// address is expected")
        self._connection = http.client.HTTPSConnection(
            parts.hostname, parts.port or 443, context=access.context, timeout=30
        )

    def get(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        """The server's answer; its refusal is raised with the reason that it gives."""
        headers = {"Accept": "application/json"}
        if self._access.token:
            headers["Authorization"] = f"Bearer {self._access.token}"
        try:
            self._connection.request("GET", f"{ROOT}/{path}?{urlencode(query)}", headers=headers)
            response = self._connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise RuleplaneError(
                f"asking {self._access.url}: {error}. Does the control plane run? "
                "A stopped one is asked with --data-dir DIR"
            ) from error
        try:
            answer: dict[str, Any] = json.loads(body)
        except ValueError as error:
            raise RuleplaneError(f"asking {self._access.url}: {response.status} and no JSON ({error})") from error
        if response.status != 200:
            raise RuleplaneError(str(answer.get("message") or f"{self._access.url} answered {response.status}"))
        return answer

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
