"""``vaxdesk campaign import|list|apply`` at a real station, and ``vaxdesk sync`` that tells of new rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from support import campaign_files
from support.station import PASSPHRASE, Template, TestStation, copied_station, make_template

from vaxdesk import cli
from vaxdesk.db.tables import AuditEntry
from vaxdesk.errors import InputError
from vaxdesk.services import accounts, packs
from vaxdesk.services.accounts import NewUser

CODE = "two-dose-grace"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return make_template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def station(template: Template, tmp_path: Path) -> Iterator[TestStation]:
    made = copied_station(template, tmp_path)
    (tmp_path / "secret").write_text(PASSPHRASE, encoding="utf-8")
    yield made
    made.database.close()


def run(
    station: TestStation, capsys: pytest.CaptureFixture[str], *arguments: object, user: str = ""
) -> tuple[int, str]:
    """A command of the station, in this process; its code and what it printed."""
    folder = station.ctx.paths.data_dir
    places = ["--data-dir", str(folder), "--secret-file", str(folder.parent / "secret")]
    code = cli.main([*map(str, arguments), *places, *(["--user", user] if user else [])])
    told = capsys.readouterr()
    return code, told.out + told.err


def test_a_file_is_imported_and_listed_with_its_days(
    station: TestStation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = campaign_files.signed(campaign_files.folder(tmp_path, "covid19", "2999.1", "2999-12-01"), station.authority)
    code, told = run(station, capsys, "campaign", "import", file)
    assert (code, told) == (0, "covid19 2999.1 áp dụng từ 01/12/2999, do Sở Y tế Sơn La ký.\n")
    code, told = run(station, capsys, "campaign", "list", "--json")
    shipped = station.ctx.campaign().version
    first, second = json.loads(told)["versions"]
    assert (first["version"], first["state"], first["origin"], first["until"]) == (
        shipped,
        "now",
        "program",
        "2999-11-30",
    )
    assert (second["version"], second["state"], second["origin"], second["replaces"], second["decided_by"]) == (
        "2999.1",
        "coming",
        "file",
        shipped,
        "Lò Thị Mai",
    )
    code, told = run(station, capsys, "campaign", "list")
    assert f"covid19 2999.1 · sẽ áp dụng · từ 01/12/2999 · thay cho {shipped} · nhập từ tệp" in told
    code, told = run(station, capsys, "campaign", "list", "--language", "en")
    assert f"replaces {shipped} · imported from a file" in told
    assert "signed by Sở Y tế Sơn La · brought into force by Lò Thị Mai on" in told


def test_what_waits_is_brought_into_force_by_a_manager_only(
    station: TestStation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = campaign_files.signed(campaign_files.folder(tmp_path, CODE, "1.3", "2026-01-01"), station.authority)
    packs.receive(accounts.as_program(station.ctx), file.read_bytes())
    accounts.add_user(station.ctx, NewUser("hoa", "Vì Thị Hoa", frozenset({"inject"}), PASSPHRASE))
    code, told = run(station, capsys, "campaign", "list", user="hoa")
    assert code == 0
    assert told.splitlines()[0].startswith(f"{CODE} 1.3 · chờ người quản lý · từ 01/01/2026")
    code, told = run(station, capsys, "campaign", "apply", CODE, "1.3", user="hoa")
    assert code == 1
    assert "Vì Thị Hoa" in told
    code, told = run(station, capsys, "campaign", "import", file, user="hoa")
    assert code == 1
    code, told = run(station, capsys, "campaign", "apply", CODE, "1.4", user="mai")
    assert (code, told) == (2, f"Ở đây không có phiên bản 1.4 của chiến dịch {CODE} đang chờ.\n")
    code, told = run(station, capsys, "campaign", "apply", CODE, "1.3", user="mai")
    assert code == 0
    assert station.rows(AuditEntry, action="bring-into-force", entity="campaign")
    load = packs.loader(station.ctx.paths.campaigns, station.database)
    assert load(CODE, date(2026, 11, 21)).version == "1.3"


def test_an_open_window_and_another_process_see_the_new_rules(station: TestStation, tmp_path: Path) -> None:
    """Two ways of holding one station: the file is asked again only when its folder says that something changed."""
    here = replace(station.ctx, load_campaign=packs.loader(station.ctx.paths.campaigns, station.database))
    there = replace(station.ctx, load_campaign=packs.loader(station.ctx.paths.campaigns, station.database))
    before = here.load_campaign("covid19", date(2026, 12, 5))
    assert here.load_campaign("covid19", date(2026, 12, 5)) is before
    file = campaign_files.signed(campaign_files.folder(tmp_path, "covid19", "2999.1", "2026-12-01"), station.authority)
    packs.import_pack(there, file)
    assert here.load_campaign("covid19", date(2026, 12, 5)).version == "2999.1"
    with pytest.raises(InputError):
        packs.import_pack(there, tmp_path / "nothing.vaxpack")
