"""One process per data directory: an advisory lock on a file in it, which names its holder.

The kernel drops the lock when the process ends, however it ends: a file left behind locks nobody out. Called by
sqlite.py.
"""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from ruleplane.errors import StoreError, StoreInUse

if TYPE_CHECKING:
    from pathlib import Path


class DirectoryLock:
    """Held from construction to :meth:`release`.

    Raises:
        StoreInUse: another process (or another store of this one) holds the directory.
        StoreError: the lock file cannot be opened.
    """

    def __init__(self, directory: Path, *, shared: bool = False) -> None:
        """``shared``: readers beside each other, and no writer; leaves the directory as it is."""
        self._file = -1
        path = directory / "lock"
        try:
            self._file = os.open(path, os.O_RDONLY if shared else os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:
            return  # nobody has ever locked it, and a reader leaves no traces
        except OSError as error:
            raise StoreError(f"cannot use the data directory {directory}: {error.strerror}: {path}") from error
        try:
            fcntl.flock(self._file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError as error:
            holder = _alive(os.pread(self._file, 32, 0))
            self.release()
            way_out = "ask the running control plane instead" if shared else "stop it, or use another data directory"
            raise StoreInUse(f"the data directory {directory} is in use by {holder}: {way_out}") from error
        if not shared:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, b"%d\n" % os.getpid(), 0)

    def release(self) -> None:
        """Let others in. Idempotent."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _alive(text: bytes) -> str:
    """The process that ``text`` names, if it lives (a crashed holder's number stays in the file)."""
    try:
        os.kill(int(text), 0)
    except (ValueError, ProcessLookupError):
        return "another process"
    except PermissionError:
        pass  # it lives, and belongs to somebody else
    return f"process {int(text)}"
