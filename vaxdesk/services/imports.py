"""Adds many people at once, in short transactions."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from vaxdesk import clock
from vaxdesk.db.tables import Registration
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.domain import people as rules
from vaxdesk.domain.people import PersonDetails
from vaxdesk.errors import RefusedError
from vaxdesk.services import people
from vaxdesk.services.context import Context
from vaxdesk.services.short_writes import in_short_writes

CHUNK = 100


def add_invented(ctx: Context, invented: Iterable[PersonDetails]) -> int:
    """Add invented people to a practice file and return how many; they are never sent.

    :raises RefusedError: the file is a real station's.
    """
    ctx.require("manage", "register")
    if not ctx.station.practice:
        raise RefusedError("Invented people belong in a practice file only: start it with --practice.")

    def add(uow: UnitOfWork, details: PersonDetails) -> None:
        details = rules.tidy(details)
        problems = people.accept(details, clock.local_date(uow.now))
        person = people.add_person(uow, details, problems, send=False)
        people.add_groups(uow, ctx.station.campaign, person.id, details.groups)
        uow.session.add(
            Registration(
                person_id=person.id,
                campaign=ctx.station.campaign,
                source="desk",
                registered_at=uow.now,
                state="approved",
                details={},
            )
        )

    source = iter(invented)
    made = 0
    while chunk := list(islice(source, CHUNK)):
        in_short_writes(ctx, chunk, add)
        made += len(chunk)
    return made
