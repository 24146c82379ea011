"""The station's commands one after the other on a real folder, as an administrator would type them."""

from __future__ import annotations

import json
import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from support.station import PASSPHRASE, TestStation, make_station
from support.terminal import SET_UP

from vaxdesk import cli
from vaxdesk.certificates.authority import Authority
from vaxdesk.paths import StationPaths
from vaxdesk.queries import people as people_queries
from vaxdesk.services import accounts, doses, packs


class Desk:
    """A folder and the command line on it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.data_dir = folder / "station"
        self.capsys = capsys
        self.secret = folder / "secret"
        self.secret.write_text(PASSPHRASE + "\n", encoding="utf-8")

    def run(self, *arguments: object, code: int = 0, user: bool = True) -> Any:
        """Run a command with --json and return its answer."""
        argv = [str(argument) for argument in arguments]
        argv += ["--json", "--data-dir", str(self.data_dir), "--language", "en"]
        if user:
            argv += ["--secret-file", str(self.secret)]
        self.capsys.readouterr()
        assert cli.main(argv) == code, self.capsys.readouterr()
        return json.loads(self.capsys.readouterr().out)

    def set_up(self, practice: bool = False) -> None:
        """Set a station up from a file."""
        source = self.folder / "station.toml"
        source.write_text(SET_UP, encoding="utf-8")
        extra = ["--practice"] if practice else []
        done = self.run("setup", "--from", source, "--recovery-to", self.folder / "recovery", *extra)
        assert Path(done["request"]).is_file()


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A folder without a station."""
    return Desk(tmp_path, capsys)


def test_a_practice_station_is_set_up_filled_searched_and_checked(desk: Desk) -> None:
    desk.set_up(practice=True)
    assert desk.run("generate", "--people", 30, "--seed", 7, "--practice") == {"people": 30}
    found = desk.run("search", "nguyen", "--practice")
    assert found
    assert all("nguyễn" in row["full_name"].lower() for row in found)
    assert desk.run("search", "zzzz", "--practice", code=1) == []
    assert desk.run("check", "--practice") == {"faults": []}
    assert desk.run("audit", "verify", "--practice") == {"faults": []}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this platform has no named pipes")
def test_the_recovery_code_goes_into_a_pipe_and_to_no_disk(desk: Desk) -> None:
    source = desk.folder / "station.toml"
    source.write_text(SET_UP, encoding="utf-8")
    pipe = desk.folder / "printer"
    os.mkfifo(pipe)
    read: list[str] = []
    printer = threading.Thread(target=lambda: read.append(pipe.read_text()))
    printer.start()
    desk.run("setup", "--from", source, "--recovery-to", pipe)
    printer.join()
    code = read[0].strip()
    assert len(code.split("-")) == 7
    kept = [path for path in desk.folder.rglob("*") if path.is_file() and code.encode() in path.read_bytes()]
    assert kept == []


def test_invented_people_never_enter_a_real_file(desk: Desk) -> None:
    desk.set_up()
    assert "error" in desk.run("generate", "--people", 3, code=1)
    assert desk.run("search", "nguyen", code=1) == []


def test_a_station_is_enrolled_by_file_and_only_by_a_confirmed_authority(desk: Desk) -> None:
    desk.set_up()
    authority = Authority.create(desk.folder / "authority", "Trung tâm Y tế Sốp Cộp")
    request = json.loads((desk.data_dir / "station-request.json").read_text(encoding="utf-8"))
    answer = desk.folder / "answer.json"
    answer.write_text(json.dumps(authority.answer(request)), encoding="utf-8")

    refused = desk.run("enrol", answer, "--fingerprint", "0000", code=2)
    assert refused["field"] == "fingerprint"
    fingerprint = refused["error"].partition("fingerprint ")[2].partition(":")[0]
    done = desk.run("enrol", answer, "--fingerprint", fingerprint)
    assert done["root_fingerprint"] == fingerprint
    assert done["first"] is True
    assert datetime.fromisoformat(done["valid_until"]) > datetime.now(UTC) + timedelta(days=30)
    assert "error" in desk.run("sync", "--once", code=1)
    assert desk.run("enrol", "--request") == {"request": None}, "nothing is due"

    older = authority.trust_list()
    authority.set_code_life(90)
    file = desk.folder / "usb.cbor"
    file.write_bytes(authority.trust_list())
    brought = desk.run("enrol", file)
    assert (brought["kind"], brought["newer"]) == ("trust", True)
    assert desk.run("enrol", file) == {**brought, "newer": False}
    file.write_bytes(older)
    assert str(brought["number"]) in desk.run("enrol", file, code=1)["error"]
    file.write_bytes(older[:-1] + b"x")
    assert "error" in desk.run("enrol", file, code=2)
    file.write_bytes(b"something else")
    assert "error" in desk.run("enrol", file, code=2)


