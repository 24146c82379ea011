"""What the window shows of the exchange: the exact body of an entry, and both sides of a conflict."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from vaxdesk.db.tables import Conflict, Outbox, Person
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.domain.people import PersonDetails
from vaxdesk.errors import KnownError
from vaxdesk.queries.people import details_of
from vaxdesk.services import conflicts
from vaxdesk.services.conflicts import FieldPair
from vaxdesk.services.context import Context
from vaxdesk.sync import copies, merge
from vaxdesk.sync.fhir import inbound
from vaxdesk.sync.fhir.outbound import Outbound


@dataclass(frozen=True)
class EntryText:
    """The content of an entry as it is or will be sent. ``frozen``: as it was at the first attempt."""

    text: str
    frozen: bool


@dataclass(frozen=True)
class Sides:
    """Both sides of a conflict. ``pairs`` are fields of a person that can be chosen one by one; where there are none
    (another kind of record, or a copy that cannot be read) the texts stand side by side: one line for each value in
    which the two differ, with its place in the record."""

    conflict_id: str
    resource_type: str
    pairs: tuple[FieldPair, ...]
    mine: str
    theirs: str
    can_take: bool


def entry_text(ctx: Context, seq: int) -> EntryText:
    """The exact content of an entry, before or after it was sent. Nothing is written.

    :raises KnownError: the entry is not there any more.
    """
    with ctx.read() as uow:
        row = uow.get(Outbox, seq)
        if row is None:
            raise KnownError("The entry is not there any more. Refresh the list.")
        frozen = row.body is not None
        body = json.loads(row.body) if row.body is not None else _body(ctx, uow, row.resource_type, row.resource_id)
    return EntryText(_pretty(body), frozen)


def sides(ctx: Context, conflict_id: str) -> Sides:
    """Both sides of a conflict.

    :raises KnownError: it is not there any more.
    """
    with ctx.read() as uow:
        row = uow.get(Conflict, conflict_id)
        if row is None:
            raise KnownError("Somebody has decided this meanwhile. Refresh the list.")
        kind, ident, remote = row.resource_type, row.resource_id, row.remote
        ours = row.local if row.local is not None else _body(ctx, uow, kind, ident)
        theirs = _theirs(uow, row)
    found = conflicts.pairs(conflicts.mine(ctx, ident), theirs) if theirs is not None else ()
    can_take = bool(found) or (kind == "Immunization" and inbound.dose(remote, ctx.campaign()) is not None)
    left, right = _differing(_leaves(_content(ours)), _leaves(_content(remote)))
    return Sides(conflict_id, kind, found, left, right, can_take)


def decide(ctx: Context, conflict_id: str, take: frozenset[str], whole: bool = False) -> None:
    """Decide a conflict: ``take`` are the fields of a person in which the portal's value holds; ``whole`` takes the
    portal's version of a dose.

    :raises KnownError: it was decided meanwhile, or the portal's copy cannot be taken.
    """
    with ctx.write() as uow:
        row = uow.get(Conflict, conflict_id)
        if row is None:
            raise KnownError("Somebody has decided this meanwhile. Refresh the list.")
        theirs = _theirs(uow, row)
        if isinstance(row.remote, dict) and row.resolved_at is None:
            # What is sent now builds on the version that was looked at.
            copies.remember(uow, {"resourceType": row.resource_type, "id": row.resource_id, **row.remote})
        uow.commit()
    if theirs is not None:
        conflicts.decide_person(ctx, conflict_id, theirs, take)
    elif whole and row.resource_type == "Immunization":
        dose = inbound.dose(row.remote, ctx.campaign())
        if dose is None:
            raise KnownError("The portal's copy cannot be read here. Keep ours, or correct the record by hand.")
        values = {
            "occurred": dose.occurred.iso(),
            "product_code": dose.product_code,
            "lot_number": dose.lot_number,
            "status": dose.status,
        }
        conflicts.take_their_dose(ctx, conflict_id, values)
    else:
        conflicts.keep_ours(ctx, conflict_id)


def resend(ctx: Context, seq: int) -> None:
    """Send a refused entry again, written anew from the record as it stands now.

    :raises KnownError: it is not refused any more. :raises RefusedError: the user holds no role here.
    """
    ctx.require("register", "screen", "inject", "manage")
    with ctx.write() as uow:
        row = uow.get(Outbox, seq)
        if row is None or row.state != "refused":
            raise KnownError("The entry is not there any more. Refresh the list.")
        uow.send(
            row.resource_type,
            row.resource_id,
            version=row.version,
            visit_id=row.visit_id,
            person_id=row.person_id,
            at_once=True,
        )
        uow.commit()


def _theirs(uow: UnitOfWork, row: Conflict) -> PersonDetails | None:
    """The portal's particulars of a person, with ours where only we changed a field: that is no conflict."""
    person = uow.get(Person, row.resource_id) if row.resource_type == "Patient" else None
    theirs = inbound.patient(row.remote) if person is not None and isinstance(row.remote, dict) else None
    if person is None or theirs is None:
        return theirs
    held = copies.base(uow, "Patient", row.resource_id)
    before = inbound.patient(held) if held is not None else None
    if before is None:
        return theirs
    mine = details_of(person)
    same = [n for n in conflicts.TRAVELLING if merge.text_of(getattr(theirs, n)) == merge.text_of(getattr(before, n))]
    # Where the portal's whole copy is the one we have seen, nothing is left out: it was looked at before.
    return (
        theirs.with_(**{name: getattr(mine, name) for name in same})
        if len(same) < len(conflicts.TRAVELLING)
        else theirs
    )


def _body(ctx: Context, uow: UnitOfWork, resource_type: str, resource_id: str) -> dict[str, Any]:
    return Outbound(uow, lambda code: ctx.campaign(code)).body(resource_type, resource_id)


def _content(resource: Any) -> Any:
    """A resource without what only the server writes."""
    if not isinstance(resource, dict):
        return resource
    return {key: value for key, value in resource.items() if key not in ("meta", "text")}


def _leaves(value: Any, place: str = "") -> dict[str, str]:
    """Every value of a resource by its place in it."""
    found: dict[str, str] = {}
    if isinstance(value, dict):
        for key, item in value.items():
            found |= _leaves(item, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for number, item in enumerate(value, start=1):
            found |= _leaves(item, f"{place} {number}" if len(value) > 1 else place)
    else:
        found[place] = "" if value is None else str(value)
    return found


def _differing(mine: dict[str, str], theirs: dict[str, str]) -> tuple[str, str]:
    places = [place for place in dict.fromkeys((*mine, *theirs)) if mine.get(place) != theirs.get(place)]
    sides = ((f"{place}: {side.get(place, '–')}" for place in places) for side in (mine, theirs))
    left, right = ("\n".join(lines) for lines in sides)
    return left, right


def _pretty(resource: Any) -> str:
    return json.dumps(resource, ensure_ascii=False, indent=2, sort_keys=False)
