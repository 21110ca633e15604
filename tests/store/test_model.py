"""Any sequence of operations, on every back end, against a model that is too simple to be wrong.

The model keeps the whole state after every revision; the past is looked up, and what a watch should tell is the
difference of neighbouring states. Back ends that survive are also closed and opened again, and crash: then the model
forgets what was not durable.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ruleplane.errors import Compacted
from ruleplane.store import sqlite
from ruleplane.store.base import Delete, Put
from support.stores import BACKENDS, Backend, Caller, Follower, Seen, obj

State: TypeAlias = dict[str, tuple[int, int, int, int]]  # key -> number, revision, created, version

PODS = ["core/pods/a/x", "core/pods/a/y", "core/pods/b/x"]
KEYS = [*PODS, "core/podsets/a/x", "core/nodes//x", "apps/deployments/a/x", "odd"]
PREFIXES = ["", "core/", "core/pods", "core/pods/", "core/pods/a/", "core/pods/a/x", "apps/deployments/", "no/such/"]

keys, prefixes, numbers = st.sampled_from(KEYS), st.sampled_from(PREFIXES), st.integers(0, 9)
part = st.integers(0, 100)  # of what there is to choose from


@dataclass
class Followed:
    """A watch, and how far the model has followed it: everything up to ``taken``, and then ``extra`` events."""

    follower: Follower
    prefix: str
    taken: int
    ahead: list[Seen] = field(default_factory=list)  # told already, of the revision after `taken`


class Model:
    def __init__(self) -> None:
        self.states: list[State] = [{}]
        self.compacted = 0

    @property
    def revision(self) -> int:
        return len(self.states) - 1

    def write(self, ops: dict[str, int | None]) -> None:
        """``None``: delete."""
        now = self.states[-1]
        state, revision = dict(now), len(self.states)
        for key, n in ops.items():
            if n is None:
                state.pop(key, None)
            else:
                _, _, created, version = now.get(key, (0, 0, revision, 0))
                state[key] = (n, revision, created, version + 1)
        if state != now:
            self.states.append(state)

    def events(self, prefix: str, since: int) -> list[Seen]:
        """In order of revision, and of key within one."""
        found: list[Seen] = []
        for revision in range(since + 1, len(self.states)):
            before, after = self.states[revision - 1], self.states[revision]
            for key in sorted(before.keys() | after.keys()):
                was, is_ = before.get(key), after.get(key)
                if was == is_ or not key.startswith(prefix):
                    continue
                type_ = "ADDED" if was is None else "DELETED" if is_ is None else "MODIFIED"
                found.append((type_, key, revision, is_ and is_[0], was and was[0]))
        return found


class StoreMachine(RuleBasedStateMachine):
    backend = BACKENDS[0]

    def __init__(self) -> None:
        super().__init__()
        self.scratch = TemporaryDirectory()
        self.opened = 0
        self.model = Model()
        self.caller = Caller(self.backend, self.directory())
        self.followed: list[Followed] = []

    def directory(self) -> Path:
        return Path(self.scratch.name, str(self.opened))

    def teardown(self) -> None:
        self.caller.store.close()
        self.scratch.cleanup()

    @property
    def now(self) -> State:
        return self.model.states[-1]

    def some_revision(self, of: int) -> int:
        """One that can be read, and is not 0, which means now."""
        oldest = max(self.model.compacted, 1)
        return oldest + of % (self.model.revision - oldest + 1)

    # --- writing

    @rule(ops=st.dictionaries(keys, numbers | st.none(), min_size=1, max_size=3))
    def write(self, ops: dict[str, int | None]) -> None:
        self.caller.txn(*(Delete(key) if (n := ops[key]) is None else Put(key, obj(n)) for key in sorted(ops)))
        self.model.write(ops)

    @rule(key=keys, n=numbers, off=st.sampled_from([0, 0, 0, 1, -1]))
    def write_if(self, key: str, n: int, off: int) -> None:
        at = self.now[key][1] if key in self.now else 0
        result = self.caller.put(key, n, at=at + off)
        assert result.succeeded == (off == 0)
        if result.succeeded:
            self.model.write({key: n})

    @rule(of=part)
    def compact(self, of: int) -> None:
        revision = self.model.compacted + of % (self.model.revision - self.model.compacted + 1)
        self.caller.store.compact(revision)
        self.model.compacted = revision

    # --- reading

    @precondition(lambda self: self.model.revision > 0)
    @rule(key=keys, of=part)
    def get_then(self, key: str, of: int) -> None:
        revision = self.some_revision(of)
        expected = self.model.states[revision].get(key)
        assert self.caller.get(key, revision) == (expected and expected[0])

    @precondition(lambda self: self.model.revision > 0)
    @rule(prefix=prefixes, of=part, start=st.sampled_from(["", *KEYS]), limit=st.integers(0, 4))
    def list_then(self, prefix: str, of: int, start: str, limit: int) -> None:
        revision = self.some_revision(of)
        state = self.model.states[revision]
        all_keys = sorted(key for key in state if key.startswith(prefix) and key >= start)
        page = all_keys[: limit or None]
        listing = self.caller.run(
            self.caller.store.list(prefix, revision=revision, start=start, limit=limit),
        )
        assert [(entry.key, entry.value["n"]) for entry in listing.entries] == [(key, state[key][0]) for key in page]
        assert listing.revision == revision
        assert listing.remaining == len(all_keys) - len(page)
        assert listing.next_key == (all_keys[len(page)] if listing.remaining else "")

    @invariant()
    def present(self) -> None:
        assert self.caller.revision == self.model.revision
        assert self.caller.store.compacted == self.model.compacted
        for key in KEYS:
            entry = self.caller.entry(key)
            found = entry and (entry.value["n"], entry.revision, entry.created, entry.version)
            assert found == self.now.get(key)
            assert entry is None or entry.value["metadata"]["resourceVersion"] == str(entry.revision)

    @invariant()
    def listed(self) -> None:
        assert self.caller.list("") == {key: self.now[key][0] for key in sorted(self.now)}

    # --- following

    @rule(prefix=prefixes, of=part)
    def follow(self, prefix: str, of: int) -> None:
        since = self.model.compacted + of % (self.model.revision - self.model.compacted + 1)
        self.followed.append(Followed(self.caller.watch(prefix, since), prefix, since))

    @precondition(lambda self: self.followed)
    @rule(of=part, limit=st.integers(0, 3))
    def take(self, of: int, limit: int) -> None:
        followed = self.followed[of % len(self.followed)]
        due = self.model.events(followed.prefix, followed.taken)[len(followed.ahead) :]
        if due and due[0][2] <= self.model.compacted:
            with pytest.raises(Compacted):
                followed.follower.take(limit)
            self.followed.remove(followed)
            return
        told = followed.follower.take(limit)
        assert told == due[: limit or None]
        assert followed.follower.revision == (due[len(told)][2] - 1 if len(told) < len(due) else self.model.revision)
        followed.ahead += told
        bookmark = followed.follower.revision
        followed.taken = max(followed.taken, bookmark)
        followed.ahead = [event for event in followed.ahead if event[2] > followed.taken]

    @precondition(lambda self: self.followed)
    @rule(of=part)
    def unfollow(self, of: int) -> None:
        followed = self.followed.pop(of % len(self.followed))
        followed.follower.watch.close()
        assert followed.follower.take() == []


class LastingMachine(StoreMachine):
    """Of stores that survive."""

    @rule()
    def flush(self) -> None:
        self.caller.run(self.caller.store.durable(self.model.revision))

    @rule()
    def reopen(self) -> None:
        self.caller.reopen()
        self.followed.clear()

    @rule()
    def crash(self) -> None:
        """What is on disk now is all there is; the rest was told to nobody."""
        before = self.caller
        durable = before.store.durable_revision
        self.opened += 1
        shutil.copytree(before.directory, self.directory())
        self.caller = Caller(self.backend, self.directory())
        before.store.close()
        self.followed.clear()
        assert self.caller.revision == durable
        del self.model.states[durable + 1 :]
        # a compaction reaches the disk with the next flush; reading more than asked for is no harm
        assert self.caller.store.compacted <= self.model.compacted
        self.model.compacted = self.caller.store.compacted


@pytest.mark.parametrize("backend", BACKENDS, ids=lambda backend: backend.name)
def test_the_store_does_what_the_model_does(backend: Backend, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sqlite, "BATCH", 5)  # so that forty steps fill batches,
    monkeypatch.setattr(sqlite, "TRIM", 1)  # and are interrupted between two slices of trimming
    machine = LastingMachine if backend.survives else StoreMachine
    case = type(f"{backend.name.title()}Machine", (machine,), {"backend": backend}).TestCase
    case.settings = settings(
        max_examples=80, stateful_step_count=40, deadline=None, database=None, derandomize=True, print_blob=False
    )
    case().runTest()
