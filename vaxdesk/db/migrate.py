"""Brings a station's file to the program's version: back up, one transaction, check, stamp."""

from __future__ import annotations

from pathlib import Path

from vaxdesk.db import touches
from vaxdesk.db.engine import Database, told
from vaxdesk.errors import KnownError

SCRIPTS = Path(__file__).parent / "migrations"


def head() -> str:
    """The newest revision that this program knows, without importing alembic (it is slow to import)."""
    revisions: dict[str, str] = {}
    for path in (SCRIPTS / "versions").glob("*.py"):
        values = dict(
            line.split(" = ", 1) for line in path.read_text(encoding="utf-8").splitlines() if " = " in line[:24]
        )
        revisions[values["revision"].strip('"')] = values["down_revision"].strip('"')
    (newest,) = set(revisions) - set(revisions.values())
    return newest


def current(database: Database) -> str | None:
    """The file's revision, or None for an empty file.

    :raises KnownError: the key does not fit or the file is not one of ours.
    """
    with told(), database.engine.connect() as connection:
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE name = 'alembic_version'").all()
        if not tables:
            return None
        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def upgrade(database: Database, backup_to: Path | None = None) -> bool:
    """Migrate when due; True when something was done.

    :raises KnownError: the file is newer than the program.
    """
    found = current(database)
    newest = head()
    if found == newest:
        return False
    known = {path.stem.split("_")[0] for path in (SCRIPTS / "versions").glob("*.py")}
    if found is not None and found not in known:
        raise KnownError(
            "This station's file was written by a newer VaxDesk (revision {revision}). Install that version.",
            revision=found,
        )
    if found is not None and backup_to is not None:
        from vaxdesk.db import backup

        backup.copy(database, backup_to)
    _run(database, newest)
    return True


def _run(database: Database, target: str) -> None:
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    script = ScriptDirectory.from_config(config)

    with told(), database.engine.execution_options(write=True).connect() as connection:
        # Foreign keys off before BEGIN: batch mode drops the old table, and a cascade would take the children.
        raw = connection.connection.dbapi_connection
        assert raw is not None
        raw.execute("PRAGMA foreign_keys = OFF")
        try:
            with (
                connection.begin(),
                EnvironmentContext(
                    config, script, fn=lambda rev, _context: script._upgrade_revs(target, rev)
                ) as environment,
            ):
                environment.configure(connection=connection, render_as_batch=True, transactional_ddl=False)
                environment.run_migrations()
                touches.lay(connection)
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                if broken:
                    raise KnownError(
                        "The update of the station's file found {n} loose ends and was undone. Send the file's backup "
                        "to your supporter.",
                        n=len(broken),
                    )
        finally:
            raw.execute("PRAGMA foreign_keys = ON")
