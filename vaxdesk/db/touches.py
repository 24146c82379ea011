"""Triggers that note whose record changed, whatever wrote it: lists held in memory then read only those people anew.

They are laid anew after each migration, since a table that a migration copies loses its own. The note is written in
the transaction of the change, so who sees one sees the other.
"""

from __future__ import annotations

from string import Template

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
#: How many notes are kept (the newest); who looks more rarely reads everybody anew.
KEPT = 20_000
_TRIGGERS = {
    "touch_${table}_insert": """
        CREATE TRIGGER touch_${table}_insert AFTER INSERT ON ${table} BEGIN
            INSERT INTO person_touch (person_id) VALUES (NEW.${column});
        END""",
    "touch_${table}_update": """
        CREATE TRIGGER touch_${table}_update AFTER UPDATE ON ${table} BEGIN
            INSERT INTO person_touch (person_id) VALUES (NEW.${column});
            INSERT INTO person_touch (person_id) SELECT OLD.${column} WHERE OLD.${column} <> NEW.${column};
        END""",
    "touch_${table}_delete": """
        CREATE TRIGGER touch_${table}_delete AFTER DELETE ON ${table} BEGIN
            INSERT INTO person_touch (person_id) VALUES (OLD.${column});
        END""",
}
#: Old notes go once in a while, not one with each new one.
_TRIM = """
    CREATE TRIGGER touch_trim AFTER INSERT ON person_touch WHEN NEW.number % 256 = 0 BEGIN
        DELETE FROM person_touch WHERE number <= NEW.number - ${kept};
    END"""


def lay(connection: Connection) -> None:
    """Lay the triggers in a file that has the table, in the caller's transaction."""
    if not connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'person_touch'").all():
        return
    wanted = {"touch_trim": Template(_TRIM).substitute(kept=KEPT)}
    for table, column in WATCHED.items():
        for name, statement in _TRIGGERS.items():
            values = {"table": table, "column": column}
            wanted[Template(name).substitute(values)] = Template(statement).substitute(values)
    for name, statement in wanted.items():
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
        connection.exec_driver_sql(statement)


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
