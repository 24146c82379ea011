"""The station's commands as real processes: from set-up to a synced record, and beside an open window."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.portal import PortalProcess, running_portal
from support.station import PASSPHRASE, TestStation, make_station
from support.terminal import Terminal

from vaxdesk.certificates.authority import Authority

CARD = "014090123456|050812345|Nguyễn Văn Anh|01011990|Nam|Bản Nà Khi, Mường Lạn, Sốp Cộp, Sơn La|15042021"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalProcess]:
    folder = tmp_path_factory.mktemp("portal")
    Authority.create(folder / "keys", "Trung tâm Y tế tập huấn", practice=True)
    with running_portal(folder, "--rate", "5000", practice=True, authority=folder / "keys") as portal:
        yield portal


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, portal: PortalProcess) -> Terminal:
    """A practice station that was set up, enrolled and filled by commands alone."""
    folder = tmp_path_factory.mktemp("desk")
    desk = Terminal(folder, folder / "station", practice=True)
    made = desk.set_up()
    assert made["station"]["practice"] is True
    request, answer = Path(made["request"]), folder / "answer.json"
    portal.admin("station", "answer", str(request), "--out", str(answer), "--url", portal.url)
    refused = desk.run("enrol", answer, code=2)
    assert refused["field"] == "fingerprint"
    shown = refused["error"].partition("fingerprint ")[2].partition(":")[0]
    enrolled = desk.run("enrol", answer, "--fingerprint", shown)
    assert enrolled["portal_url"] == portal.url
    assert desk.run("generate", "--people", 25, "--seed", 7) == {"people": 25}
    return desk


def test_set_up_leaves_the_recovery_code_to_its_owner_alone(desk: Terminal) -> None:
    recovery = desk.folder / "recovery"
    code = recovery.read_text(encoding="ascii").strip()
    assert len(code.split("-")) == 7
    if os.name != "nt":
        assert recovery.stat().st_mode & 0o077 == 0
        assert desk.data_dir.stat().st_mode & 0o077 == 0
    held = [path for path in desk.data_dir.rglob("*") if path.is_file() and code.encode() in path.read_bytes()]
    assert held == []
    again = desk.run(
        "setup", "--from", desk.folder / "station.toml", "--recovery-to", recovery, "--secret-file", desk.secret,
        "--practice", user=False, code=1,
    )  # fmt: skip
    assert "already set up" in again["error"]
    assert recovery.read_text(encoding="ascii").strip() == code


def test_search_answers_with_people_or_1(desk: Terminal) -> None:
    found = desk.run("search", "nguyen")
    assert found
    assert set(found[0]) >= {"id", "code", "full_name", "birth_date", "village", "doses"}
    assert desk.run("search", "zzzzz", code=1) == []
    refused = desk.run("search", "nguyen", "--user", "nobody", code=1)
    assert set(refused) == {"error", "id"}


def test_scan_reads_a_scanners_bytes_from_standard_input(desk: Terminal) -> None:
    found = desk.run("scan", given=CARD.encode() + b"\r", user=False)
    assert found["kind"] == "cccd"
    assert "Nguyễn Văn Anh" in json.dumps(found, ensure_ascii=False)
    assert desk.run("scan", given=b"\x00\x01", user=False, code=1)["kind"] == "unknown"


def test_sync_once_says_what_was_sent_and_is_1_without_a_line(desk: Terminal, portal: PortalProcess) -> None:
    done = desk.run("sync", "--once")
    assert done["status"]["waiting"] == done["status"]["refused"] == 0
    assert done["pushed"]["accepted"] >= 1
    again = desk.run("sync", "--once")
    # Only the head of the audit chain, which each sign-in moves on.
    assert again["pushed"]["accepted"] <= 1
    assert again["pulled"]["applied"] == 0


def test_backup_restore_check_and_audit_verify(desk: Terminal) -> None:
    backup = desk.folder / "disk" / "vaxdesk.db"
    assert desk.run("backup", backup) == {"file": str(backup)}
    other = Terminal(desk.folder, desk.folder / "new computer", practice=True)
    assert other.run("restore", backup, user=False) == {"restored": True}
    assert other.run("check") == {"faults": []}
    assert other.run("audit", "verify") == {"faults": []}
    assert other.run("search", "nguyen") == desk.run("search", "nguyen")
    (other.data_dir / "station.keys").unlink()
    assert "error" in other.run("search", "nguyen", code=1)
    assert "both files" in other.run("restore", desk.folder / "nothing.db", user=False, code=1)["error"]


WINDOW = """
import sys
from datetime import date
from pathlib import Path
from vaxdesk.paths import StationPaths
from vaxdesk.services import accounts, packs, stock
paths = StationPaths(Path(sys.argv[1]))
try:
    import fcntl
    lock = paths.window_lock.open("wb")
    fcntl.flock(lock, fcntl.LOCK_EX)
