"""Chooses what is sent next, freezes it, and keeps the state of each entry of the outbox.

An entry is ``ready``, then ``sending`` with its body frozen, then ``accepted``, ``refused`` (with its dependants
``blocked``), or ``unknown`` when no answer can be relied on. Every transaction here is short.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from vaxdesk.db.tables import Outbox, Person, PortalCopy
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.errors import BugError, KnownError, report
from vaxdesk.i18n import N_, translate
from vaxdesk.queries import owed as queue
from vaxdesk.services.context import Context
from vaxdesk.services.short_writes import in_short_writes
from vaxdesk.sync import copies, wire
from vaxdesk.sync.fhir.outbound import Outbound
from vaxdesk.sync.wire import FRAME, Item

log = logging.getLogger(__name__)

MOST_VISITS = 50
#: A common limit of bodies, raw.
MOST_BYTES = 1_000_000
MOST_WAIT = timedelta(minutes=15)
UNWRITABLE = N_("This record cannot be written for the portal. Tell who looks after VaxDesk.")
#: Units frozen in one short transaction.
CHUNK = 8


@dataclass
class Unit:
    """Entries that travel together: a visit, or one record without a visit."""

    items: list[Item] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes on the wire, raw."""
        return sum(len(item.body) + FRAME for item in self.items)


def backoff(tries: int) -> timedelta:
    """How long one troublesome record waits: 2 s doubling to 15 min."""
    return min(timedelta(seconds=2 ** min(tries, 10)), MOST_WAIT)


# choosing


def claim(ctx: Context, visits: int) -> list[Unit]:
    """The next units (at most ``visits`` and a megabyte), frozen and marked as *sending*; empty when nothing is due.

    Entries that failed twice come last and alone.
    """
    with ctx.database.reader() as conn:
        seqs = queue.next_units(conn, ctx.now(), visits)
    if seqs:
        ctx.campaign()  # a pack is read before the lock is taken
    units: list[Unit] = []

    def freeze(uow: UnitOfWork, rows: list[int]) -> bool:
        """Whether there was room for the unit; one that did not fit stays frozen, and ready."""
        outbound = Outbound(uow, lambda code: ctx.campaign(code))
        unit = Unit([item for seq in rows if (item := _freeze(uow, outbound, seq)) is not None])
        if units and sum(one.size for one in units) + unit.size > MOST_BYTES:
            return False
        _begin(uow, unit)
        if unit.items:
            units.append(unit)
        return True

    in_short_writes(ctx, seqs, freeze, most=CHUNK)
    return units or (claim(ctx, visits) if seqs else [])


def _freeze(uow: UnitOfWork, outbound: Outbound, seq: int) -> Item | None:
    """The entry with its frozen body; None where it is not ready any more, or cannot be written (then it is parked)."""
    row = uow.get(Outbox, seq)
    if row is None or row.state != "ready":
        return None
    if row.resource_type == "Patient" and not _other_is_there(uow, row):
        row.next_at = uow.now + backoff(5)
        return None
    if row.body is None:
        try:
            row.body = wire.canonical(outbound.body(row.resource_type, row.resource_id))
        except (BugError, KnownError, LookupError, ValueError) as error:
            # One record that this program cannot write must not hold up all others; it is shown as refused.
            log.error("entry %s (%s) cannot be written\n%s", seq, row.resource_type, report(error))
            row.attempts += 1
            row.state, row.last_status = "refused", None
            row.last_outcome = translate(UNWRITABLE)
            _block(uow, row)
            return None
        row.body_sha256 = wire.digest(row.body)
        row.base_version = copies.if_match(uow, row.resource_type, row.resource_id)
    return Item(
        row.seq,
        row.resource_type,
        row.resource_id,
        row.body,
        row.base_version,
        row.attempts + 1,
        row.visit_id,
        row.person_id,
    )


def _other_is_there(uow: UnitOfWork, row: Outbox) -> bool:
    """A person who was joined points to the other one, who must be at the portal first."""
    person = uow.get(Person, row.resource_id)
    if person is None or person.merged_into is None:
        return True
    other = person.merged_into
    return (
        uow.first(Outbox, resource_type="Patient", resource_id=other, state="accepted") is not None
        or uow.get(PortalCopy, ("Patient", other)) is not None
    )


def _begin(uow: UnitOfWork, unit: Unit) -> None:
    for item in unit.items:
        row = uow.get(Outbox, item.seq)
        if row is not None:
            row.state, row.next_at = "sending", None
            row.attempts += 1


# states


def recover(ctx: Context) -> None:
    """What was *sending* when an exchange ended without a word is unknown."""
    with ctx.database.reader() as conn:
        seqs = queue.sending(conn)

    def doubt_one(uow: UnitOfWork, seq: int) -> None:
        row = uow.get(Outbox, seq)
        if row is not None and row.state == "sending":
            row.state, row.next_at = "unknown", None

    in_short_writes(ctx, seqs, doubt_one)


def release(ctx: Context, seqs: Iterable[int]) -> None:
    """The server certainly did not take these: they are ready as before, and no try is counted."""

    def let_go(uow: UnitOfWork, seq: int) -> None:
        row = uow.get(Outbox, seq)
        if row is not None and row.state == "sending":
            row.state, row.attempts = "ready", max(0, row.attempts - 1)

    in_short_writes(ctx, list(seqs), let_go)


def doubt(ctx: Context, seqs: Iterable[int], status: int | None, blame: bool) -> int:
    """Nothing is known of these; the number of them.

    ``blame``: they may be the cause, so each waits by itself; else the whole server waits and no record is blamed.
    """
    doubted: list[int] = []

    def set_aside(uow: UnitOfWork, seq: int) -> None:
        row = uow.get(Outbox, seq)
        if row is not None and row.state == "sending":
            row.state, row.last_status = "unknown", status
            row.next_at = uow.now + backoff(row.attempts) if blame else None
            row.attempts = row.attempts if blame else max(0, row.attempts - 1)
            doubted.append(seq)

    in_short_writes(ctx, list(seqs), set_aside)
    return len(doubted)


def accept(uow: UnitOfWork, row: Outbox, etag: str) -> None:
    """The server has it; what waited for it is free."""
    row.state, row.accepted_at, row.last_status, row.last_outcome = "accepted", uow.now, 200, ""
    row.base_version, row.blocked_by, row.next_at = etag, None, None
    copies.accepted(uow, row, etag)
    _free(uow, row.seq)


def refuse(uow: UnitOfWork, row: Outbox, status: int | None, words: str) -> bool:
    """Park the record in words, and what depends on it; everything else goes on. True where it is to blame itself.

    A child that was refused beside its refused parent waits for the parent and is not blamed.
    """
    if row.state == "blocked":
        return False
    row.state, row.last_status, row.last_outcome, row.next_at = "refused", status, words, None
    _block(uow, row)
    return True


def _block(uow: UnitOfWork, row: Outbox) -> None:
    """What needs a refused record that the portal has in no version waits for it."""
    uow.session.flush()
    for seq in queue.dependants(uow.session, row.resource_type, row.resource_id):
        child = uow.get(Outbox, seq)
        if child is not None and seq != row.seq:
            child.state, child.blocked_by = "blocked", row.seq


def _free(uow: UnitOfWork, seq: int) -> None:
    for child in uow.find(Outbox, blocked_by=seq, state="blocked"):
        child.state, child.blocked_by = "ready", None
