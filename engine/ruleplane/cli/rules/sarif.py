"""Findings as SARIF 2.1.0, which code hosts and editors read.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruleplane import __version__
from ruleplane.lang.check.explain import explanations

if TYPE_CHECKING:
    from ruleplane.lang.check import Finding
    from ruleplane.lang.check.finding import Related

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(findings: list[Finding]) -> dict[str, Any]:
    """One run with its rules (the codes) and results."""
    rules = [
        {
            "id": code,
            "shortDescription": {"text": found.code.title},
            "fullDescription": {"text": found.why},
            "help": {"text": f"{found.why}\n\nbad:\n{found.bad}\ngood:\n{found.good}"},
            "defaultConfiguration": {"level": found.code.severity},
        }
        for code, found in sorted(explanations().items())
    ]
    numbers = {code: number for number, code in enumerate(sorted(explanations()))}
    driver = {"name": "ruleplane rules check", "version": __version__, "rules": rules}
    results = [_result(finding, numbers) for finding in findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(finding: Finding, numbers: dict[str, int]) -> dict[str, Any]:
    message = finding.message + (f" ({finding.hint})" if finding.hint else "")
    region = _region(finding.line, finding.column, finding.length)
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": numbers[finding.code],
        "level": finding.severity,
        "message": {"text": message},
        "locations": [_location(finding.file, region)],
    }
    if finding.related:
        result["relatedLocations"] = [_related(other) for other in finding.related]
    return result


def _related(other: Related) -> dict[str, Any]:
    return {**_location(other.file, _region(other.line, other.column)), "message": {"text": other.message}}


def _location(file: str, region: dict[str, int]) -> dict[str, Any]:
    path = Path(file)
    place: dict[str, Any] = {"artifactLocation": {"uri": path.as_uri() if path.is_absolute() else path.as_posix()}}
    if region:
        place["region"] = region
    return {"physicalLocation": place}


def _region(line: int, column: int, length: int = 0) -> dict[str, int]:
    if not line:
        return {}
    region = {"startLine": line}
    if column:
        region["startColumn"] = column
        if length:
            region["endColumn"] = column + length
    return region
