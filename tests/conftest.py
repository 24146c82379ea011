"""What every test stands on: no screen, no proxy, no real data folder, the language as it was."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

# Before anything imports Qt: without a screen it aborts, and without a run-time folder of its own it warns.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
_runtime = tempfile.TemporaryDirectory(prefix="vaxdesk-tests-")
if not os.environ.get("XDG_RUNTIME_DIR"):
    os.chmod(_runtime.name, 0o700)
    os.environ["XDG_RUNTIME_DIR"] = _runtime.name

# The tests speak only with processes that they started on this machine.
for _name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
    os.environ.pop(_name, None)
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "*"

# A test that forgets to name a folder must not find the user's own station.
os.environ["VAXDESK_DATA_DIR"] = str(Path(_runtime.name, "data"))
os.environ.pop("VAXDESK_LANGUAGE", None)

# Shared machines stall for longer than any sensible deadline for one example.
hypothesis.settings.register_profile("vaxdesk", deadline=None, print_blob=True)
hypothesis.settings.load_profile("vaxdesk")


@pytest.fixture(scope="session", autouse=True)
def _runtime_folder() -> Iterator[None]:
    """Remove the run-time folder at the end."""
    yield
    _runtime.cleanup()


@pytest.fixture(autouse=True)
def _language() -> Iterator[None]:
    """Each test begins in Vietnamese, whatever the one before it spoke."""
    from vaxdesk import i18n

    i18n.set_language("vi")
    yield
    i18n.set_language("vi")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """An empty folder for one station."""
    folder = tmp_path / "station"
    folder.mkdir()
    return folder
