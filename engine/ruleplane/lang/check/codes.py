"""The codes of findings: stable names that people silence, look up and search for. Never reused, never renumbered.

Only what the checker decides stands here; what each code means, with a bad and a good example, is
``schemas/findings.yaml``, which a test holds to this table.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple


class Code(NamedTuple):
    """``title`` is one clause; a warning does not keep rules from being loaded."""

    id: str
    severity: Literal["error", "warning"]
    title: str


CODES: Final[dict[str, Code]] = {
    code.id: code
    for code in (
        Code("RP001", "error", "the file is no rule file, or does not compile"),
        Code("RP002", "error", "a name is not declared"),
        Code("RP003", "error", "there is no such function"),
        Code("RP004", "error", "there is no such kind"),
        Code("RP005", "error", "an object has no such field"),
        Code("RP006", "error", "a value is of the wrong type"),
        Code("RP007", "error", "a template gives a field that the kind does not have"),
        Code("RP008", "error", "a template gives a field a value of the wrong type"),
        Code("RP009", "warning", "a field that may be absent is read without a guard"),
        Code("RP010", "warning", "an object that may be null is read without a guard"),
        Code("RP011", "warning", "something is declared and never used"),
        Code("RP012", "error", "two rules write one field"),
        Code("RP013", "warning", "two rules may write one field"),
        Code("RP014", "error", "rules wake themselves for ever"),
        Code("RP015", "warning", "a value hangs on an order that nothing gives"),
        Code("RP016", "warning", "a value hangs on the order of a map's keys"),
        Code("RP018", "error", "a filter that no candidate can pass"),
        Code("RP019", "error", "a condition that is never true"),
        Code("RP020", "error", "a silence that does not hold"),
        Code("RP021", "warning", "a kind whose fields nobody told"),
        Code("RP022", "warning", "a kind that only a cluster may serve"),
    )
}
