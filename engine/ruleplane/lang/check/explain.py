"""What a code means: a paragraph, a bad example and a good one, from ``schemas/findings.yaml``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from ruleplane.lang.check.codes import CODES, Code
from ruleplane.model.data import data_dir

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Explanation:
    """``bad`` and ``good`` are rule files, or the part of a rule set's ``spec`` that matters."""

    code: Code
    why: str
    bad: str
    good: str


@cache
def explanations() -> dict[str, Explanation]:
    """Code -> what it means."""
    rows = yaml.load((data_dir("schemas") / "findings.yaml").read_text(encoding="utf-8"), _Loader)
    return {row["code"]: Explanation(CODES[row["code"]], row["why"], row["bad"], row["good"]) for row in rows}
