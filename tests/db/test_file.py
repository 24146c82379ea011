"""The station's file: encrypted, migrated by the program, copied while in use."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import select

from vaxdesk.clock import SystemClock
from vaxdesk.db import audit, backup, keyslots, migrate
from vaxdesk.db.engine import Database, connect, explain, told
from vaxdesk.db.tables import AuditEntry, Base, Lot, Outbox, Visit
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.errors import BugError, InputError, KnownError

KEY = bytes(range(32))


@pytest.fixture
def database(tmp_path: Path):
    database = Database(tmp_path / "station.db", KEY)
    migrate.upgrade(database)
    yield database
    database.close()


def unit(database: Database) -> UnitOfWork:
    return UnitOfWork(database, SystemClock(), desk="01", user_id="nurse")


def add_lot(database: Database, number: str) -> None:
    with unit(database) as uow:
        uow.add(Lot(product_code="p", number=number, expiry=None, created_at=uow.now))
        uow.commit()


def test_the_file_is_useless_without_its_key(database: Database) -> None:
    add_lot(database, "SECRET-LOT")
    database.close()
    assert b"SECRET-LOT" not in database.path.read_bytes()
    assert not database.path.read_bytes().startswith(b"SQLite format")
    with pytest.raises(KnownError, match="cannot be opened"):
        migrate.current(Database(database.path, bytes(32)))


def test_without_commit_nothing_is_written(database: Database) -> None:
    with unit(database) as uow:
        uow.add(Lot(product_code="p", number="x", expiry=None, created_at=uow.now))
    with database.reader() as conn:
        assert conn.scalars(select(Lot)).all() == []


def test_an_error_inside_rolls_everything_back(database: Database) -> None:
    def fail() -> None:
        with unit(database) as uow:
            uow.add(Lot(product_code="p", number="x", expiry=None, created_at=uow.now))
            uow.audit("add", "lot", "x")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with database.reader() as conn:
        assert conn.scalars(select(Lot)).all() == []
        assert conn.scalars(select(AuditEntry)).all() == []


def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    add_lot(database, "a")
    with unit(database) as uow:
        uow.add(Lot(product_code="p", number="b", expiry=None, created_at=uow.now))
        with database.reader() as conn:
            assert [lot.number for lot in conn.scalars(select(Lot))] == ["a"]


def test_writers_follow_one_another_without_a_lock_error(database: Database) -> None:
    errors: list[BaseException] = []

    def write(name: str) -> None:
        try:
            for i in range(15):
                add_lot(database, f"{name}{i}")
        except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with database.reader() as conn:
        assert len(conn.scalars(select(Lot)).all()) == 45


def test_the_migrations_make_what_the_tables_say(database: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_file_of_a_newer_program_is_refused_with_an_explanation(database: Database) -> None:
    database.close()
    raw = connect(database.path, KEY)
    raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    with pytest.raises(KnownError, match="newer VaxDesk"):
        migrate.upgrade(Database(database.path, KEY))


def test_a_backup_is_made_while_somebody_writes_and_opens_with_the_same_key(database: Database, tmp_path: Path) -> None:
    add_lot(database, "a")
    target = tmp_path / "backups" / "copy.db"
    with unit(database) as uow:
        uow.add(Lot(product_code="p", number="b", expiry=None, created_at=uow.now))
        backup.copy(database, target)
        uow.commit()
    assert [path.name for path in target.parent.iterdir()] == ["copy.db"]
    copy = Database(target, KEY)
    with copy.reader() as conn:
        assert [lot.number for lot in conn.scalars(select(Lot))] == ["a"]
    copy.close()


def fill(uow: UnitOfWork) -> None:
    with told():
        for i in range(5000):
            uow.add(Lot(product_code="p" * 30, number=f"n{i}", expiry=None, created_at=uow.now))


def test_writers_do_not_make_a_backup_begin_anew(database: Database, tmp_path: Path) -> None:
    with unit(database) as uow:
        for i in range(1500):
            row = Lot(product_code="p", number=f"n{i}", expiry=None, created_at=uow.now, blocked_reason="x" * 3000)
            uow.session.add(row)
        uow.commit()
    left: list[int] = []

    def progress(pages: int, _of: int) -> None:
        left.append(pages)
        add_lot(database, f"w{len(left)}")

    backup.copy(database, tmp_path / "copy.db", progress)
    assert len(left) > 3
    assert left == sorted(set(left), reverse=True)
    copy = Database(tmp_path / "copy.db", KEY)
    with copy.reader() as conn:
        assert len(conn.scalars(select(Lot)).all()) == 1500
    copy.close()


def test_a_full_disk_is_told_and_what_was_saved_stays(database: Database) -> None:
    add_lot(database, "kept")
    database.close()
    small = Database(database.path, KEY)
    with unit(small) as uow:
        uow.session.connection().exec_driver_sql("PRAGMA max_page_count = 1")
        with pytest.raises(KnownError, match="disk is full"):
            fill(uow)
    with small.reader() as conn:
        assert [lot.number for lot in conn.scalars(select(Lot))] == ["kept"]
    small.close()


@pytest.mark.parametrize("column", ["person.full_name", "lot.blocked", "screening.outcome_busy"])
def test_a_fault_of_ours_is_never_told_as_one_of_the_disk(column: str) -> None:
    assert explain(sqlite3.IntegrityError(f"NOT NULL constraint failed: {column}")) is None


# the audit chain


def chain(database: Database, n: int = 4) -> None:
    for i in range(n):
        with unit(database) as uow:
            uow.audit("act", "thing", str(i), {"n": i, "tên": "Đặng"})
            uow.commit()


def tamper(database: Database, statement: str) -> None:
    database.close()
    raw = connect(database.path, KEY)
    raw.execute(statement)
    raw.close()


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE audit_entry SET action = 'other' WHERE number = 2", audit.ChainFault("01", 2, "content")),
        ("UPDATE audit_entry SET detail = '{}' WHERE number = 3", audit.ChainFault("01", 3, "content")),
        ("DELETE FROM audit_entry WHERE number = 2", audit.ChainFault("01", 2, "missing")),
        ("DELETE FROM audit_entry WHERE number = 1", audit.ChainFault("01", 1, "missing")),
        ("DELETE FROM audit_entry WHERE number = 4", audit.ChainFault("01", 4, "cut")),
    ],
)
def test_the_checker_names_the_first_broken_entry(database: Database, statement: str, fault: audit.ChainFault) -> None:
    chain(database)
    with database.reader() as conn:
        heads = [(e.desk, e.number, e.hash) for e in conn.scalars(select(AuditEntry)) if e.number == 4]
        assert audit.check(conn, heads) == []
    tamper(database, statement)
    with database.reader() as conn:
        assert audit.check(conn, heads) == [fault]


def test_a_chain_written_anew_does_not_fit_a_known_head(database: Database, tmp_path: Path) -> None:
    chain(database)
    with database.reader() as conn:
        head = conn.scalars(select(AuditEntry).where(AuditEntry.number == 3)).one()
        heads = [(head.desk, head.number, head.hash)]
    other = Database(tmp_path / "other.db", KEY)
    migrate.upgrade(other)
    chain(other)
    with other.reader() as conn:
        assert [fault.what for fault in audit.check(conn, heads)] == ["rewritten"]
    other.close()


# facts and outbox


def test_a_fact_is_never_deleted_and_a_correction_is_a_new_version(database: Database) -> None:
    with unit(database) as uow:
        connection = uow.session.connection()
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        visit = uow.record(Visit(session_id="s", person_id="p", number=1, checked_in_at=uow.now, identity_how="said"))
        newer = uow.supersede(visit, "wrong way", identity_how="card")
        assert (newer.version, newer.record_id, visit.current, newer.current) == (2, visit.record_id, False, True)
        with pytest.raises(BugError):
            uow.delete(newer)
        with pytest.raises(BugError):
            uow.supersede(visit, "again")


def test_an_unsent_entry_is_superseded_and_a_sent_one_stays(database: Database) -> None:
    with unit(database) as uow:
        first = uow.send("Immunization", "i")
        second = uow.send("Immunization", "i", version=2)
        assert (first.state, second.state) == ("superseded", "ready")
        second.body = b"{}"
        third = uow.send("Immunization", "i", version=3)
        assert (second.state, third.state) == ("ready", "ready")
        uow.retract("Immunization", "new")
        assert uow.find(Outbox, resource_id="new") == []
        uow.retract("Immunization", "i", version=4)
        assert [e.version for e in uow.find(Outbox, resource_id="i", state="ready")] == [2, 4]


# key slots


def test_a_slot_opens_with_its_secret_only() -> None:
    slot = keyslots.wrap(KEY, "user", "mai", "bốn từ rất dài")
    assert keyslots.unwrap(slot, "bốn từ rất dài") == [KEY]
    assert keyslots.unwrap(slot, "bon tu rat dai") is None


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_re_keying_cut_at_any_point_still_opens(tmp_path: Path, cut: str) -> None:
    from vaxdesk.paths import StationPaths
    from vaxdesk.services.accounts import _open

    paths = StationPaths(tmp_path)
    database = Database(paths.database, KEY)
    migrate.upgrade(database)
    new = keyslots.new_key()
    slot = keyslots.announce(keyslots.wrap(KEY, "user", "mai", "bốn từ rất dài"), KEY, new)
    if cut == "after":
        database.re_key(new)
    database.close()
    keys = keyslots.unwrap(slot, "bốn từ rất dài")
    assert keys is not None
    opened = _open(paths, keys)
    assert migrate.current(opened) == migrate.head()
    opened.close()
    assert keyslots.unwrap(keyslots.settle(slot, KEY, new), "bốn từ rất dài") == [new]


def test_the_slots_are_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "station.keys"
    keyslots.write(path, [keyslots.wrap(KEY, "a", "a", "twelve letters")])
    before = path.read_bytes()

    def fail(*_args: object) -> None:
        raise OSError

    monkeypatch.setattr(keyslots.os, "replace", fail)
    with pytest.raises(OSError):
        keyslots.write(path, [])
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["station.keys"]


def test_a_recovery_code_forgives_how_it_is_typed_but_no_wrong_letter() -> None:
    code = keyslots.new_recovery_code()
    assert len(code.replace("-", "")) == 28
    assert keyslots.normal_recovery_code(code.lower().replace("-", " ").replace("0", "o").replace("1", "l")) == code
    wrong = ("A" if code[0] != "A" else "B") + code[1:]
    with pytest.raises(InputError, match="wrong"):
        keyslots.normal_recovery_code(wrong)
    with pytest.raises(InputError, match="28"):
        keyslots.normal_recovery_code(code[:-1])


@pytest.mark.parametrize("weak", ["short", "           ", "aaaaaaaaaaaaaaaa"])
def test_a_weak_passphrase_is_refused(weak: str) -> None:
    with pytest.raises(InputError):
        keyslots.check_passphrase(weak)
