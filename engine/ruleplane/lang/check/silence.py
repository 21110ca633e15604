"""Silences: ``# allow RP012: because …`` on the line of a finding, or alone on the line above it.

A silence without a reason, of a code that does not exist, or that silences nothing, is itself a finding: silences are
read by the next person, and one that is out of date hides the next mistake.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ruleplane.errors import SourceError
from ruleplane.lang.check.codes import CODES
from ruleplane.lang.check.finding import told

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from ruleplane.lang.check.finding import Finding

CODE = "RP020"
_SILENCE = re.compile(r"(?:^|\s)#\s*allow\s+(RP\d+)\s*(?::\s*(?:because\s+)?(.*?))?\s*$")


def silenced(
    findings: Iterable[Finding], files: Iterable[tuple[str, Sequence[str]]], partly: Collection[str] = ()
) -> list[Finding]:
    """The findings that no comment in their files allows, and what is wrong with the comments; of ``partly`` not all
    was looked at, so that a finding which is not there may well come."""
    left = list(findings)
    for file, lines in files:
        for number, line in enumerate(lines, 1):
            match = _SILENCE.search(line) if "allow" in line else None
            if match is None:
                continue
            code, reason = match[1], (match[2] or "").strip()
            covered = _covered(lines, number) if line.lstrip().startswith("#") else range(number, number + 1)
            kept = [one for one in left if not (one.file == file and one.line in covered and one.code == code)]
            wrong = ""
            if code not in CODES:
                wrong = f"no finding has the code {code}"
            elif not reason:
                wrong = f"a silence says why: # allow {code}: because …"
            elif len(kept) == len(left) and file not in partly:
                wrong = f"there is no {code} here that this would silence"
            if code != CODE and not wrong:
                left = kept
            if wrong:
                column = line.index("#", match.start()) + 1
                left.append(told(CODE, SourceError(wrong, file=file, line=number, column=column, text=line)))
    return left


def _covered(lines: Sequence[str], number: int) -> range:
    """The lines that a comment of its own speaks of: the next one, and what is indented below that."""
    below = lines[number : number + 1]
    if not below:
        return range(number, number + 1)
    indent = len(below[0]) - len(below[0].lstrip())
    end = number + 2
    while end <= len(lines) and (
        not lines[end - 1].strip() or len(lines[end - 1]) - len(lines[end - 1].lstrip()) > indent
    ):
        end += 1
    return range(number, end)
