"""The durable-rules extension, used in the one way that was found to be right.

Under a lock: assert one flat fact, drain the rules that fired, retract the fact. Nothing outlives a call. A failed call
leaves half of its work behind to surface with the next event, so a rule set that failed must be built again. Rule
sets that are given up wait for the next who wants the same rules, because deleting one that was used leaks.

Knows nothing of clauses or objects: :mod:`.durable` makes the conditions and the messages.
https://github.com/jruizgit/rules
"""

from __future__ import annotations

import importlib
import itertools
import json
import logging
import threading
from typing import TYPE_CHECKING, Any, Final

from ruleplane.errors import RuleplaneError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_ALTERNATIVES: Final = 60  # of a rule set, from root to leaf; at 65 open ones the engine fails with 303
MAX_FIELDS: Final = 200  # of a message; at 253 it fails with 302
MAX_IDLE: Final = 64  # rule sets kept for who may want them again, of about 0.7 MB each; half of it leaks on deletion

# The constant field keeps a message from being empty.
_HEAD: Final = '{"id":"o","c":1'
_RETRACT: Final = '{"id":"o"}'

_lock = threading.Lock()  # one for the process: rule sets share tables inside the extension
_names = (f"ruleplane-{number}" for number in itertools.count())
_idle: list[tuple[Any, str, int]] = []  # (extension, text, handle), the longest idle first
_log = logging.getLogger("ruleplane.matcher")


class EngineUnavailable(RuleplaneError):
    """The durable-rules extension cannot be imported; the message says how to build it."""


class EngineFault(RuleplaneError):
    """durable-rules refused a call; its rule set cannot be trusted any more."""


def load_engine() -> Any:
    """The extension module of durable-rules. Raises :class:`EngineUnavailable`."""
    try:
        return importlib.import_module("durable_rules_engine")
    except ImportError as error:
        raise EngineUnavailable(
            f"durable-rules cannot be imported ({error}); build it with a C compiler: "
            'CC="gcc -O2 -DPyEval_CallObject=PyObject_CallObject" '
            "pip install --no-cache-dir --force-reinstall durable-rules"
        ) from error


class RuleSet:
    """One rule set inside the engine: alias of a rule → its condition. The caller keeps to the limits above.

    Raises :class:`EngineFault` when the engine does not take it.
    """

    def __init__(self, engine: Any, conditions: Mapping[str, Any]) -> None:
        self._engine = engine
        self._text = json.dumps({alias: {"all": [{"m": condition}]} for alias, condition in conditions.items()})
        self._handle = self._reuse()
        if self._handle is None:
            self._create()

    def matches(self, fields: Iterable[str]) -> set[str]:
        """The aliases of the rules that are true of a message of these fields, each as ``,"name":value``.

        Raises :class:`EngineFault`: call :meth:`rebuild`, or :meth:`delete`.
        """
        engine, handle = self._engine, self._handle
        message = f"{_HEAD}{''.join(fields)}}}"
        found: set[str] = set()
        with _lock:
            try:
                code, state = engine.assert_fact(handle, message)
                if code == 1:  # nothing matched, nothing was stored
                    return found
                if code != 0:
                    raise EngineFault(f"assert_fact answered {code} to {message}")
                _, fired = engine.start_action_for_state(handle, state)
                while fired:
                    found.add(fired[2 : fired.index('"', 2)])  # '{"r7":{"m":…}}'; an `or` fires once per true branch
                    fired = engine.complete_and_start_action(handle, state)
                code, _ = engine.retract_fact(handle, _RETRACT)
            except engine.error as error:
                raise EngineFault(f"error {error} on {message}") from error
        if code != 0:
            raise EngineFault(f"retract_fact answered {code} after {message}")
        return found

    def rebuild(self) -> None:
        """Start afresh with the same rules."""
        self.delete()
        self._create()

    def release(self) -> None:
        """Give a healthy rule set up. Idempotent."""
        if self._handle is None:
            return
        with _lock:
            _idle.append((self._engine, self._text, self._handle))
            self._handle = None
            while len(_idle) > MAX_IDLE:
                engine, _, handle = _idle.pop(0)
                _delete(engine, handle)

    def delete(self) -> None:
        """Give a rule set up that failed. Idempotent."""
        if self._handle is None:
            return
        with _lock:
            _delete(self._engine, self._handle)
            self._handle = None

    def _reuse(self) -> int | None:
        with _lock:
            for place, (engine, text, handle) in enumerate(_idle):
                if engine is self._engine and text == self._text:
                    del _idle[place]
                    return handle
        return None

    def _create(self) -> None:
        with _lock:
            try:
                self._handle = self._engine.create_ruleset(next(_names), self._text)
            except self._engine.error as error:
                raise EngineFault(f"error {error} on creating {self._text}") from error


def _delete(engine: Any, handle: int) -> None:
    """Call it under the lock."""
    try:
        engine.delete_ruleset(handle)
    except engine.error as error:  # already unusable: its memory is lost, nothing else
        _log.warning("durable-rules could not delete a rule set: error %s", error)
