"""The same portal on PostgreSQL: its own server is started, and the tests of this room run against it."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOM = Path(__file__).parent
FILES = (
    "test_fhir_records.py",
    "test_fhir_search.py",
    "test_fhir_bundles.py",
    "test_fhir_scope.py",
    "test_public_pages.py",
)


def _programs() -> Path | None:
    found = shutil.which("initdb")
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return Path(found).parent if found else versions[-1].parent if versions else None


@pytest.fixture
def server() -> Iterator[str]:
    """A PostgreSQL server on a socket of its own; its address."""
    programs = _programs()
    pytest.importorskip("psycopg", reason="the postgresql extra is missing: pip install 'vaxdesk[postgresql]'")
    if programs is None:
        pytest.skip("PostgreSQL is missing: sudo apt-get install -y postgresql")
    # It refuses to run as root; the package makes a user for it.
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    with tempfile.TemporaryDirectory(prefix="vaxdesk-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        shutil.chown(folder, user)
        options = {"user": user, "cwd": folder, "check": True, "capture_output": True}
        data = folder / "data"
        initdb = [programs / "initdb", "-D", data, "-U", "portal", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(initdb, **options)
        settings = f"-k {folder} -c listen_addresses='' -c max_connections=60"
        control = [programs / "pg_ctl", "-D", data, "-w", "-o", settings, "-l", folder / "log"]
        subprocess.run([*control, "start"], **{**options, "capture_output": False})
        try:
            yield f"postgresql://portal@/postgres?host={folder}"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **options)


@pytest.mark.long
def test_the_room_holds_on_postgresql(server):
    environment = os.environ | {"VAXDESK_TEST_PORTAL_DATABASE": server}
    command = [sys.executable, "-m", "pytest", "-q", "-x", *(str(ROOM / name) for name in FILES)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-4000:]
    assert " skipped" not in done.stdout
