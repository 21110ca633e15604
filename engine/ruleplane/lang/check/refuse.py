"""Refuses rules that have errors: the last step of every load, and of the admission of a rule set that is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ruleplane.lang.check.documents import check_documents

if TYPE_CHECKING:
    from ruleplane.lang.check.catalogue import Catalogue
    from ruleplane.lang.check.documents import Found
    from ruleplane.lang.check.finding import Finding
    from ruleplane.lang.library import Functions


def refuse(
    found: Found, catalogue: Catalogue | None = None, *, others: Found = (), functions: Functions | None = None
) -> list[Finding]:
    """The warnings about these documents. Raises SourceError: the first error, and how many more there are."""
    findings = check_documents(found, catalogue, others=others, functions=functions)
    errors = [finding for finding in findings if finding.severity == "error"]
    if not errors:
        return findings
    error = errors[0].error()
    if len(errors) > 1:
        error.message += f" (and {len(errors) - 1} more: ruleplane rules check shows them all)"
    raise error
