"""Pages that another program prints from a file: they name people, so they are deleted again.

Nobody says when the other program has read its page. A page goes when a later one is printed and it is old enough,
when the program ends, and, where it was still in use then, at the next start.
"""

from __future__ import annotations

import atexit
import contextlib
import tempfile
import time
from pathlib import Path

PREFIX = "vaxdesk-print-"
#: Seconds after which a page has been read, even by a slow computer.
READ_AFTER = 900.0

_kept: list[Path] = []


def keep(content: bytes) -> Path:
    """A file of this user's own with the page."""
    discard_left()
    with tempfile.NamedTemporaryFile(prefix=PREFIX, suffix=".pdf", delete=False) as file:
        file.write(content)
    if not _kept:
        atexit.register(discard)
    path = Path(file.name)
    _kept.append(path)
    return path


def discard() -> None:
    """Delete the pages that this process kept; one that is still being read stays for the next start."""
    for path in _kept:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
    atexit.unregister(discard)
    _kept.clear()


def discard_left(older: float = READ_AFTER) -> None:
    """Delete what any process kept more than ``older`` seconds ago."""
    before = time.time() - older
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*.pdf"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < before:
                path.unlink()
