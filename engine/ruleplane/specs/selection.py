"""Which objects a sentence is about:

    Pod "web-1"      Pods owned by ReplicaSet "web" where status.phase is Running      every Pod labelled "app=web"

Kinds are called as kubectl calls them. Values are compared as YAML reads them; in quotes they are text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from ruleplane.errors import BadRequest
from ruleplane.trace.paths import lookup, split

if TYPE_CHECKING:
    from ruleplane.specs.virtual import VirtualCluster

Json = dict[str, Any]

FIELD = r"[A-Za-z][\w$-]*(?:\.[\w$-]+|\[[^\]]*\])*"
VALUE = r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]|[^\s"{\[]\S*'
OBJECTS = (
    r'(?:every |one of )?[A-Za-z][\w.]*(?: "[^"]+")?(?: in namespace "[^"]+")?'
    r'(?: owned by [A-Za-z][\w.]* "[^"]+")?(?: labelled "[^"]+")?'
    rf"(?: where {FIELD} is (?:not )?(?:{VALUE}))*"
)
_PARTS = re.compile(
    r'(?P<which>every |one of )?(?P<kind>[A-Za-z][\w.]*)(?: "(?P<name>[^"]+)")?'
    r'(?: in namespace "(?P<namespace>[^"]+)")?'
    r'(?: owned by (?P<owner>[A-Za-z][\w.]* "[^"]+"))?(?: labelled "(?P<labels>[^"]+)")?(?P<where>.*)'
)
_WHERE = re.compile(rf" where (?P<field>{FIELD}) is (?P<not>not )?(?P<value>{VALUE})")


class Mismatch(AssertionError):
    """A claim does not hold; ``objects`` are what it looked at."""

    def __init__(self, message: str, objects: list[Json] | None = None) -> None:
        super().__init__(message)
        self.objects = objects or []


@dataclass(frozen=True, slots=True)
class Selection:
    """Objects of one kind, by name, namespace, owner, labels and fields."""

    text: str
    kind: str
    name: str = ""
    namespace: str = ""
    owner: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    where: tuple[tuple[str, bool, str], ...] = ()
    first: bool = False  # only the first by name

    @classmethod
    def parse(cls, text: str) -> Selection:
        """Of the words of a step. Raises BadRequest."""
        match = _PARTS.fullmatch(text)
        if match is None:
            raise BadRequest(f"{text!r} does not say which objects are meant")
        namespace, name = match["namespace"] or "", match["name"] or ""
        if "/" in name:
            namespace, _, name = name.partition("/")
        labels = tuple(
            (key.strip(), value.strip())
            for key, _, value in (part.partition("=") for part in (match["labels"] or "").split(",") if part)
        )
        where = tuple((m["field"], bool(m["not"]), m["value"]) for m in _WHERE.finditer(match["where"]))
        return cls(
            text, match["kind"], name, namespace, match["owner"] or "", labels, where, match["which"] == "one of "
        )

    def find(self, cluster: VirtualCluster) -> list[Json]:
        """The objects there are, in the order of their names."""
        if self.name:
            found = cluster.find(self.kind, self.name, self.namespace or "default")
            objects = [] if found is None else [found]
        else:
            objects = cluster.list(self.kind, self.namespace)
        if self.owner:
            uids = {owner["metadata"]["uid"] for owner in Selection.parse(self.owner).find(cluster)}
            objects = [o for o in objects if any(r["uid"] in uids for r in o["metadata"].get("ownerReferences", ()))]
        for key, value in self.labels:
            objects = [o for o in objects if (o["metadata"].get("labels") or {}).get(key) == value]
        for field, negated, value in self.where:
            objects = [o for o in objects if equals(lookup(o, split(field)), value) is not negated]
        return objects[:1] if self.first else objects

    def some(self, cluster: VirtualCluster) -> list[Json]:
        """The objects; Mismatch where there are none."""
        found = self.find(cluster)
        if not found:
            whole = Selection(self.kind, self.kind, namespace=self.namespace).find(cluster)
            names = ", ".join(o["metadata"]["name"] for o in whole[:8]) or "none"
            raise Mismatch(f"there is no {self.text} (of this kind there are: {names})", whole[:2])
        return found

    def one(self, cluster: VirtualCluster) -> Json:
        """The object; Mismatch unless there is exactly one."""
        found = self.some(cluster)
        if len(found) > 1:
            raise Mismatch(f"{self.text}: {len(found)} objects, where one is meant", found)
        return found[0]


def read_value(text: str) -> Any:
    """A value as a step writes it.

    >>> read_value("3"), read_value('"3"'), read_value("{cpu: 1}")
    (3, '3', {'cpu': 1})
    """
    return text[1:-1] if text.startswith('"') else yaml.safe_load(text)


def equals(have: Any, text: str) -> bool:
    """Whether a field has the value that a step writes; text that YAML would read otherwise may stay unquoted.

    >>> equals("True", "True"), equals(3, "3"), equals("3", "3"), equals(None, "null")
    (True, True, True, True)
    """
    want = read_value(text)
    return bool(have == want and have.__class__ is want.__class__) or (isinstance(have, str) and have == text)


def show(value: Any) -> str:
    """A value for people."""
    return "not set" if value is None else repr(value) if not isinstance(value, dict | list) else str(value)
