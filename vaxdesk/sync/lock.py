"""One exchange at a time for a station's folder, whichever process runs it: window or command line."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from vaxdesk.errors import KnownError, RefusedError
from vaxdesk.i18n import N_

NAME = "exchange.lock"
#: How often a taken lock is looked at again.
POLL_SECONDS = 0.1


@contextmanager
def exchange(folder: Path, wait: float = 0.0) -> Iterator[None]:
    """Hold the folder's exchange; the lock of a killed program does not count, since the system frees it.

    :param wait: seconds to wait for another exchange to end.
    :raises RefusedError: another one is still under way. :raises KnownError: the folder cannot be written.
    """
    pause = threading.Event()
    until = time.monotonic() + wait
    try:
        file = (folder / NAME).open("ab")
    except OSError as error:
        raise KnownError("The station's folder cannot be written. Check its permissions.") from error
    with file:
        while not _take(file):
            if time.monotonic() >= until:
                raise RefusedError(N_("An exchange with the portal is under way already. Wait for its end."))
            pause.wait(POLL_SECONDS)
        yield


if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[bytes]) -> bool:
        try:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _take(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
