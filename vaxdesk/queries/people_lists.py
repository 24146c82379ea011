"""Lists of people behind a figure, and the villages that the station knows.

A list and its figure come from the same rule (:func:`standings`), so that they agree to the last person.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vaxdesk.db.tables import Person
from vaxdesk.domain import schedule
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import PartialDate
from vaxdesk.i18n import N_
from vaxdesk.queries import figures, people
from vaxdesk.queries.people import PersonRow

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
#: The village of those whose village is not known, as figures name it.
NO_VILLAGE = "–"
_CHUNK = 500


@dataclass(frozen=True)
class Standing:
    """Where one person stands on a day."""

    person_id: str
    village: str
    doubtful: bool
    begun: bool
    complete: bool
    due_next: bool
    due_now: bool

    def is_of(self, kind: str, value: str = "") -> bool:
        """Whether the person stands behind a figure."""
        return {
            "registered": True,
            "doubtful": self.doubtful,
            "begun": self.begun,
            "complete": self.complete,
            "without": not self.begun,
            "due_next": self.due_next,
            "due_now": self.due_now,
            "village": self.village == value,
        }[kind]


def standings(conn: Session, campaign: Campaign, on: date) -> Iterator[Standing]:
    """Everybody's standing: two statements and one evaluation a vaccinated person."""
    given = figures.histories(conn, campaign.code)
    rows = conn.scalars(select(Person).where(Person.merged_into.is_(None)).order_by(Person.name_key, Person.birth_year))
    for person in rows:
        doses = given.get(person.id)
        begun = complete = waits = now = False
        if doses:
            birth = PartialDate.parse(person.birth_date)
            evaluation = schedule.evaluate(campaign, birth, person.sex, doses, on, person.conditions)
            begun, complete = evaluation.status != "none", evaluation.status != "none" and evaluation.complete
            waits = begun and not complete and evaluation.next is not None
            now = waits and evaluation.next is not None and evaluation.next.earliest <= on
        yield Standing(
            person_id=person.id,
            village=person.village or NO_VILLAGE,
            doubtful=bool(person.identity_doubts),
            begun=begun,
            complete=complete,
            due_next=waits,
            due_now=now,
        )


def behind(
    conn: Session, campaign: Campaign, on: date, kind: str, value: str = "", limit: int = 500
) -> tuple[tuple[PersonRow, ...], int]:
    """The people behind a figure, in the order of their names, and how many there are in all."""
    found = [each.person_id for each in standings(conn, campaign, on) if each.is_of(kind, value)]
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
