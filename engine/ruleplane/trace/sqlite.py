"""Records in ``trace.db`` beside the data: a few segments, the oldest dropped whole when the file is full.

A segment ``n`` is two tables. ``records_n`` keeps each record as bytes with a mark of its rule set; ``marks_n`` is the
index: one row ``(mark, revision, id)`` per thing mentioned. A mark is 32 bits of a checksum, not the text: two texts
may share one, so every record found is compared again (``log.matches``).

    mark("ref:v1/Pod/default/web-1")  57  12      firing 12 wrote revision 57 of that Pod
    mark("rule:bind")                  0  12      ... and its rule ``bind`` held

``kinds`` keeps the names of kinds that only the cluster knew, so that their objects are found by name later.

A control plane never stops because of its trace: what is damaged is moved aside, with one line in the log.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from functools import lru_cache
from typing import TYPE_CHECKING
from zlib import crc32

from ruleplane.errors import StoreDamaged, StoreError, StoreTooNew
from ruleplane.model.kind import Kind
from ruleplane.model.trace import Firing, Record
from ruleplane.trace.codec import FORMAT, decode, encode
from ruleplane.trace.log import Log, matches, wrote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

FILE = "trace.db"
_APPLICATION = 0x72706C74  # "rplt"
_SEGMENTS = 8
_NAMES = ("group", "version", "kind", "plural", "namespaced", "singular", "short_names")
_LOG = logging.getLogger("ruleplane.trace")


def open_log(directory: Path, *, limit: int = 256 << 20) -> SqliteLog:
    """The log of a running control plane: made if absent, bounded to about ``limit`` bytes.

    Raises:
        StoreTooNew: a newer version wrote it.
        StoreError: the directory cannot be written to.
    """
    path = directory / FILE
    try:
        return SqliteLog(path, limit=limit)
    except StoreDamaged as error:
        aside = path.with_name(f"{FILE}.damaged")
        for suffix in ("", "-wal", "-shm"):
            source = path.with_name(FILE + suffix)
            if source.exists():
                source.replace(aside.with_name(aside.name + suffix))
        _LOG.warning("%s; it is now %s, and a new trace begins", error, aside)
        return SqliteLog(path, limit=limit)


def read_log(directory: Path) -> SqliteLog:
    """The log of a stopped control plane, to read only.

    Raises:
        StoreError: there is none. StoreDamaged, StoreTooNew: it cannot be read.
    """
    path = directory / FILE
    if not path.is_file():
        raise StoreError(f"opening the trace of {directory}: there is no {FILE} (no control plane has run there)")
    return SqliteLog(path, read_only=True)


class SqliteLog(Log):
    """One open ``trace.db``. Use :func:`open_log` or :func:`read_log`."""

    def __init__(self, path: Path, *, limit: int = 256 << 20, read_only: bool = False) -> None:
        self._path, self._limit = path, limit
        try:
            self._db = _connect(path, read_only)
            self._check_format(read_only)
            self._segments = self._find_segments()
            if not read_only:
                self._prepare()
            self._last = max((self._newest_id(n) for n in self._segments), default=0)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) and "unable to open" in str(error):
                raise StoreError(f"opening the trace {path}: {error}") from error
            raise StoreDamaged(f"the trace {path} cannot be read back: {error}") from error

    # --- opening

    def _check_format(self, read_only: bool) -> None:
        application = self._db.execute("PRAGMA application_id").fetchone()[0]
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        empty = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        if empty and not read_only:
            self._db.execute(f"PRAGMA application_id = {_APPLICATION}")
            self._db.execute(f"PRAGMA user_version = {FORMAT}")
            return
        if not empty and application != _APPLICATION:
            raise StoreDamaged(f"the trace {self._path} cannot be read back: it is some other program's database")
        if version > FORMAT:
            raise StoreTooNew(
                f"the trace {self._path} has format {version}, this version reads up to {FORMAT}: "
                "use the newer ruleplane, or move the file away (the trace of the past is then lost, the data is not)"
            )

    def _find_segments(self) -> list[int]:
        names = self._db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'records\\_%' ESCAPE '\\'"
        )
        return sorted(int(name.removeprefix("records_")) for (name,) in names)

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._page = int(self._db.execute("PRAGMA page_size").fetchone()[0])
        if not self._segments:
            self._begin_segment(1)
        self._base = self._used()

    def _begin_segment(self, number: int) -> None:
        self._db.execute(f"CREATE TABLE records_{number} (id INTEGER PRIMARY KEY, tag INTEGER, body BLOB) STRICT")
        self._db.execute(
            f"CREATE TABLE marks_{number} (mark INTEGER, revision INTEGER, id INTEGER, "
            "PRIMARY KEY (mark, revision, id)) STRICT, WITHOUT ROWID"
        )
        self._segments.append(number)

    def _used(self) -> int:
        """Bytes of the file that hold something."""
        pages = (
            self._db.execute("PRAGMA page_count").fetchone()[0]
            - self._db.execute("PRAGMA freelist_count").fetchone()[0]
        )
        return int(pages) * self._page

    # --- what a log is

    @property
    def first(self) -> int:
        """The id of the oldest record kept (0: none is)."""
        for number in self._segments:
            row = self._db.execute(f"SELECT min(id) FROM records_{number}").fetchone()
            if row[0] is not None:
                return int(row[0])
        return 0

    @property
    def last(self) -> int:
        """The id of the newest record (0: there is none)."""
        return self._last

    def append(self, records: Sequence[Record]) -> None:
        """Keep these, oldest first, in one transaction.

        Raises:
            sqlite3.Error: they could not be written; none of them is kept.
        """
        rows, marks = [], []
        for record in records:
            rows.append((record.id, _tag(record), encode(record)))
            marks += _marks(record)
        number = self._segments[-1]
        self._db.execute("BEGIN")
        try:
            self._db.executemany(f"INSERT OR REPLACE INTO records_{number} VALUES (?, ?, ?)", rows)
            self._db.executemany(f"INSERT OR IGNORE INTO marks_{number} VALUES (?, ?, ?)", marks)
            self._db.execute("COMMIT")
        except sqlite3.Error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self._last = max(self._last, records[-1].id)
        self._bound()

    def _bound(self) -> None:
        used = self._used()
        if used - self._base < self._limit // _SEGMENTS:
            return
        self._begin_segment(self._segments[-1] + 1)
        while len(self._segments) > _SEGMENTS:
            oldest = self._segments.pop(0)
            self._db.execute(f"DROP TABLE records_{oldest}")
            self._db.execute(f"DROP TABLE marks_{oldest}")
        self._base = self._used()

    def newest(self, *, below: int = 0, ref: str = "", rule: str = "", ruleset: str = "") -> Iterator[Record]:
        """Newest first, with an id under ``below`` (0: any), mentioning all that is given."""
        for number in reversed(self._segments):
            table, conditions, values = f"records_{number}", [], []
            for text in (f"ref:{ref}" if ref else "", f"rule:{rule}" if rule else ""):
                if text:
                    conditions.append(f"id IN (SELECT id FROM marks_{number} WHERE mark = ?)")
                    values.append(_mark(text))
            if ruleset:
                conditions.append("tag = ?")
                values.append(_mark(ruleset))
            if below:
                conditions.append("id < ?")
                values.append(below)
            where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
            for (body,) in self._db.execute(f"SELECT body FROM {table}{where} ORDER BY id DESC", values):
                record = decode(body)
                if matches(record, below, ref, rule, ruleset):
                    yield record

    def after(self, cursor: int, limit: int) -> list[Record]:
        """At most ``limit`` records whose id is over ``cursor``, oldest first."""
        found: list[Record] = []
        for number in self._segments:
            rows = self._db.execute(
                f"SELECT body FROM records_{number} WHERE id > ? ORDER BY id LIMIT ?", (cursor, limit - len(found))
            )
            found += [decode(body) for (body,) in rows]
            if len(found) >= limit:
                break
        return found

    def writer(self, ref: str, revision: int) -> Record | None:
        """The record that wrote this revision of this object."""
        for number in reversed(self._segments):
            rows = self._db.execute(
                f"SELECT body FROM records_{number} WHERE id IN "
                f"(SELECT id FROM marks_{number} WHERE mark = ? AND revision = ?) ORDER BY id DESC",
                (_mark(f"ref:{ref}"), revision),
            )
            for (body,) in rows:
                record = decode(body)
                if wrote(record, ref, revision):
                    return record
        return None

    def name_kinds(self, kinds: Iterable[Kind]) -> None:
        """Keep what these kinds are called."""
        self._db.execute("CREATE TABLE IF NOT EXISTS kinds (ref TEXT PRIMARY KEY, names TEXT) STRICT")
        rows = [(kind.ref, json.dumps({name: getattr(kind, name) for name in _NAMES})) for kind in kinds]
        self._db.executemany("INSERT OR REPLACE INTO kinds VALUES (?, ?)", rows)

    def kinds(self) -> list[Kind]:
        """The kinds that :meth:`name_kinds` was told, by their names alone."""
        if not self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'kinds'").fetchone():
            return []
        rows = [json.loads(names) for (names,) in self._db.execute("SELECT names FROM kinds ORDER BY ref")]
        return [Kind(**{**row, "short_names": tuple(row["short_names"])}) for row in rows]

    def close(self) -> None:
        """Release the file. Idempotent."""
        self._db.close()

    def _newest_id(self, number: int) -> int:
        return int(self._db.execute(f"SELECT max(id) FROM records_{number}").fetchone()[0] or 0)


def _connect(path: Path, read_only: bool) -> sqlite3.Connection:
    if not read_only:
        return sqlite3.connect(path, isolation_level=None)
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        db.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.OperationalError:
        # WAL wants to create a file beside it; a directory that we may not write to holds no other process either
        db.close()
        db = sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True, isolation_level=None)
    return db


def _mark(text: str) -> int:
    return crc32(text.encode())


@lru_cache(maxsize=4096)
def _rule_mark(rule: str) -> int:
    return _mark(f"rule:{rule}")


def _tag(record: Record) -> int:
    return crc32(record.ruleset.encode()) if isinstance(record, Firing) else 0


def _marks(record: Record) -> list[tuple[int, int, int]]:
    number = record.id
    if not isinstance(record, Firing):
        return [(_mark(f"ref:{record.ref}"), record.revision, number)]
    marks = [(_mark(f"ref:{effect.ref}"), effect.revision, number) for effect in record.effects]
    if not any(effect.ref == record.key for effect in record.effects):
        marks.append((_mark(f"ref:{record.key}"), 0, number))
    rules = set(record.rules)
    for effect in record.effects:
        if effect.rule not in rules:
            rules.update(effect.rule.split(","))
    marks += [(_rule_mark(rule), 0, number) for rule in rules]
    return marks  # one that stands here twice is kept once
