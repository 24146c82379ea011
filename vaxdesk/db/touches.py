"""Triggers that note whose record changed, whatever wrote it: lists held in memory then read only those people anew.

They are laid anew after each migration, since a table that a migration copies loses its own. The note is written in
the transaction of the change, so who sees one sees the other.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from vaxdesk.db.tables import PersonTouch

#: The tables whose rows say something of a person, and the column that names her.
WATCHED = {
    "person": "id",
    "person_group": "person_id",
    "consent": "person_id",
    "screening": "person_id",
    "immunization": "person_id",
    "visit": "person_id",
}
#: How many notes are kept; who looks more rarely reads everybody anew.
KEPT = 20_000
#: Old notes are dropped once in so many.
_STEP = 256


def lay(connection: Connection) -> None:
    """Lay the triggers in a file that has the table, in the caller's transaction."""
    if not connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'person_touch'").all():
        return
    for name, statement in _triggers().items():
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
        connection.exec_driver_sql(statement)


def _triggers() -> dict[str, str]:
    found = {}
    for table, column in WATCHED.items():
        note = f"INSERT INTO person_touch (person_id) VALUES (NEW.{column});"
        was = f"INSERT INTO person_touch (person_id) VALUES (OLD.{column});"
        moved = f"INSERT INTO person_touch (person_id) SELECT OLD.{column} WHERE OLD.{column} <> NEW.{column};"
        for act, notes in (("INSERT", note), ("UPDATE", f"{note} {moved}"), ("DELETE", was)):
            name = f"touch_{table}_{act.lower()}"
            found[name] = f"CREATE TRIGGER {name} AFTER {act} ON {table} BEGIN {notes} END"
    found["touch_trim"] = (
        f"CREATE TRIGGER touch_trim AFTER INSERT ON person_touch WHEN NEW.number % {_STEP} = 0 "
        f"BEGIN DELETE FROM person_touch WHERE number <= NEW.number - {KEPT}; END"
    )
    return found


def head(conn: Session) -> int:
    """The number of the newest note; 0 for none."""
    return conn.scalar(select(func.max(PersonTouch.number))) or 0


def since(conn: Session, seen: int) -> frozenset[str] | None:
    """Whose records changed after the note ``seen``; None where that is not known any more."""
    newest = head(conn)
    if newest == seen:
        return frozenset()
    if newest < seen:
        return None
    numbers = conn.execute(select(PersonTouch.number, PersonTouch.person_id).where(PersonTouch.number > seen)).all()
    # Some of them were dropped meanwhile.
    return frozenset(row.person_id for row in numbers) if len(numbers) == newest - seen else None