def test_a_lost_key_file_is_asked_for_anew(desk: Desk) -> None:
    desk.set_up()
    for path in (desk.data_dir / "signing.key", desk.data_dir / "station-request.json"):
        path.unlink()
    request = Path(desk.run("enrol", "--request")["request"])
    first = request.read_bytes()
    assert Path(desk.run("enrol", "--request")["request"]).read_bytes() == first


def test_a_backup_is_put_back_in_another_folder(desk: Desk) -> None:
    desk.set_up(practice=True)
    desk.run("generate", "--people", 30, "--seed", 7, "--practice")
    before = desk.run("search", "nguyen", "--practice")
    backup = desk.folder / "disk" / "vaxdesk.db"
    desk.run("backup", backup, "--practice")
    assert backup.read_bytes()[:15] != b"SQLite format 3"

    desk.data_dir = desk.folder / "new PC"
    assert desk.run("restore", backup, user=False) == {"restored": True}
    assert desk.run("search", "nguyen", "--practice") == before
    assert desk.run("audit", "verify", "--practice") == {"faults": []}


def test_a_certificate_is_written_for_a_personal_code(desk: Desk) -> None:
    station: TestStation = make_station(desk.data_dir.parent / "made", moment=datetime.now(UTC) - timedelta(hours=2))
    station.enrol()
    lot = station.lot()
    registered = station.through(station.session(lot), lot)
    desk.data_dir = station.ctx.paths.data_dir
    station.database.close()

    out = desk.folder / "paper.pdf"
    issued = desk.run("certificate", "--person", registered.code, "--out", out)
    assert issued["number"]
    with pypdfium2.PdfDocument(out.read_bytes()) as document:
        text = document[0].get_textpage().get_text_bounded()
    assert "NGUYỄN VĂN ANH" in text.upper()
    assert "error" in desk.run("certificate", "--person", "00000-00000-00000", "--out", out, code=2)
    (answer,) = desk.run("verify", out)
    assert (answer["verdict"], answer["signer"]) == ("valid", "station")

    ctx = accounts.sign_in(StationPaths(desk.data_dir), "mai", PASSPHRASE, packs.loader())
    with ctx.database.reader() as conn:
        (dose,) = people_queries.doses(conn, registered.person_id, "covid19")
    doses.withdraw(ctx, dose.record_id, "nhầm người")
    ctx.database.close()
    (answer,) = desk.run("verify", out, code=1)
    assert (answer["verdict"], answer["stages"]["revocation"]["state"]) == ("revoked", "failed")
    assert issued["number"] in answer["words"]["vi"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("code = ", "TOML"),
        (SET_UP.replace('name = "Trạm', 'nickname = "Trạm'), "nickname"),
        (SET_UP.replace('code = "118"', "code = 118"), "code"),
        (SET_UP.partition("[manager]")[0], "manager"),
        (SET_UP.replace('commune_code = "04246"', ""), "commune_code"),
        (SET_UP.replace('commune_code = "04246"', 'commune_code = "99999"'), "99999"),
        (SET_UP.replace('province_code = "14"', 'province_code = "01"'), "04246"),
        (SET_UP.rstrip() + "\nroles = 5\n", "roles"),
        (SET_UP.rstrip() + "\nroles = [[]]\n", "roles"),
    ],
)
def test_a_wrong_set_up_file_is_bad_input_and_makes_nothing(desk: Desk, text: str, word: str) -> None:
    source = desk.folder / "station.toml"
    source.write_text(text, encoding="utf-8")
    refused = desk.run("setup", "--from", source, "--recovery-to", desk.folder / "recovery", code=2)
    assert word in refused["error"]
    assert not desk.data_dir.exists()


def test_a_command_opens_the_file_only_with_the_right_secret_user_and_mode(desk: Desk) -> None:
    assert "error" in desk.run("search", "a", code=1)
    desk.set_up()
    desk.secret.write_text("another passphrase", encoding="utf-8")
    assert "error" in desk.run("search", "a", code=1)
    desk.secret.write_text(PASSPHRASE + "\r\n", encoding="utf-8-sig")  # as Notepad writes it
    assert "error" not in desk.run("search", "a", code=1)
    assert "error" in desk.run("search", "a", "--user", "nobody", code=1)
    assert "error" in desk.run("search", "a", "--practice", code=1)
    desk.secret.unlink()
    assert "error" in desk.run("search", "a", code=2)
    assert desk.run("search", "a", user=False, code=2)["error"].startswith("No passphrase")


def test_no_command_takes_a_secret_as_an_argument(capsys: pytest.CaptureFixture[str]) -> None:
    for name in cli.COMMANDS:
        with pytest.raises(SystemExit):
            cli.main([name, "--help"])
        words = capsys.readouterr().out.lower()
        assert not [option for option in ("--passphrase", "--password", "--secret ", "--pin") if option in words], name
