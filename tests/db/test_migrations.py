"""Migrations on files with data: everything stays, or nothing happened; a copy is made before.

Each revision of the program is gone up from with a row in every table; what can go wrong is shown with revisions that
are invented here and laid beside the program's.
"""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Column, Date, Float, Integer, LargeBinary, MetaData, text

from vaxdesk.clock import SystemClock
from vaxdesk.db import migrate
from vaxdesk.db.engine import Database
from vaxdesk.db.tables import Base, Lot, StockMovement
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.errors import KnownError

KEY = bytes(range(32))
LAST = migrate.head()
REVISIONS = sorted(path.stem.split("_")[0] for path in (migrate.SCRIPTS / "versions").glob("*.py"))
HEAD = '''"""An invented revision."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"


def upgrade() -> None:
{body}
'''
#: Batch mode drops and refills the parent table: with foreign keys on, its children would go with it.
COLUMN = """    with op.batch_alter_table("lot") as batch:
        batch.add_column(sa.Column("maker", sa.String(), nullable=False, server_default="unknown"))
        batch.alter_column("number", type_=sa.String(80))
    op.execute("UPDATE lot SET maker = 'from ' || number")
"""
FAILS = """    op.execute("UPDATE lot SET number = 'changed'")
    op.execute("SELECT * FROM nowhere")
"""
LOOSE = """    op.execute("DELETE FROM lot")
"""


@pytest.fixture
def scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program's migrations in a folder where more can be laid."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.SCRIPTS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(migrate, "SCRIPTS", folder)
    return folder


@pytest.fixture
def database(tmp_path: Path):
    """A file of the first version with a lot, its movements and an audit entry."""
    database = Database(tmp_path / "station.db", KEY)
    migrate.upgrade(database)
    with UnitOfWork(database, SystemClock(), desk="01", user_id="nurse") as uow:
        lot = uow.add(Lot(product_code="p", number="A1", expiry=None, created_at=uow.now))
        for doses in (100, -1):
            uow.record(StockMovement(lot_id=lot.id, kind="received", doses=doses, occurred_at=uow.now))
        uow.audit("add", "lot", lot.id)
        uow.commit()
    yield database
    database.close()


def add(scripts: Path, revision: str, before: str, body: str) -> None:
    path = scripts / "versions" / f"{revision}_invented.py"
    path.write_text(HEAD.format(revision=revision, before=before, body=body), encoding="utf-8")


def content(database: Database) -> list[list[tuple]]:
    with database.engine.connect() as connection:
        return [
            [tuple(row) for row in connection.execute(text(f"SELECT * FROM {table}"))]
            for table in ("lot", "stock_movement", "audit_entry", "alembic_version")
        ]


def test_every_revision_follows_one_other_and_the_last_is_the_tables(database: Database) -> None:
    assert migrate.current(database) == migrate.head()
    assert not migrate.upgrade(database)
    with database.engine.connect() as connection:
        names = {row[0] for row in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))}
    assert names == {*Base.metadata.tables, "alembic_version"}


def fill(database: Database) -> dict[str, list[dict[str, Any]]]:
    """A row in every table of whatever version, as its columns say, each row pointing to the others."""
    metadata = MetaData()
    metadata.reflect(database.engine)
    rows: dict[str, list[dict[str, Any]]] = {}
    with database.engine.execution_options(write=True).begin() as connection:
        for table in metadata.sorted_tables:
            if table.name in ("alembic_version", "person_touch"):  # both fill themselves
                continue
            row = {column.name: value(column, rows) for column in table.columns}
            connection.execute(table.insert().values(**row))
            rows[table.name] = [row]
    return rows


VALUES = {
    JSON: ["a", {"b": 1}],
    Boolean: True,
    Integer: 7,
    Float: 0.5,
    Date: date(2021, 8, 1),
    LargeBinary: b"\x00\xff",
}


