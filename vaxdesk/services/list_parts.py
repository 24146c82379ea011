"""Large signed lists are written in parts, each in a short transaction, before one more switches the list to them.

A revocation list of a million entries has nine megabytes: written at once it would keep the window's own saves waiting.
Parts that no list needs (of the list before, of an import that was cut) go in short transactions too.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from vaxdesk.db.tables import SignedListPart
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.queries.signed_lists import parts_held, parts_in_use
from vaxdesk.services.context import Context

#: A list of at most so many bytes is written in one piece.
WHOLE = 1 << 18
#: The bytes of a part.
PART = 1 << 19


@dataclass(frozen=True)
class Parts:
    """Under what a list's parts lie, and how many they are; no parts: it is written in one piece."""

    sha256: str = ""
    count: int = 0


IN_ONE_PIECE = Parts()


def stage(ctx: Context, body: bytes) -> Parts:
    """Write a large list's parts; what is there already stays. Nobody sees them until a list is switched to them."""
    if len(body) <= WHOLE:
        return IN_ONE_PIECE
    parts = Parts(hashlib.sha256(body).hexdigest(), -(-len(body) // PART))
    with ctx.database.reader() as conn:
        there = parts_held(conn).get(parts.sha256, 0)
    for place in range(parts.count) if there < parts.count else ():
        with ctx.write() as uow:
            if not uow.count(SignedListPart, list_sha256=parts.sha256, place=place):
                piece = body[place * PART : (place + 1) * PART]
                uow.add(SignedListPart(list_sha256=parts.sha256, place=place, body=piece))
                uow.commit()
    return parts


def all_there(uow: UnitOfWork, parts: Parts) -> bool:
    """Whether the parts are there still: somebody else may have tidied up."""
    return bool(parts.count) and uow.count(SignedListPart, list_sha256=parts.sha256) == parts.count


def tidy(ctx: Context) -> None:
    """Remove the parts that no list needs."""
    with ctx.database.reader() as conn:
        needed, held = parts_in_use(conn), parts_held(conn)
    for sha256 in held.keys() - needed:
        for place in range(held[sha256]):
            with ctx.write() as uow:
                part = uow.get(SignedListPart, (sha256, place))
                if part is not None and sha256 not in parts_in_use(uow.session):
                    uow.delete(part)
                    uow.commit()
