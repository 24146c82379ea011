"""Who waits for a printed paper: a dose given and observed here that no printed paper of the person names.

Told out of indexes, without reading the rows of papers, which hold their whole content: dose by dose where few wait,
and village by village until there are enough where many do.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, distinct, exists, func, literal_column, or_, select, true
from sqlalchemy.orm import Session, aliased

from vaxdesk.db.tables import Certificate, Immunization, Person, Print, Release

#: When more doses than this wait for a paper, only the first people are looked for.
_FEW = 6000


def stands(paper: Any) -> ColumnElement[bool]:
    """Whether a paper is neither revoked nor replaced."""
    return and_(paper.revoked_at.is_(None), paper.replaced_by.is_(None))


def printed(paper: Any) -> ColumnElement[bool]:
    """Whether a paper was printed at least once."""
    return exists(select(Print.certificate_id).where(Print.certificate_id == paper.id).correlate(paper))


def count(conn: Session, campaign: str) -> int:
    """How many people wait."""
    alive = and_(Person.id == Immunization.person_id, Person.merged_into.is_(None))
    statement = select(func.count(distinct(Immunization.person_id))).join(Person, alive)
    return conn.scalar(statement.where(_owed(campaign))) or 0


def newest(conn: Session, campaign: str, most: int) -> dict[str, str]:
    """For people who wait the row of the newest dose that waits; where more than ``most`` do, the first by village."""
    alive = and_(Person.id == Immunization.person_id, Person.merged_into.is_(None))
    few = (
        select(Immunization.person_id, Immunization.id, Immunization.occurred)
        .join(Person, alive)
        .where(_owed(campaign))
        .limit(_FEW)
    )
    rows = conn.execute(few).all()
    if len(rows) == _FEW:
        return _first(conn, campaign, most)
    found: dict[str, Any] = {}
    for row in rows:
        if row.person_id not in found or row.occurred > found[row.person_id].occurred:
            found[row.person_id] = row
    return {person_id: row.id for person_id, row in found.items()}


def _first(conn: Session, campaign: str, most: int) -> dict[str, str]:
    dose = aliased(Immunization)
    waiting = (
        select(dose.id)
        .where(dose.person_id == Person.id, _owed(campaign, dose))
        .order_by(dose.occurred.desc())
        .limit(1)
        .correlate(Person)
        .scalar_subquery()
    )
    statement = (
        select(Person.id, Immunization.id)
        .join(Immunization, Immunization.id == waiting)
        # Not asked as "is null": people must be met in the order of the list, not found by this.
        .where(func.coalesce(Person.merged_into, "") == "")
        .order_by(Person.village, Person.name_key)
        .limit(most)
    )
    return {person_id: dose_id for person_id, dose_id in conn.execute(statement)}


def _owed(campaign: str, dose: Any = Immunization) -> ColumnElement[bool]:
    """The conditions on a dose. A dose of somebody whose paper was revoked, and who holds none, is on another list."""
    paper, held, revoked = aliased(Certificate), aliased(Certificate), aliased(Certificate)

    def of_holder(one: Any) -> ColumnElement[bool]:
        return and_(one.person_id == dose.person_id, one.campaign == campaign)

    names = func.instr(cast(paper.dose_records, String), dose.record_id) > 0
    done = and_(of_holder(paper), stands(paper), names, or_(paper.kind == "national", printed(paper)))
    # A scalar, so that it is looked up last: SQLite looks for a plain EXISTS first.
    released = (
        select(Release.visit_id)
        .where(Release.visit_id == dose.visit_id, Release.current.is_(True), Release.status == "completed")
        .limit(1)
        .correlate(dose)
        .scalar_subquery()
    )
    return and_(
        dose.campaign == campaign,
        # In the very words of the index of the doses given here: SQLite takes no others for the same.
        dose.current == true(),
        dose.status == literal_column("'completed'"),
        dose.evidence == literal_column("'here'"),
        ~exists(select(paper.id).where(done).correlate(dose)),
        or_(
            exists(select(held.id).where(of_holder(held), stands(held)).correlate(dose)),
            ~exists(select(revoked.id).where(of_holder(revoked), revoked.revoked_at.is_not(None)).correlate(dose)),
        ),
        released.is_not(None),
    )