def value(column: Column[Any], rows: dict[str, list[dict[str, Any]]]) -> Any:
    """A value that fits."""
    for key in column.foreign_keys:
        target = key.column
        return rows[target.table.name][0][target.name] if target.table.name in rows else None
    if column.name == "sex":
        return "female"
    found = next((made for kind, made in VALUES.items() if isinstance(column.type, kind)), None)
    return found if found is not None else f"{column.name} ữ"


@pytest.mark.parametrize("revision", REVISIONS)
def test_up_from_every_revision_with_a_row_in_every_table(tmp_path: Path, revision: str) -> None:
    database = Database(tmp_path / "old.db", KEY)
    migrate._run(database, revision)
    rows = fill(database)
    assert rows
    changed = migrate.upgrade(database, tmp_path / "before.db")
    assert changed == (revision != LAST)
    metadata = MetaData()
    metadata.reflect(database.engine)
    with database.engine.connect() as connection:
        for name, (row,) in rows.items():
            (held,) = connection.execute(metadata.tables[name].select()).mappings().all()
            kept = {key: held[key] for key in row if key in held}
            assert kept == {key: row[key] for key in kept}, name
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    database.close()


def test_up_with_data_children_stay_and_a_copy_of_before_is_kept(
    database: Database, scripts: Path, tmp_path: Path
) -> None:
    before = content(database)
    add(scripts, "9001", LAST, COLUMN)
    copy_at = tmp_path / "backups" / "before.db"
    assert migrate.upgrade(database, copy_at)
    lots, movements, entries, version = content(database)
    assert [row[-1] for row in lots] == ["from A1"]
    assert (movements, entries) == (before[1], before[2])
    assert version == [("9001",)]
    with database.engine.connect() as connection:
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    copy = Database(copy_at, KEY)
    assert content(copy) == before
    copy.close()
    assert not migrate.upgrade(database, copy_at)


def test_several_revisions_are_one_step(database: Database, scripts: Path) -> None:
    add(scripts, "9001", LAST, COLUMN)
    add(scripts, "9002", "9001", """    op.execute("UPDATE lot SET maker = upper(maker)")\n""")
    assert migrate.head() == "9002"
    assert migrate.upgrade(database)
    assert content(database)[0][0][-1] == "FROM A1"


@pytest.mark.parametrize("first", [True, False])
def test_a_migration_that_fails_leaves_the_file_as_it_was(database: Database, scripts: Path, first: bool) -> None:
    before = content(database)
    if not first:
        add(scripts, "9001", LAST, COLUMN)
    add(scripts, "9002", LAST if first else "9001", FAILS)
    with pytest.raises(Exception, match="nowhere"):
        migrate.upgrade(database)
    assert content(database) == before
    assert migrate.current(database) == LAST


def test_loose_ends_are_found_and_the_update_is_undone(database: Database, scripts: Path) -> None:
    before = content(database)
    add(scripts, "9001", LAST, LOOSE)
    with pytest.raises(KnownError, match="loose ends"):
        migrate.upgrade(database)
    assert content(database) == before


def test_a_newer_file_is_refused_and_not_touched(
    database: Database, scripts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(scripts, "9001", LAST, COLUMN)
    migrate.upgrade(database)
    before = content(database)
    (scripts / "versions" / "9001_invented.py").unlink()
    with pytest.raises(KnownError, match="newer VaxDesk") as refused:
        migrate.upgrade(database, tmp_path / "copy.db")
    assert refused.value.values == {"revision": "9001"}
    assert content(database) == before
    assert not (tmp_path / "copy.db").exists()


def test_where_no_copy_can_be_made_nothing_is_updated(database: Database, scripts: Path, tmp_path: Path) -> None:
    before = content(database)
    add(scripts, "9001", LAST, COLUMN)
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(KnownError, match="cannot be written"):
        migrate.upgrade(database, tmp_path / "file" / "copy.db")
    assert content(database) == before
