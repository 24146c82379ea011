"""Lists of people behind a figure or a piece of work, and the villages that the station knows."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vaxdesk.db.tables import Person


def villages(conn: Session) -> tuple[str, ...]:
    """The villages of the people here, the largest first: what is offered while one types."""
    statement = (
        select(Person.village)
        .where(Person.village != "", Person.merged_into.is_(None))
        .group_by(Person.village)
        .order_by(func.count().desc(), Person.village)
        .limit(500)
    )
    return tuple(conn.scalars(statement))
