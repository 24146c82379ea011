"""Where each person stands in the campaign: what figures and the lists behind them are counted from.

What the schedule says of one history is kept in memory for one pack and day, since hardly anybody's history changes
between two looks. It may be thrown away at any time and never travels.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Select, String, select, type_coerce
from sqlalchemy.orm import Session

from vaxdesk.db.tables import Person
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.schedule import Evaluation
from vaxdesk.queries.histories import Histories, doses_text

#: The village of those whose village is not known.
NO_VILLAGE = "–"


class _Judged(NamedTuple):
    begun: bool
    complete: bool
    earliest: date | None


_NOTHING = _Judged(False, False, None)


class Standing(NamedTuple):
    """Where one person stands on a day. ``doses`` are those on record, whether they count or not."""

    person_id: str
    village: str
    doubtful: bool
    doses: int
    begun: bool
    complete: bool
    due_next: bool
    due_now: bool


_held: Histories[_Judged] | None = None


def forget() -> None:
    """Empty the cache; the next look judges everybody anew."""
    global _held
    _held = None


def everybody(conn: Session, campaign: Campaign, on: date, *, by_name: bool = True) -> Iterator[Standing]:
    """Everybody's standing, in the order of names where that is wanted: one statement, and one evaluation for each
    history not seen before."""
    judge = _held_for(campaign, on).judge
    statement = _people(campaign.code)
    if by_name:
        statement = statement.order_by(Person.name_key, Person.birth_year)
    for person_id, birth, sex, village, doubts, conditions, given in conn.execute(statement):
        found = judge(birth, sex, conditions, given) if given else _NOTHING
        waits = found.begun and not found.complete and found.earliest is not None
        yield Standing(
            person_id,
            village or NO_VILLAGE,
            doubts != "[]",
            given.count(",") + 1 if given else 0,
            found.begun,
            found.complete,
            waits,
            waits and found.earliest is not None and found.earliest <= on,
        )


def _people(campaign: str) -> Select[Any]:
    """JSON is left as the text that it is in the file: nearly always "[]"."""
    return select(
        Person.id,
        Person.birth_date,
        Person.sex,
        Person.village,
        type_coerce(Person.identity_doubts, String),
        type_coerce(Person.conditions, String),
        doses_text(campaign),
    ).where(Person.merged_into.is_(None))


def _held_for(campaign: Campaign, on: date) -> Histories[_Judged]:
    global _held
    held = _held
    if held is None or held.campaign is not campaign or held.day != on:
        _held = held = Histories(campaign, on, _judged)
    return held


def _judged(found: Evaluation) -> _Judged:
    begun = found.status != "none"
    return _Judged(begun, begun and found.complete, found.next.earliest if found.next is not None else None)
