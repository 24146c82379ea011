"""The station's figures, derived from the records with the schedule engine. People and doses are never mixed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vaxdesk.db.tables import Immunization, Person, StockMovement
from vaxdesk.domain import schedule
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.schedule import Evaluation, GivenDose
from vaxdesk.queries import registrations


@dataclass(frozen=True)
class VillageCoverage:
    """People of a village: all, with at least one valid dose, with a complete course."""

    village: str
    people: int
    begun: int
    complete: int


@dataclass(frozen=True)
class Figures:
    """The four numbers of the station's duty (R-83) and what stands below each."""

    registered: int
    waiting_approval: int
    doubtful: int
    doses_received: int
    doses_used: int
    doses_wasted: int
    doses_left: int
    lots: int
    people_begun: int
    people_complete: int
    doses_given: int
    people_without: int
    people_due_next: int
    people_due_now: int
    villages: tuple[VillageCoverage, ...] = field(default=())


def histories(conn: Session, campaign: str) -> dict[str, list[GivenDose]]:
    """All completed doses by person, in one statement."""
    found: dict[str, list[GivenDose]] = defaultdict(list)
    rows = conn.execute(
        select(Immunization.person_id, Immunization.occurred, Immunization.product_code).where(
            Immunization.campaign == campaign, Immunization.current.is_(True), Immunization.status == "completed"
        )
    )
    for person_id, occurred, product in rows:
        found[person_id].append(GivenDose(PartialDate.parse(occurred).latest(), product))
    return found


def evaluation_of(conn: Session, campaign: Campaign, person_id: str, on: date) -> Evaluation | None:
    """One person's history judged on a day."""
    person = conn.get(Person, person_id)
    if person is None:
        return None
    rows = conn.execute(
        select(Immunization.occurred, Immunization.product_code).where(
            Immunization.person_id == person_id,
            Immunization.campaign == campaign.code,
            Immunization.current.is_(True),
            Immunization.status == "completed",
        )
    )
    doses = [GivenDose(PartialDate.parse(occurred).latest(), product) for occurred, product in rows]
    return schedule.evaluate(campaign, PartialDate.parse(person.birth_date), person.sex, doses, on, person.conditions)


def figures(conn: Session, campaign: Campaign, on: date) -> Figures:
    """All figures of the first page, in five statements and one evaluation a vaccinated person."""
    given = histories(conn, campaign.code)
    people = conn.execute(
        select(
            Person.id, Person.birth_date, Person.sex, Person.village, Person.identity_doubts, Person.conditions
        ).where(Person.merged_into.is_(None))
    ).all()
    begun = complete = due_next = due_now = doubtful = 0
    villages: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for person_id, birth, sex, village, doubts, conditions in people:
        counts = villages[village or "–"]
        counts[0] += 1
        doubtful += bool(doubts)
        doses = given.get(person_id)
        if not doses:
            continue
        evaluation = schedule.evaluate(campaign, PartialDate.parse(birth), sex, doses, on, conditions)
        if evaluation.status == "none":
            continue
        begun += 1
        counts[1] += 1
        if evaluation.complete:
            complete += 1
            counts[2] += 1
        elif evaluation.next is not None:
            due_next += 1
            due_now += evaluation.next.earliest <= on
    waiting = registrations.count(conn)
    stock = dict(
        conn.execute(
            select(StockMovement.kind, func.sum(StockMovement.doses))
            .where(StockMovement.current.is_(True), StockMovement.status == "completed")
            .group_by(StockMovement.kind)
        ).all()
    )
    with_stock = conn.execute(
        select(StockMovement.lot_id)
        .where(StockMovement.current.is_(True), StockMovement.status == "completed")
        .group_by(StockMovement.lot_id)
        .having(func.sum(StockMovement.doses) > 0)
    ).all()
    rows = sorted(
        (VillageCoverage(name, *counts) for name, counts in villages.items()),
        key=lambda row: (row.begun / row.people, row.village),
    )
    return Figures(
        registered=len(people),
        waiting_approval=waiting,
        doubtful=doubtful,
        doses_received=stock.get("received", 0),
        doses_used=-stock.get("used", 0),
        doses_wasted=-stock.get("wasted", 0),
        doses_left=sum(stock.values()),
        lots=len(with_stock),
        people_begun=begun,
        people_complete=complete,
        doses_given=sum(len(doses) for doses in given.values()),
        people_without=len(people) - begun,
        people_due_next=due_next,
        people_due_now=due_now,
        villages=tuple(rows),
    )
