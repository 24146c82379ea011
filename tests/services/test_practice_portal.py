"""The practice portal's start, where it does not come."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from vaxdesk import practice
from vaxdesk.errors import KnownError
from vaxdesk.paths import StationPaths


@pytest.mark.skipif(sys.platform == "win32", reason="stands for the interpreter with a shell script")
def test_a_portal_that_says_nothing_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nexec sleep 60\n", encoding="utf-8")
    silent.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(silent))
    monkeypatch.setattr(practice, "PORTAL_SECONDS", 0.2)
    began = time.monotonic()
    with pytest.raises(KnownError, match="did not start"):
        practice.start_portal(StationPaths(tmp_path))
    assert time.monotonic() - began < 30
