"""Backup, restore, checks, settings, views, invented people."""

from __future__ import annotations

import shutil
import sys
import threading
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from support.station import PASSPHRASE, TestStation, make_template

from vaxdesk import settings as options
from vaxdesk.db import migrate
from vaxdesk.db.engine import connect
from vaxdesk.db.tables import AuditEntry, Lot, Outbox, Person, Registration
from vaxdesk.db.tables import Setting as SettingRow
from vaxdesk.domain.generate import generate
from vaxdesk.errors import BugError, InputError, KnownError, RefusedError
from vaxdesk.paths import StationPaths
from vaxdesk.queries import people as people_query
from vaxdesk.services import accounts, certificates, imports, packs, stock, upkeep
from vaxdesk.services.context import change_setting, clock_in_doubt, see_time

# backup and restore


def test_a_backup_is_whole_although_somebody_writes_meanwhile(station: TestStation, tmp_path: Path) -> None:
    target = tmp_path / "usb" / "copy.db"
    stop, begun = threading.Event(), threading.Event()
    written: list[str] = []

    def write() -> None:
        while not stop.is_set():
            number = f"L{len(written)}"
            stock.receive(station.ctx, stock.ReceiveLot("astrazeneca", number, date(2027, 1, 1), 10))
            written.append(number)
            begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert begun.wait(20)
    told: list[tuple[int, int]] = []
    try:
        upkeep.back_up(accounts.as_program(station.ctx), target, lambda left, total: told.append((left, total)))
    finally:
        stop.set()
        writer.join()
    assert told[-1][0] == 0
    assert sorted(path.name for path in target.parent.iterdir()) == ["copy.db", "copy.db.keys"]
    paths = StationPaths(tmp_path / "new")
    upkeep.restore(paths, target)
    ctx = accounts.sign_in(paths, "mai", PASSPHRASE, packs.loader())
    assert upkeep.check(ctx) == []
    with ctx.database.reader() as conn:
        held = {lot.number for lot in conn.query(Lot)}
    assert held
    assert held <= set(written)
    assert [f"L{n}" for n in range(len(held))] == sorted(held, key=lambda number: int(number[1:]))
    ctx.database.close()


def test_a_restored_station_has_no_signing_key_and_its_paper_says_so(station: TestStation, tmp_path: Path) -> None:
    lot = station.lot()
    person = station.through(station.session(lot), lot)
    assert certificates.issue(station.ctx, person.person_id).kind == "station"
    upkeep.back_up(station.ctx, tmp_path / "copy.db")
    paths = StationPaths(tmp_path / "other computer")
    upkeep.restore(paths, tmp_path / "copy.db")
    assert not paths.signing_key.exists()
    ctx = accounts.sign_in(paths, "mai", PASSPHRASE, packs.loader(), station.clock)
    late = station.ctx  # the old computer goes on working; its file is another one now
    assert late.database.path != ctx.database.path
    with ctx.database.reader() as conn:
        assert people_query.card(conn, person.person_id) is not None
    station.clock.advance(timedelta(days=181))
    issued = certificates.issue(ctx, person.person_id)
    assert (issued.kind, issued.uvci) == ("paper", "")
    document = pypdfium2.PdfDocument(certificates.pdf(ctx, [issued.certificate_id], "A5"))
    words = " ".join(document[0].get_textpage().get_text_bounded().split())
    document.close()
    assert any(reason in words for reason in issued.no_code_reasons)
    assert upkeep.check(ctx) == []
    ctx.database.close()


