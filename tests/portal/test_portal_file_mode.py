"""The portal's SQLite file holds people in the clear: nobody but its owner may read it."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from vaxdesk.clock import SystemClock
from vaxdesk.portal.store import Store


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_new_database_is_its_owners_alone(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'portal.db'}", SystemClock())
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {
        name: 0o600 for name in ("portal.db", "portal.db-wal", "portal.db-shm")
    }
    store.close()
