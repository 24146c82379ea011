"""Lists of people behind a figure, and the villages that the station knows.

A list and its figure come from the same rule (``standing.everybody``), so that they agree to the last person.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vaxdesk.db.tables import Person
from vaxdesk.domain.campaign import Campaign
from vaxdesk.i18n import N_
from vaxdesk.queries import people
from vaxdesk.queries.people import PersonRow
from vaxdesk.queries.standing import Standing, everybody

#: The figures that have people behind them, with the title of the list.
KINDS = {
    "registered": N_("Registered people"),
    "doubtful": N_("People whose identity is in doubt"),
    "begun": N_("People with at least one valid dose"),
    "complete": N_("People with a complete course"),
    "without": N_("People without a dose"),
    "due_next": N_("People who wait for their next dose"),
    "due_now": N_("People whose next dose is due"),
    "village": N_("People of {value}"),
}
_CHUNK = 500


def stands_behind(person: Standing, kind: str, value: str = "") -> bool:
    """Whether a person stands behind a figure."""
    return {
        "registered": True,
        "doubtful": person.doubtful,
        "begun": person.begun,
        "complete": person.complete,
        "without": not person.begun,
        "due_next": person.due_next,
        "due_now": person.due_now,
        "village": person.village == value,
    }[kind]


def behind(
    conn: Session, campaign: Campaign, on: date, kind: str, value: str = "", limit: int = 500
) -> tuple[tuple[PersonRow, ...], int]:
    """The people behind a figure, in the order of their names, and how many there are in all."""
    found = [each.person_id for each in everybody(conn, campaign, on) if stands_behind(each, kind, value)]
    return rows_of(conn, found[:limit]), len(found)


def rows_of(conn: Session, person_ids: Sequence[str]) -> tuple[PersonRow, ...]:
    """The lines of some people, in the given order."""
    found: dict[str, PersonRow] = {}
    for start in range(0, len(person_ids), _CHUNK):
        for row in people.by_ids(conn, person_ids[start : start + _CHUNK]):
            found[row.id] = row
    return tuple(found[person_id] for person_id in person_ids if person_id in found)


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