def test_what_stood_in_a_restored_place_is_kept_each_time(station: TestStation, tmp_path: Path) -> None:
    paths = station.ctx.paths
    upkeep.back_up(station.ctx, tmp_path / "copy.db")
    station.lot("AFTER-THE-BACKUP")
    station.database.close()
    for times in (1, 2):
        upkeep.restore(paths, tmp_path / "copy.db")
        assert len(list(paths.data_dir.glob("replaced-*-station.db"))) == times
        assert len(list(paths.data_dir.glob("replaced-*-station.keys"))) == times
    ctx = accounts.sign_in(paths, "mai", PASSPHRASE, packs.loader())
    with ctx.database.reader() as conn:
        assert conn.query(Lot).all() == []
    ctx.database.close()
    first = min(paths.data_dir.glob("replaced-*-station.db"))
    kept = connect(first, station.database.key)
    assert kept.execute("SELECT number FROM lot").fetchall() == [("AFTER-THE-BACKUP",)]
    kept.close()


def test_a_backup_without_its_key_file_or_with_a_broken_one_is_not_put_back(
    station: TestStation, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    upkeep.back_up(station.ctx, copy)
    keys = copy.with_name("copy.db.keys")
    paths = StationPaths(tmp_path / "new")
    kept = keys.read_bytes()
    keys.write_text("{", encoding="utf-8")
    with pytest.raises(KnownError, match="key file"):
        upkeep.restore(paths, copy)
    keys.write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(KnownError, match="key file"):
        upkeep.restore(paths, copy)
    keys.unlink()
    with pytest.raises(KnownError, match="both files"):
        upkeep.restore(paths, copy)
    with pytest.raises(KnownError, match="both files"):
        upkeep.restore(paths, tmp_path / "nothing.db")
    assert not paths.data_dir.exists()
    other = make_template(tmp_path / "other")
    shutil.copy(other.context.paths.key_slots, keys)
    upkeep.restore(paths, copy)
    with pytest.raises(KnownError, match="cannot be opened"):
        accounts.sign_in(paths, "mai", PASSPHRASE, packs.loader())
    keys.write_bytes(kept)
    upkeep.restore(paths, copy)
    accounts.sign_in(paths, "mai", PASSPHRASE, packs.loader()).database.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows itself refuses to move an open file")
@pytest.mark.parametrize("harm", ["cut", "altered"])
def test_a_damaged_backup_moves_nothing(station: TestStation, tmp_path: Path, harm: str) -> None:
    copy = tmp_path / "copy.db"
    upkeep.back_up(station.ctx, copy)
    data = bytearray(copy.read_bytes())
    data[len(data) // 2] ^= 1
    copy.write_bytes(data if harm == "altered" else data[:-100])
    paths = StationPaths(tmp_path / "new")
    upkeep_before = station.ctx.paths.database.read_bytes()
    paths.data_dir.mkdir()
    shutil.copy(station.ctx.paths.database, paths.database)
    with pytest.raises(RefusedError if harm == "altered" else KnownError):
        upkeep.restore(paths, copy, "mai", "another passphrase")
    with pytest.raises(KnownError, match="damaged"):
        upkeep.restore(paths, copy, "", PASSPHRASE)
    assert [path.name for path in paths.data_dir.iterdir()] == [paths.database.name]
    assert paths.database.read_bytes() == upkeep_before


def test_a_whole_backup_passes_its_trial(station: TestStation, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    upkeep.back_up(station.ctx, copy)
    paths = StationPaths(tmp_path / "new")
    upkeep.restore(paths, copy, "mai", PASSPHRASE)
    assert sorted(path.name for path in paths.data_dir.iterdir()) == [paths.database.name, paths.key_slots.name]
    accounts.sign_in(paths, "mai", PASSPHRASE, packs.loader()).database.close()


def test_a_folder_with_an_open_window_is_not_restored_over(station: TestStation, tmp_path: Path) -> None:
    import fcntl

    upkeep.back_up(station.ctx, tmp_path / "copy.db")
    with station.ctx.paths.window_lock.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(RefusedError, match="Close its window"):
            upkeep.restore(station.ctx.paths, tmp_path / "copy.db")
    station.database.close()
    upkeep.restore(station.ctx.paths, tmp_path / "copy.db")


def test_a_backup_never_takes_the_place_of_the_stations_own_files(station: TestStation, tmp_path: Path) -> None:
    paths = station.ctx.paths
    for own in (paths.database, paths.key_slots, paths.signing_key, paths.data_dir / "x" / ".." / "station.db"):
        before = paths.key_slots.read_bytes()
        with pytest.raises(InputError, match="own file"):
            upkeep.back_up(station.ctx, own)
        assert paths.key_slots.read_bytes() == before
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(KnownError, match="cannot be written"):
        upkeep.back_up(station.ctx, tmp_path / "file" / "copy.db")


def test_the_daily_backup_is_made_once_a_day_and_the_last_ones_stay(
    station: TestStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert upkeep.KEEP == 14
    monkeypatch.setattr(upkeep, "KEEP", 3)
    for _day in range(5):
        assert upkeep.back_up_when_due(station.ctx)
        assert not upkeep.back_up_when_due(station.ctx)
        station.clock.advance(timedelta(days=1))
    names = sorted(path.name for path in station.ctx.paths.backups.iterdir())
    assert len(names) == 6
    assert names[0].startswith("vaxdesk-20261123")


def test_before_an_update_a_whole_backup_is_made_that_can_be_put_back(
    station: TestStation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    station.lot()
    station.database.close()
    folder = Path(shutil.copytree(migrate.SCRIPTS, tmp_path / "migrations"))
    (folder / "versions" / "9001_invented.py").write_text(
        f'revision = "9001"\ndown_revision = "{migrate.head()}"\n\n\ndef upgrade() -> None:\n    pass\n',
        encoding="utf-8",
    )
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "SCRIPTS", folder)
        ctx = accounts.sign_in(station.ctx.paths, "mai", PASSPHRASE, packs.loader(), station.clock)
        assert migrate.current(ctx.database) == "9001"
        ctx.database.close()
    with pytest.raises(KnownError, match="newer"):
        accounts.sign_in(station.ctx.paths, "mai", PASSPHRASE, packs.loader(), station.clock)
    (copy,) = station.ctx.paths.backups.glob("before-update-*.db")
    upkeep.restore(station.ctx.paths, copy)
    ctx = accounts.sign_in(station.ctx.paths, "mai", PASSPHRASE, packs.loader(), station.clock)
    with ctx.database.reader() as conn:
        assert [lot.number for lot in conn.query(Lot)] == ["ABX3107"]
    assert upkeep.check(ctx) == []
    ctx.database.close()


def test_the_check_names_what_is_wrong(station: TestStation) -> None:
    assert upkeep.check(station.ctx) == []
    station.lot()
    station.database.close()
    raw = connect(station.ctx.paths.database, station.database.key)
    raw.execute("UPDATE audit_entry SET action = 'nothing' WHERE number = 2")
    raw.execute("PRAGMA foreign_keys = OFF")
    raw.execute("UPDATE stock_movement SET lot_id = 'none'")
    raw.close()
    found = upkeep.check(station.ctx)
    assert any("stock_movement" in line for line in found)
    assert any("01" in line and "2" in line for line in found)


def test_a_chain_that_was_cut_or_written_anew_differs_from_the_signed_head(
    station: TestStation, tmp_path: Path
) -> None:
    station.lot()
    upkeep.back_up(station.ctx, tmp_path / "copy.db")
    assert upkeep.check_audit(station.ctx) == []
    last = max(row.number for row in station.rows(AuditEntry))
    station.database.close()
    raw = connect(station.ctx.paths.database, station.database.key)
    raw.execute("DELETE FROM audit_entry WHERE number >= ?", (last - 1,))
    raw.close()
    assert [fault.what for fault in upkeep.check_audit(station.ctx)] == ["cut"]


# settings and views


@pytest.mark.parametrize(
    ("option", "wrong"),
    [
        (options.OBSERVATION_MINUTES, 14),
        (options.OBSERVATION_MINUTES, 121),
        (options.OBSERVATION_MINUTES, "30"),
        (options.OBSERVATION_MINUTES, True),
        (options.LANGUAGE, "fr"),
        (options.AUTO_SYNC, 1),
        (options.CAPABILITIES, "hospital"),
        (options.CAPABILITIES, [1]),
    ],
)
def test_a_setting_keeps_its_kind_and_range(station: TestStation, option: Any, wrong: object) -> None:
    with pytest.raises(ValueError, match=option.key.replace(".", "[.]")):
        change_setting(station.ctx, option, wrong)
    assert station.ctx.setting(option) == option.default


def test_a_setting_is_changed_by_a_manager_audited_without_its_value_and_never_sent(station: TestStation) -> None:
    outbox = len(station.rows(Outbox))
    change_setting(station.ctx, options.PORTAL_TOKEN, "very secret")
    change_setting(station.ctx, options.CAPABILITIES, ["hospital"])
    assert station.ctx.setting(options.PORTAL_TOKEN) == "very secret"
    assert station.ctx.setting(options.CAPABILITIES) == ["hospital"]
    assert len(station.rows(Outbox)) == outbox
    said = station.rows(AuditEntry, action="change", entity="setting")
    assert [row.entity_id for row in said] == ["portal.token", "station.capabilities"]
    assert not any("secret" in str(row.detail) for row in said)


def test_a_stored_setting_that_no_longer_fits_counts_as_not_set(station: TestStation) -> None:
    with station.ctx.write() as uow:
        uow.add(SettingRow(key=options.OBSERVATION_MINUTES.key, value=7, changed_at=uow.now))
        uow.commit()
    assert station.ctx.setting(options.OBSERVATION_MINUTES) == 30


def test_every_declared_setting_accepts_its_own_default() -> None:
    for option in options.declared().values():
        assert option.accept(option.default) == option.default


def views(station: TestStation) -> list[str]:
    return [row.entity_id for row in station.rows(AuditEntry, action="view")]


def test_a_view_is_written_with_the_next_save_or_by_itself_once(station: TestStation) -> None:
    person = station.person().person_id
    station.ctx.viewed(person)
    station.ctx.viewed(person)
    assert views(station) == []
    station.lot()
    assert views(station) == [person]
    station.ctx.viewed(person)
    station.ctx.flush_views()
    station.ctx.flush_views()
    assert views(station) == [person, person]


def test_a_view_waits_on_where_the_save_did_not_happen(station: TestStation) -> None:
    station.ctx.viewed("somebody")
    with station.ctx.write() as uow:
        uow.audit("act", "thing", "x")
    with pytest.raises(RuntimeError), station.ctx.write():
        raise RuntimeError
    assert views(station) == []
    station.ctx.flush_views()
    assert views(station) == ["somebody"]


def test_who_only_reads_cannot_commit(station: TestStation) -> None:
    with station.ctx.read() as uow, pytest.raises(BugError):
        uow.commit()


def test_a_clock_that_runs_behind_what_was_seen_is_doubted(station: TestStation) -> None:
    assert not clock_in_doubt(station.ctx)
    with station.ctx.write() as uow:
        see_time(uow, station.clock.now() + timedelta(hours=3))
        see_time(uow, station.clock.now() + timedelta(hours=1))
        uow.commit()
    assert clock_in_doubt(station.ctx)
    station.clock.advance(timedelta(hours=2))
    assert not clock_in_doubt(station.ctx)


# invented people


def test_invented_people_enter_a_practice_file_only_and_are_never_sent(station: TestStation, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="practice"):
        imports.add_invented(station.ctx, generate(people=3, seed=1))
    assert station.rows(Person) == []
    practice = make_template(tmp_path / "p", practice=True)
    ctx = accounts.sign_in(practice.context.paths, "mai", PASSPHRASE, packs.loader(), practice=True)
    made = imports.add_invented(ctx, generate(people=30, seed=1))
    with ctx.database.reader() as conn:
        people = conn.query(Person).all()
        assert made == len(people) == conn.query(Registration).count() == 30
        assert conn.query(Outbox).filter_by(resource_type="Patient").all() == []
        assert not [person for person in people if person.identity_doubts]
    assert upkeep.check(ctx) == []
    ctx.database.close()
