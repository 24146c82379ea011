"""``vaxdesk sync --once`` beside an open window: another process writes, this one sees it, and both take turns."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.exchange import differences, status
from support.portal import running_portal
from support.station import PASSPHRASE, TestStation, make_station

from vaxdesk.certificates.authority import Authority
from vaxdesk.clock import SystemClock
from vaxdesk.errors import RefusedError
from vaxdesk.sync import lock
from vaxdesk.sync.once import sync_once


def command(station: TestStation, folder: Path) -> subprocess.Popen[str]:
    secret = folder / "secret"
    secret.write_text(PASSPHRASE, encoding="utf-8")
    secret.chmod(0o600)
    data = str(station.ctx.paths.data_dir)
    words = ["sync", "--once", "--json", "--data-dir", data, "--user", "mai", "--secret-file", str(secret)]
    return subprocess.Popen(
        [sys.executable, "-m", "vaxdesk.cli", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_another_process_sends_while_the_window_writes(tmp_path: Path) -> None:
    Authority.create(tmp_path / "keys", "Trung tâm Y tế")
    with running_portal(tmp_path, "--rate", "5000", authority=tmp_path / "keys") as portal:
        station = make_station(tmp_path, moment=datetime.now(UTC) - timedelta(minutes=2))
        station.enrol_at(portal, tmp_path)
        lot = station.lot()
        session = station.session(lot)
        for name in ("Một", "Hai", "Ba"):
            station.person(session, national_id="", full_name=f"Lò Văn {name}")
        before = station.database.data_version()
        process = command(station, tmp_path)
        # The window goes on writing while the other process exchanges.
        for name in ("Tư", "Năm", "Sáu", "Bảy"):
            station.person(session, national_id="", full_name=f"Lò Văn {name}")
        out, err = process.communicate(timeout=60)
        assert process.returncode in (0, 1), err
        assert json.loads(out)["pushed"]["accepted"] > 0
        assert station.database.data_version() != before, "the window notices it"

        station.ctx.clock = SystemClock()
        with lock.exchange(station.ctx.paths.data_dir), pytest.raises(RefusedError, match="under way"):
            sync_once(station.ctx)
        release = threading.Event()

        def hold() -> None:
            with lock.exchange(station.ctx.paths.data_dir):
                held.set()
                release.wait(20)

        held = threading.Event()
        thread = threading.Thread(target=hold)
        thread.start()
        assert held.wait(20)
        threading.Timer(0.3, release.set).start()
        station.clock.advance(timedelta(minutes=3))
        station.ctx.clock = station.clock
        sync_once(station.ctx, wait=20)
        thread.join()
        assert status(station).all_sent
        assert differences(station, portal.fhir) == []
        station.database.close()
