"""The static checker: what is wrong with rule files, found before anything runs, told as data.

``documents`` is the door; one file per question that is asked of a rule set (types, fields, names, conditions, writers,
cycles). Every finding has a code (codes.py) that ``schemas/findings.yaml`` explains.
"""

from __future__ import annotations

from ruleplane.lang.check.catalogue import Catalogue
from ruleplane.lang.check.documents import check_documents, check_paths
from ruleplane.lang.check.finding import Finding
from ruleplane.lang.check.refuse import refuse

__all__ = ["Catalogue", "Finding", "check_documents", "check_paths", "refuse"]