except ImportError:
    pass
ctx = accounts.sign_in(paths, "mai", sys.stdin.readline().strip(), packs.loader(), practice=True)
print("open", flush=True)
number = 0
import threading
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), stop.set()), daemon=True).start()
while not stop.wait(0.02):
    number += 1
    stock.receive(ctx, stock.ReceiveLot("astrazeneca", f"W{number}", date(2027, 1, 1), 10))
print(number, flush=True)
from vaxdesk.services import upkeep
print(upkeep.check(ctx), flush=True)
"""


def test_readers_sync_and_backup_run_beside_an_open_window_that_writes(desk: Terminal) -> None:
    window = subprocess.Popen(
        [sys.executable, "-c", WINDOW, str(desk.data_dir)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip
    with window:
        assert window.stdin is not None
        assert window.stdout is not None
        window.stdin.write(PASSPHRASE + "\n")
        window.stdin.flush()
        assert window.stdout.readline() == "open\n"
        assert desk.run("search", "nguyen")
        assert desk.run("backup", desk.folder / "beside.db")
        assert desk.run("sync", "--once")["status"]["refused"] == 0
        if os.name != "nt":
            refused = desk.run("restore", desk.folder / "beside.db", user=False, code=1)
            assert "Close its window" in refused["error"]
        window.stdin.write("\n")
        window.stdin.flush()
        written = int(window.stdout.readline())
        assert window.stdout.readline() == "[]\n"
    assert written > 5


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[Terminal, TestStation, str]:
    """A real station where somebody got a dose two hours ago."""
    folder = tmp_path_factory.mktemp("real")
    station = make_station(folder, moment=datetime.now(UTC) - timedelta(hours=2))
    station.enrol()
    lot = station.lot()
    person = station.through(station.session(lot), lot)
    station.database.close()
    (folder / "trust.cbor").write_bytes(station.authority.trust_list())
    return Terminal(folder, station.ctx.paths.data_dir), station, person.code


def test_a_certificate_is_written_verified_and_altered(real: tuple[Terminal, TestStation, str]) -> None:
    desk, _station, code = real
    paper = desk.folder / "paper.pdf"
    issued = desk.run("certificate", "--person", code, "--out", paper)
    assert issued["no_code_reasons"] == []
    assert paper.read_bytes().startswith(b"%PDF")
    again = desk.run("certificate", "--person", code, "--out", paper, "--size", "A4")
    assert (again["number"], again["new"]) == (issued["number"], False)
    assert "error" in desk.run("certificate", "--person", "00000-00000-00000", "--out", paper, code=2)

    trust = desk.folder / "trust.cbor"
    (found,) = desk.run("verify", paper, "--trust", trust, user=False)
    assert (found["verdict"], found["signer"]) == ("valid", "station")
    assert found["payload"]["nam"]["fnt"] == "NGUYEN"
    (bad,) = desk.run("verify", "HC1:NCFOXN%TS3DH", "--trust", trust, user=False, code=1)
    assert bad["verdict"] == "altered"
    assert "error" in desk.run("verify", desk.folder / "nothing.pdf", "--trust", trust, user=False, code=2)
