"""Content negotiation: in which form a client wants its answer.

JSON is always produced where it is accepted; protobuf is never produced (every client that prefers it names JSON
after it). The parameters ``as``, ``v`` and ``g`` ask for another view of the object: a table, its metadata alone,
aggregated discovery. :mod:`ruleplane.server.app` calls it;
https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ruleplane.errors import NotAcceptable

JSON, YAML = "application/json", "application/yaml"
_PRODUCED = {
    "*/*": JSON,
    "application/*": JSON,
    JSON: JSON,
    "text/plain": JSON,
    YAML: YAML,
    "application/x-yaml": YAML,
}
_VIEWS = {
    ("Table", "meta.k8s.io", "v1"),
    ("Table", "meta.k8s.io", "v1beta1"),
    ("PartialObjectMetadata", "meta.k8s.io", "v1"),
    ("PartialObjectMetadata", "meta.k8s.io", "v1beta1"),
    ("PartialObjectMetadataList", "meta.k8s.io", "v1"),
    ("PartialObjectMetadataList", "meta.k8s.io", "v1beta1"),
    ("APIGroupDiscoveryList", "apidiscovery.k8s.io", "v2"),
    ("APIGroupDiscoveryList", "apidiscovery.k8s.io", "v2beta1"),
}


@dataclass(frozen=True, slots=True)
class Form:
    """``media_type`` is JSON or YAML; ``view`` is "" (the object itself), "Table", "PartialObjectMetadata",
    "PartialObjectMetadataList" or "APIGroupDiscoveryList", in ``version`` of its group."""

    media_type: str = JSON
    view: str = ""
    group: str = ""
    version: str = ""

    @property
    def content_type(self) -> str:
        """The Content-Type header of an answer in this form."""
        if self.view == "APIGroupDiscoveryList":  # clients decide by it whether they got the aggregated form
            return f"{self.media_type};g={self.group};v={self.version};as={self.view}"
        return self.media_type


PLAIN = Form()


@lru_cache(maxsize=256)
def negotiate(accept: str, discovery: bool = False) -> Form:
    """The first form in ``accept``'s order of preference that can be produced.

    Raises:
        NotAcceptable: there is none.
    """
    if not accept:
        return PLAIN
    for media_type, parameters in _clauses(accept):
        produced = _PRODUCED.get(media_type)
        if produced is None or parameters.get("stream") not in (None, "watch"):
            continue
        view = parameters.get("as", "")
        if not view:
            return Form(produced)
        version, group = parameters.get("v", ""), parameters.get("g", "")
        wanted = view == "APIGroupDiscoveryList"
        if (view, group, version) in _VIEWS and wanted == discovery:
            return Form(produced, view, group, version)
    raise NotAcceptable(
        "only the following media types are accepted: application/json, application/yaml, application/json;stream=watch"
    )


def _clauses(accept: str) -> list[tuple[str, dict[str, str]]]:
    """The media types with their parameters, most wanted first (``q``, then the order in the header)."""
    clauses: list[tuple[float, str, dict[str, str]]] = []
    for clause in accept.split(","):
        media_type, *rest = (part.strip() for part in clause.split(";"))
        parameters = dict(_parameter(part) for part in rest if part)
        try:
            quality = float(parameters.pop("q", "1"))
        except ValueError:
            quality = 0.0
        if media_type and quality > 0:
            clauses.append((quality, media_type.lower(), parameters))
    clauses.sort(key=lambda clause: -clause[0])
    return [(media_type, parameters) for _, media_type, parameters in clauses]


def _parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().lower(), value.strip().strip('"')
