"""The file behind the SQLite store: every version of every key that may still be asked for, in the order written.

It knows rows, not entries or events: sqlite.py makes rows of events, restore.py makes events of rows.

Format (``user_version`` 1): table ``versions``, one row per change. ``id`` is the revision and the place within its
transaction, so that rows are appended and revisions are found by ``id`` alone; ``value`` is the object as JSON, NULL
where the key was deleted; ``crc`` covers all the other columns. Table ``state`` holds the number ``compacted``.
For example, two creations in one transaction, an update and a deletion::

    id            key              created  version  value
    1 << 20 | 0   core/pods/d/a    1        1        {...}
    1 << 20 | 1   core/pods/d/b    1        1        {...}
    2 << 20 | 0   core/pods/d/a    1        2        {...}
    3 << 20 | 0   core/pods/d/b    1        1        NULL

SQLite calls an append committed only after the disk has it (WAL, ``synchronous=FULL``).
https://sqlite.org/wal.html, https://sqlite.org/fileformat2.html
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeAlias
from zlib import crc32

from ruleplane.errors import StoreDamaged, StoreError, StoreFull, StoreInUse, StoreTooNew

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FORMAT = 1
APPLICATION = 0x52504C4E  # "RPLN"
PLACE_BITS = 20  # of an id: the place within a transaction

Row: TypeAlias = tuple[int, str, int, int, bytes | None, int]  # id, key, created, version, value, crc
Dead: TypeAlias = tuple[int, int, str]  # first id, last id, key

_NOT_READABLE = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_AUTH}
_IN_USE = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def row_of(revision: int, place: int, key: str, created: int, version: int, value: bytes | None) -> Row:
    """The row of one change. UnicodeEncodeError if ``key`` is not text that can be stored."""
    number = revision << PLACE_BITS | place
    return number, key, created, version, value, _crc(number, key, created, version, value)


def dead_row(revision: int, key: str) -> Dead:
    """The row that ``revision`` wrote under ``key``."""
    return revision << PLACE_BITS, ((revision + 1) << PLACE_BITS) - 1, key


def _crc(number: int, key: str, created: int, version: int, value: bytes | None) -> int:
    head = crc32(f"{number} {created} {version} {key}".encode())
    return head if value is None else crc32(value, head)


class Journal:
    """The open file. ``readonly`` leaves the directory as it is, and works where it may not be written.

    Raises:
        StoreError: there is no file (readonly), or it may not be read.
        StoreTooNew, StoreDamaged: as their names say.
        StoreInUse: some other program has the file open in SQLite.
    """

    def __init__(self, path: Path, *, readonly: bool = False) -> None:
        self.path = path
        if not path.exists():
            if readonly:
                raise StoreError(f"there is no store in {path.parent}: {path.name} not found")
            _create(path)
        elif path.stat().st_size == 0:
            raise _damaged(path, "it is empty")  # never so on purpose: it is made under another name
        self._copy = _copy_of_crashed(path) if readonly else None
        at = Path(self._copy.name, path.name) if self._copy is not None else path
        mode = "ro&immutable=1" if readonly and self._copy is None else "rw"
        with _explained(path):
            uri = f"{at.absolute().as_uri()}?mode={mode}"
            self._db = sqlite3.connect(uri, uri=True, timeout=0, isolation_level=None, check_same_thread=False)
            try:
                if not readonly:
                    self._db.execute("PRAGMA locking_mode=EXCLUSIVE")  # before the first read: then no -shm file
                self._check()
                if not readonly:
                    self._db.execute("PRAGMA journal_mode=WAL")
                    self._db.execute("PRAGMA synchronous=FULL")
                self.compacted = self._number("compacted")
            except BaseException:
                self.close()
                raise

    def _check(self) -> None:
        application, version = self._pragma("application_id"), self._pragma("user_version")
        if application != APPLICATION:
            raise _damaged(self.path, "it is not a ruleplane store (another program's SQLite file?)")
        if version > FORMAT:
            raise StoreTooNew(
                f"{self.path} has format {version}, this version of ruleplane reads up to {FORMAT}: "
                "run the version that wrote it, or use another data directory"
            )

    def _pragma(self, name: str) -> int:
        return int(self._db.execute(f"PRAGMA {name}").fetchone()[0])

    def _number(self, name: str) -> int:
        row = self._db.execute("SELECT number FROM state WHERE name = ?", (name,)).fetchone()
        if row is None or not isinstance(row[0], int):
            raise _damaged(self.path, f"the number {name!r} is missing")
        return row[0]

    def rows(self) -> Iterator[Row]:
        """All rows in the order written. StoreDamaged where one is not what was written."""
        with _explained(self.path):
            for row in self._db.execute("SELECT id, key, created, version, value, crc FROM versions ORDER BY id"):
                if not isinstance(row[1], str) or _crc(*row[:5]) != row[5]:
                    raise _damaged(self.path, f"revision {row[0] >> PLACE_BITS} of {row[1]!r} has changed on disk")
                yield row

    def write(self, rows: Iterable[Row], dead: Iterable[Dead], compacted: int) -> None:
        """Append ``rows`` and remove ``dead`` ones, all or nothing, on disk when it returns.

        Raises:
            StoreFull: nothing was written, for want of room or because the disk refuses.
            StoreDamaged: nothing was written, the file is no longer what it was.
        """
        db = self._db
        try:
            db.execute("BEGIN IMMEDIATE")
            if compacted != self.compacted:
                db.execute("UPDATE state SET number = ? WHERE name = 'compacted'", (compacted,))
            # first make room, then use it
            db.executemany("DELETE FROM versions WHERE id BETWEEN ? AND ? AND key = ?", dead)
            db.executemany("INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?)", rows)
            db.execute("COMMIT")
        except BaseException as error:
            with suppress(sqlite3.Error):  # most failures have rolled back already
                db.execute("ROLLBACK")
            if not isinstance(error, sqlite3.Error) or not _code(error):
                raise  # a fault of ours
            if _code(error) in _DAMAGED:
                raise _damaged(self.path, str(error)) from error
            way_out = "Make room: the next write tries again (nothing acknowledged is lost)"
            raise StoreFull(f"{self.path} takes no writes: {error}. {way_out}") from error
        self.compacted = compacted

    def close(self) -> None:
        """Fold the WAL into the file and let go of it. Idempotent."""
        self._db.close()
        if self._copy is not None:
            self._copy.cleanup()


def _copy_of_crashed(path: Path) -> TemporaryDirectory[str] | None:
    """What a crash left in the WAL can only be read by writing: into a copy. None if there is no WAL."""
    wal = path.with_name(path.name + "-wal")
    if not wal.exists():
        return None
    copy = TemporaryDirectory(prefix="ruleplane-")
    try:
        for file in (path, wal):
            shutil.copyfile(file, Path(copy.name, file.name))
    except OSError as error:
        copy.cleanup()
        raise StoreError(f"cannot read {path}: {error.strerror}") from error
    return copy


def _create(path: Path) -> None:
    """Make the file under another name first: a crash half-way leaves nothing that looks like a store."""
    if path.with_name(path.name + "-wal").exists():
        raise _damaged(path, "it is missing, but its -wal file is there")
    new = path.with_name(path.name + ".new")
    for old in path.parent.glob(new.name + "*"):
        old.unlink()
    try:
        os.close(os.open(new, os.O_CREAT | os.O_WRONLY, 0o600))  # objects may be secrets
        db = sqlite3.connect(new, isolation_level=None)
        try:
            db.executescript(
                f"""
                PRAGMA page_size=8192;
                PRAGMA journal_mode=WAL;
                BEGIN;
                PRAGMA application_id={APPLICATION};
                PRAGMA user_version={FORMAT};
                CREATE TABLE versions (id INTEGER PRIMARY KEY, key TEXT NOT NULL, created INTEGER NOT NULL,
                                       version INTEGER NOT NULL, value BLOB, crc INTEGER NOT NULL);
                CREATE TABLE state (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
                INSERT INTO state VALUES ('compacted', 0);
                COMMIT;
                """
            )
        finally:
            db.close()
        new.rename(path)
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except sqlite3.Error as error:
        raise StoreFull(f"cannot create {path}: {error}") from error
    except OSError as error:
        raise StoreError(f"cannot create {path}: {error.strerror}") from error


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Errors of SQLite while reading, as ours."""
    try:
        yield
    except sqlite3.Error as error:
        code = _code(error)
        if code in _NOT_READABLE:
            raise StoreError(f"cannot read {path}: {error}") from error
        if code in _IN_USE:
            raise StoreInUse(f"{path} is open in another program: close it there ({error})") from error
        raise _damaged(path, str(error)) from error


def _code(error: sqlite3.Error) -> int:
    """SQLite's primary result code; 0 where the error is the sqlite3 module's own."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _damaged(path: Path, what: str) -> StoreDamaged:
    return StoreDamaged(
        f"{path} cannot be read back: {what}. Restore the directory {path.parent} from a backup, "
        f"or move it away to start with an empty store"
    )
