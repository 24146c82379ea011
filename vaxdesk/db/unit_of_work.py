"""One transaction of one use case: rows, audit entries and outbox entries together, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, TypeVar

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.orm import Session

from vaxdesk.clock import Clock
from vaxdesk.db import audit
from vaxdesk.db.engine import Database, told
from vaxdesk.db.tables import Base, Fact, Outbox, new_id
from vaxdesk.errors import BugError

Row = TypeVar("Row", bound=Base)

#: How long an entry waits before it is sent, so that an undo can still supersede it.
UNDO_WINDOW = timedelta(seconds=10)


@dataclass(frozen=True)
class Owed:
    """A version of a resource that the portal is to get; ``at_once`` where no undo window is waited for."""

    resource_type: str
    resource_id: str
    version: int = 1
    visit_id: str = ""
    person_id: str = ""
    at_once: bool = False


class UnitOfWork:
    """Use as a context manager; without :meth:`commit` everything is rolled back.

    A ``read_only`` one sees a consistent state, waits for no writer, and cannot commit.
    """

    def __init__(self, database: Database, clock: Clock, *, desk: str, user_id: str, read_only: bool = False) -> None:
        self._database = database
        self._clock = clock
        self.desk = desk
        self.user_id = user_id
        self.read_only = read_only
        self.committed = False
        self.session: Session

    def __enter__(self) -> UnitOfWork:
        self._opened = self._database.reader() if self.read_only else self._database.writer()
        self.session = self._opened.__enter__()
        self.now: datetime = self._clock.now()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.rollback()
        self._opened.__exit__(kind, error, trace)

    def commit(self) -> None:
        """Make it so: returns only when the disk has it."""
        if self.read_only:
            raise BugError("a reading unit of work cannot commit")
        with told():
            self.session.commit()
        self.committed = True

    # rows

    def add(self, row: Row) -> Row:
        """Add a row and give it its id."""
        self.session.add(row)
        self.session.flush()
        return row

    def get(self, table: type[Row], key: Any) -> Row | None:
        """The row with this primary key."""
        return self.session.get(table, key)

    def find(self, table: type[Row], order_by: Any = None, **equal: Any) -> Sequence[Row]:
        """All rows whose columns equal the given values."""
        statement = select(table).filter_by(**equal)
        return self.session.scalars(statement if order_by is None else statement.order_by(order_by)).all()

    def first(self, table: type[Row], order_by: Any = None, **equal: Any) -> Row | None:
        """The first row whose columns equal the given values."""
        statement = select(table).filter_by(**equal)
        if order_by is not None:
            statement = statement.order_by(order_by)
        return self.session.scalars(statement.limit(1)).first()

    def count(self, table: type[Row], **equal: Any) -> int:
        """How many rows have these values."""
        return self.session.scalar(select(func.count()).select_from(table).filter_by(**equal)) or 0

    def delete(self, row: Base) -> None:
        """Remove a row that is not a fact (an index entry, a superseded cache)."""
        if isinstance(row, Fact):
            raise BugError("a fact is never deleted")
        self.session.delete(row)

    # facts

    def record(self, fact: Any) -> Any:
        """Store a new fact: version 1 of a new record, with who, when and at which desk."""
        fact.id = fact.id or new_id()
        fact.record_id = fact.record_id or fact.id
        fact.recorded_at = self.now
        fact.recorded_by = self.user_id
        fact.desk = self.desk
        return self.add(fact)

    def supersede(self, old: Any, reason: str, /, **changes: Any) -> Any:
        """Store a new version of a fact; the old one stays and is no longer current."""
        if not old.current:
            raise BugError("only the current version can be superseded")
        values = {column.key: getattr(old, column.key) for column in type(old).__table__.columns if column.key != "id"}
        old.current = False
        self.session.flush()
        values.update(
            version=old.version + 1,
            current=True,
            change_reason=reason,
            recorded_at=self.now,
            recorded_by=self.user_id,
            desk=self.desk,
            origin="desk",
        )
        values.update(changes)
        return self.add(type(old)(**values))

    # audit and outbox

    def audit(
        self, action: str, entity: str, entity_id: str, detail: dict[str, Any] | None = None, origin: str = "desk"
    ) -> None:
        """Append to the audit chain."""
        audit.append(
            self.session,
            desk=self.desk,
            at=self.now,
            user_id=self.user_id,
            action=action,
            entity=entity,
            entity_id=entity_id,
            detail=detail,
            origin=origin,
        )

    def audit_all(self, entries: Sequence[audit.Said], origin: str = "desk") -> None:
        """Append several entries, in their order."""
        audit.append_all(
            self.session, desk=self.desk, at=self.now, user_id=self.user_id, entries=entries, origin=origin
        )

    def retract(self, resource_type: str, resource_id: str, **where: Any) -> None:
        """Owe the portal an *entered in error*; nothing at all when no version was ever sent."""
        for entry in self.find(Outbox, resource_type=resource_type, resource_id=resource_id, state="ready"):
            if entry.body is None:
                entry.state = "superseded"
        self.session.flush()
        if any(
            e.state != "superseded" for e in self.find(Outbox, resource_type=resource_type, resource_id=resource_id)
        ):
            self.send(resource_type, resource_id, **where)

    def send(
        self,
        resource_type: str,
        resource_id: str,
        *,
        version: int = 1,
        visit_id: str = "",
        person_id: str = "",
        at_once: bool = False,
    ) -> Outbox:
        """Owe the portal this version of a resource, see :meth:`send_all`."""
        (entry,) = self.send_all([Owed(resource_type, resource_id, version, visit_id, person_id, at_once)])
        return entry

    def end_undo(self) -> None:
        """What waits for its undo window is ready to be sent now."""
        waiting = update(Outbox).where(Outbox.state == "ready", Outbox.ready_at > self.now)
        self.session.execute(waiting.values(ready_at=self.now))

    def send_all(self, owed: Sequence[Owed]) -> list[Outbox]:
        """Owe the portal these versions of resources. An unsent earlier version is superseded, a sent one stays.

        A refused earlier version is superseded too, and what waited for it is ready again.
        """
        key = tuple_(Outbox.resource_type, Outbox.resource_id)
        wanted = [(one.resource_type, one.resource_id) for one in owed]
        for entry in self.session.scalars(select(Outbox).where(key.in_(wanted))).all():
            if entry.state == "refused" or (entry.state == "ready" and entry.body is None):
                for waiting in self.find(Outbox, blocked_by=entry.seq, state="blocked"):
                    waiting.state, waiting.blocked_by = "ready", None
                entry.state = "superseded"
        rows = [
            Outbox(
                resource_type=one.resource_type,
                resource_id=one.resource_id,
                version=one.version,
                visit_id=one.visit_id,
                person_id=one.person_id,
                ready_at=self.now if one.at_once else self.now + UNDO_WINDOW,
                created_at=self.now,
            )
            for one in owed
        ]
        self.session.add_all(rows)
        self.session.flush()
        return rows
