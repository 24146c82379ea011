"""One window a station folder: a second one would be refused by nothing else until it writes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QLockFile

from vaxdesk.errors import RefusedError


class OneWindow:
    """Holds the folder's window lock until :meth:`release`; the lock of a killed program does not count."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = QLockFile(str(path))
        self._lock.setStaleLockTime(0)

    def take(self) -> None:
        """Take the lock.

        :raises RefusedError: another window holds it.
        """
        if not self._lock.tryLock(100):
            raise RefusedError("VaxDesk is already open on this station's folder. Go to that window.")

    def release(self) -> None:
        """Give the lock back."""
        self._lock.unlock()
