"""Papers of this station that no longer count, because a correction or a withdrawal revoked them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from vaxdesk.db.tables import Certificate


@dataclass(frozen=True)
class WithdrawnRow:
    """A revoked paper. ``follower`` is the number of the paper that its holder has now, if any. Nobody is named: the
    list hangs where others see it."""

    number: str
    identifier: str
    issued_at: datetime
    revoked_at: datetime
    follower: str = ""


def withdrawn(conn: Session, campaign: str) -> tuple[WithdrawnRow, ...]:
    """All of them, the newest revocation first."""
    held = aliased(Certificate)
    follower = (
        select(held.number)
        .where(
            held.person_id == Certificate.person_id,
            held.campaign == campaign,
            held.revoked_at.is_(None),
            held.replaced_by.is_(None),
        )
        .order_by(held.issued_at.desc())
        .limit(1)
        .correlate(Certificate)
        .scalar_subquery()
    )
    rows = conn.execute(
        select(Certificate.number, Certificate.uvci, Certificate.issued_at, Certificate.revoked_at, follower)
        .where(Certificate.campaign == campaign, Certificate.revoked_at.is_not(None))
        .order_by(Certificate.revoked_at.desc(), Certificate.number)
    )
    return tuple(
        WithdrawnRow(number, identifier, issued_at, revoked_at, now or "")
        for number, identifier, issued_at, revoked_at, now in rows
    )


def standing_codes(conn: Session) -> tuple[tuple[str, str], ...]:
    """Id and identifier of every paper with a code that holds now."""
    rows = conn.execute(
        select(Certificate.id, Certificate.uvci).where(
            Certificate.uvci != "", Certificate.revoked_at.is_(None), Certificate.replaced_by.is_(None)
        )
    )
    return tuple((certificate_id, identifier) for certificate_id, identifier in rows)
