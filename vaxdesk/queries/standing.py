"""Where each person stands in the campaign: what figures and the lists behind them are counted from.

What the schedule says of one history is kept in memory for one pack and day, since hardly anybody's history changes
between two looks. It may be thrown away at any time and never travels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from vaxdesk.db.tables import Immunization, Person
from vaxdesk.domain import schedule
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.schedule import GivenDose

#: The village of those whose village is not known.
NO_VILLAGE = "–"
#: More different histories than a province has are a sign of a leak.
_MOST = 400_000

#: Birth date, sex, conditions, and the doses as (day, product).
_History = tuple[str, str, tuple[str, ...], tuple[tuple[str, str], ...]]


class _Judged(NamedTuple):
    begun: bool
    complete: bool
    earliest: date | None


_NOTHING = _Judged(False, False, None)


@dataclass(frozen=True)
class Standing:
    """Where one person stands on a day. ``doses`` are those on record, whether they count or not."""

    person_id: str
    village: str
    doubtful: bool
    doses: int
    begun: bool
    complete: bool
    due_next: bool
    due_now: bool


class _Held:
    """The histories judged for one pack and day."""

    def __init__(self, campaign: Campaign, on: date) -> None:
        self.campaign = campaign
        self.on = on
        self.judged: dict[_History, _Judged] = {}


_held: _Held | None = None


def forget() -> None:
    """Empty the cache; the next look judges everybody anew."""
    global _held
    _held = None


def everybody(conn: Session, campaign: Campaign, on: date) -> Iterator[Standing]:
    """Everybody's standing in the order of names: two statements, one evaluation for each history not seen before."""
    given = _doses(conn, campaign.code)
    held = _held_for(campaign, on)
    rows = conn.execute(
        select(Person.id, Person.birth_date, Person.sex, Person.village, Person.identity_doubts, Person.conditions)
        .where(Person.merged_into.is_(None))
        .order_by(Person.name_key, Person.birth_year)
    )
    for person_id, birth, sex, village, doubts, conditions in rows:
        doses = given.get(person_id, ())
        found = _judge(held, (birth, sex, tuple(conditions), tuple(doses))) if doses else _NOTHING
        waits = found.begun and not found.complete and found.earliest is not None
        yield Standing(
            person_id=person_id,
            village=village or NO_VILLAGE,
            doubtful=bool(doubts),
            doses=len(doses),
            begun=found.begun,
            complete=found.complete,
            due_next=waits,
            due_now=waits and found.earliest is not None and found.earliest <= on,
        )


def _doses(conn: Session, campaign: str) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    rows = conn.execute(
        select(Immunization.person_id, Immunization.occurred, Immunization.product_code)
        .where(Immunization.campaign == campaign, Immunization.current.is_(True), Immunization.status == "completed")
        .order_by(Immunization.occurred)
    )
    for person_id, occurred, product in rows:
        found[person_id].append((occurred, product))
    return found


def _held_for(campaign: Campaign, on: date) -> _Held:
    global _held
    held = _held
    if held is None or held.campaign is not campaign or held.on != on or len(held.judged) > _MOST:
        _held = held = _Held(campaign, on)
    return held


def _judge(held: _Held, history: _History) -> _Judged:
    known = held.judged.get(history)
    if known is None:
        birth, sex, conditions, doses = history
        given = [GivenDose(PartialDate.parse(occurred).latest(), product) for occurred, product in doses]
        found = schedule.evaluate(held.campaign, PartialDate.parse(birth), sex, given, held.on, conditions)
        begun = found.status != "none"
        known = _Judged(begun, begun and found.complete, found.next.earliest if found.next is not None else None)
        held.judged[history] = known
    return known
