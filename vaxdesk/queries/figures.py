"""The station's figures, derived from the records with the schedule engine. People and doses are never mixed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vaxdesk.db.tables import StockMovement
from vaxdesk.domain.campaign import Campaign
from vaxdesk.queries import registrations, standing


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


def figures(conn: Session, campaign: Campaign, on: date) -> Figures:
    """All figures of the first page, in five statements."""
    people = begun = complete = due_next = due_now = doubtful = given = 0
    villages: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for person in standing.everybody(conn, campaign, on, by_name=False):
        people += 1
        given += person.doses
        doubtful += person.doubtful
        begun += person.begun
        complete += person.complete
        due_next += person.due_next
        due_now += person.due_now
        for place, counts in enumerate((True, person.begun, person.complete)):
            villages[person.village][place] += counts
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
        registered=people,
        waiting_approval=waiting,
        doubtful=doubtful,
        doses_received=stock.get("received", 0),
        doses_used=-stock.get("used", 0),
        doses_wasted=-stock.get("wasted", 0),
        doses_left=sum(stock.values()),
        lots=len(with_stock),
        people_begun=begun,
        people_complete=complete,
        doses_given=given,
        people_without=people - begun,
        people_due_next=due_next,
        people_due_now=due_now,
        villages=tuple(rows),
    )
