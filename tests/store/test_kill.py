"""``kill -9`` at any instant loses nothing that was acknowledged, and corrupts nothing."""

from __future__ import annotations

import random
from pathlib import Path

from ruleplane.store.sqlite import SqliteStore
from support.children import python
from support.drive import drive

ROUNDS = 24
CLIENTS = 8
SEED = 20260101


def acknowledged_until_killed(directory: Path, lines: int) -> list[tuple[int, ...]]:
    """What a process said to be durable before it was killed, which is when it has said ``lines`` lines."""
    with python(Path(__file__).with_name("write_load.py"), directory, str(CLIENTS)) as child:
        assert child.stdout is not None
        said = b"".join(child.stdout.readline() for _ in range(lines))
        child.kill()
        said += child.stdout.read()  # between the last line and its death: just as binding
        child.wait()
    assert child.returncode == -9
    return [tuple(map(int, line.split())) for line in said.splitlines() if line != b"opening"]


def test_no_acknowledged_write_is_lost_when_the_process_is_killed_again_and_again(tmp_path: Path):
    instant = random.Random(SEED)
    acknowledged: dict[tuple[int, int], int] = {}  # client, count -> revision
    revision = 0
    for round_ in range(ROUNDS):
        # every fourth time while it opens or recovers, before it has said anything of value
        lines = instant.randint(0, 1) if round_ % 4 == 3 else instant.randint(2, 400)
        said = acknowledged_until_killed(tmp_path, lines)
        assert len(said) > 0 or lines < 2
        for at, client, count in said:
            acknowledged[client, count] = at
        revision = max([revision, *acknowledged.values()])
        store = SqliteStore(tmp_path)  # checks every row and that no revision is missing
        try:
            assert store.revision >= revision
            revision = store.revision
            check(store, acknowledged)
        finally:
            store.close()
    assert len(acknowledged) > ROUNDS * 100


def check(store: SqliteStore, acknowledged: dict[tuple[int, int], int]) -> None:
    for (client, count), at in acknowledged.items():
        entry = drive(store.get(f"core/pods/{client}/{count:06}"))
        assert entry is not None, f"revision {at} was acknowledged and is lost"
        assert (entry.revision, entry.value["n"]) == (at, count)
    for client in range(CLIENTS):
        # each transaction wrote an object and its count: never one without the other
        counted = drive(store.get(f"core/counts/d/{client}"))
        objects = drive(store.list(f"core/pods/{client}/")).entries
        assert [entry.value["n"] for entry in objects] == list(range(1, len(objects) + 1))
        assert (counted.value["n"] if counted is not None else 0) == len(objects)
