"""Is it alive, is it ready: ``/healthz``, ``/livez``, ``/readyz``, each check alone or all of them with ``?verbose``.

A check is a function without arguments that returns "" or what is wrong. The lead's ``controlplane`` adds its own.
https://kubernetes.io/docs/reference/using-api/health-checks/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ruleplane.server.respond import answer_text

if TYPE_CHECKING:
    from aiohttp import web

    from ruleplane.server.query import Query

Check = Callable[[], str]
PATHS = ("healthz", "livez", "readyz")


class Health:
    """``live`` checks tell whether a restart would help, ``ready`` ones (all of them) whether requests make sense."""

    def __init__(self, live: Mapping[str, Check] | None = None, ready: Mapping[str, Check] | None = None) -> None:
        self._live: dict[str, Check] = {"ping": lambda: "", **(live or {})}
        self._ready: dict[str, Check] = {**self._live, **(ready or {})}

    def answer(self, parts: list[str], query: Query) -> web.Response | None:
        """The answer to ``/readyz`` or ``/readyz/CHECK``; ``None`` where there is no such check."""
        path, *rest = parts
        checks = self._ready if path == "readyz" else self._live
        if rest:
            check = checks.get("/".join(rest))
            if check is None:
                return None
            problem = check()
            return answer_text(f"internal server error: {problem}\n", 500) if problem else answer_text("ok")
        excluded = query.texts("exclude")
        lines, failed = [], []
        for name, check in checks.items():
            if name in excluded:
                lines.append(f"[+]{name} excluded: ok")
                continue
            problem = check()
            lines.append(f"[-]{name} failed: {problem}" if problem else f"[+]{name} ok")
            if problem:
                failed.append(name)
        if failed:
            return answer_text("\n".join([*lines, f"{path} check failed", ""]), 500)
        if "verbose" in query:
            return answer_text("\n".join([*lines, f"{path} check passed", ""]))
        return answer_text("ok")
