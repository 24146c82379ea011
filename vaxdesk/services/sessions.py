"""Plans vaccination sessions and changes their defaults."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from vaxdesk.db.tables import Lot, VaccinationSession
from vaxdesk.errors import FieldError, KnownError, RefusedError
from vaxdesk.i18n import N_
from vaxdesk.queries import chain, visits
from vaxdesk.queries.sessions import doses_used
from vaxdesk.services import signing
from vaxdesk.services.context import Context

PARTS = {"morning": N_("Morning"), "afternoon": N_("Afternoon"), "day": N_("All day")}


@dataclass(frozen=True)
class PlanSession:
    """A session to plan: one day, one part of it, a place, the default product and lot."""

    day: date
    part: str
    place: str
    product_code: str
    lot_id: str | None
    capacity: int = 100
    area_group: str = ""


def plan(ctx: Context, command: PlanSession) -> str:
    """Plan a session and return its id.

    A second session of the same day, part and place is refused; planning today is allowed, since stations are late.

    :raises FieldError: a field does not fit.
    """
    ctx.require("manage", "register", "inject")
    if command.part not in PARTS:
        raise FieldError("part", "Choose morning, afternoon or all day.")
    if command.product_code not in ctx.campaign(day=command.day).products:
        raise FieldError("product", "Choose the vaccine.")
    if not command.place.strip():
        raise FieldError("place", "Enter the place of the session.")
    priority = ctx.campaign(day=command.day).priority
    areas = {area.code for area in priority.areas_on(command.day)} if priority is not None else set()
    if command.area_group and command.area_group not in areas:
        raise FieldError("area", "There is no area group {code} on that day.", code=command.area_group)
    if not 1 <= command.capacity <= 5000:
        raise FieldError("capacity", "Enter how many people the session can take.")
    with ctx.write() as uow:
        if command.lot_id is not None:
            lot = uow.get(Lot, command.lot_id)
            if lot is None or lot.product_code != command.product_code:
                raise FieldError("lot", "Choose a lot of this vaccine.")
        same = uow.find(VaccinationSession, day=command.day, part=command.part, place=command.place.strip())
        if any(row.closed_at is None for row in same):
            raise FieldError("part", "This session is planned already: open it from the list.")
        row = uow.add(
            VaccinationSession(
                campaign=ctx.station.campaign,
                day=command.day,
                part=command.part,
                place=command.place.strip(),
                capacity=command.capacity,
                area_group=command.area_group,
                product_code=command.product_code,
                lot_id=command.lot_id,
                planned_at=uow.now,
                planned_by=ctx.user.id,
            )
        )
        uow.audit("plan", "session", row.id, {"day": command.day.isoformat(), "product": command.product_code})
        session_id = row.id
        uow.send("Location", ctx.station.id, at_once=True)
        uow.commit()
    return session_id


def change_defaults(ctx: Context, session_id: str, product_code: str, lot_id: str | None) -> None:
    """Change the session's default product and lot (F5); logged with both lots.

    :raises RefusedError: the session is closed. :raises FieldError: lot and product do not fit.
    """
    ctx.require("inject", "manage")
    with ctx.write() as uow:
        row = open_session(uow.get(VaccinationSession, session_id))
        if lot_id is not None:
            lot = uow.get(Lot, lot_id)
            if lot is None or lot.product_code != product_code:
                raise FieldError("lot", "Choose a lot of this vaccine.")
        uow.audit(
            "default",
            "session",
            session_id,
            {"old": [row.product_code, row.lot_id], "new": [product_code, lot_id]},
        )
        row.product_code, row.lot_id = product_code, lot_id
        uow.commit()


def open_session(row: VaccinationSession | None) -> VaccinationSession:
    """The session if it is there and open.

    :raises KnownError: it is not there. :raises RefusedError: it is closed.
    """
    if row is None:
        raise KnownError("The session is not there any more. Open the list of sessions again.")
    if row.closed_at is not None:
        raise RefusedError("The session is closed. Plan another one for late entries.")
    return row


@dataclass(frozen=True)
class Closing:
    """What a session's close compares: people who came and have no end, doses entered, doses that left the stock."""

    waiting: int
    observed: int
    doses: int
    used: int

    @property
    def agrees(self) -> bool:
        """Whether everybody has an end and doses and stock are the same."""
        return not self.waiting and not self.observed and self.doses == self.used


def compare(ctx: Context, session_id: str) -> Closing:
    """The figures of a session before its close; nothing is written."""
    with ctx.database.reader() as conn:
        return _compared(conn, session_id)


def _compared(conn: Any, session_id: str) -> Closing:
    rows = visits.of_session(conn, session_id)
    used = doses_used(conn, session_id)
    counts = visits.stage_counts(rows)
    return Closing(
        waiting=counts["consent"] + counts["screening"] + counts["dose"],
        observed=counts["observation"],
        doses=sum(row.given_at is not None for row in rows),
        used=used,
    )


def close(ctx: Context, session_id: str, reason: str = "") -> None:
    """Close a session. While people, doses and stock disagree it stays open without a written reason (R-42).

    What waits for its undo window is ready to be sent at once, and the audit chain's head is signed.

    :raises FieldError: something disagrees and no reason is given. :raises RefusedError: it is closed already.
    """
    ctx.require("manage", "inject")
    ctx.flush_views()
    with ctx.database.reader() as conn:
        found, seen = _compared(conn, session_id), chain.newest(conn, ctx.station.desk)
    _agreed(found, reason)
    with ctx.write() as uow:
        row = open_session(uow.get(VaccinationSession, session_id))
        if chain.newest(uow.session, ctx.station.desk) != seen:
            # Something was written meanwhile: what is closed is what is there now.
            found = _compared(uow.session, session_id)
            _agreed(found, reason)
        row.closed_at, row.closed_by, row.close_reason = uow.now, ctx.user.id, reason.strip()
        uow.audit("close", "session", session_id, {"agrees": found.agrees, "reason": reason.strip()})
        uow.end_undo()
        uow.commit()
    signing.sign_head(ctx, "close")


def _agreed(found: Closing, reason: str) -> None:
    if not found.agrees and not reason.strip():
        raise FieldError(
            "reason",
            "{waiting} people have no end, {observed} are still observed, {doses} doses are entered and {used} left "
            "the stock: write the reason, or finish them first.",
            waiting=found.waiting,
            observed=found.observed,
            doses=found.doses,
            used=found.used,
        )
