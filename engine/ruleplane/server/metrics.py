"""Counts of requests, as Prometheus text. Small on purpose: what an operator of one control plane looks at first.

:mod:`ruleplane.server.app` counts; ``/metrics`` reads. Gauges are functions, so that nothing is counted twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Gauge = tuple[str, "Callable[[], float]"]


class Metrics:
    """``gauges``: name -> (help text, function)."""

    def __init__(self, gauges: Mapping[str, Gauge]) -> None:
        self._gauges = dict(gauges)
        self._requests: dict[tuple[str, str, int], int] = {}

    def add(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        """Show one more gauge."""
        self._gauges[name] = (help_text, read)

    def count(self, method: str, resource: str, code: int) -> None:
        """One request was answered."""
        key = (method, resource, code)
        self._requests[key] = self._requests.get(key, 0) + 1

    def text(self) -> str:
        """Everything, in Prometheus' text format."""
        name = "apiserver_request_total"
        lines = [f"# HELP {name} Requests answered.", f"# TYPE {name} counter"]
        for (method, resource, code), count in sorted(self._requests.items()):
            lines.append(f'{name}{{verb="{method}",resource="{resource}",code="{code}"}} {count}')
        gauges = self._gauges
        for gauge, (help_text, read) in gauges.items():
            lines += [f"# HELP {gauge} {help_text}", f"# TYPE {gauge} gauge", f"{gauge} {read():g}"]
        return "\n".join([*lines, ""])
