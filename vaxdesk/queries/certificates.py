"""Certificates as lists: who waits for a paper, which papers need a new print, what was issued."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, func, or_, select
from sqlalchemy.orm import Session, aliased

from vaxdesk.db.tables import Certificate, EarlierPaper, Immunization, Person, Print, Release
from vaxdesk.queries import people

#: The lists in the order of their urgency.
KINDS = ("to_print", "reprint", "code", "issued")
#: A provisional code that ends within this time is renewed with the next print.
SOON = timedelta(days=30)
#: Reasons for a paper without a code that pass by themselves; a doubt about doses or products does not.
_PASSING = frozenset(
    ("signing_key", "clock", "full_name", "birth", "sex", "national_id", "old_id", "passport", "insurance_no", "phone")
)
_MOST = 3000


@dataclass(frozen=True)
class OwnCode:
    """A code that this station issued, found by its identifier."""

    certificate_id: str
    person_id: str
    full_name: str
    number: str
    revoked_at: datetime | None
    replaced_at: datetime | None


@dataclass(frozen=True)
class CertificateRow:
    """A person with a paper, or with one that is owed. ``why`` says why the row stands in its list:

    ``no_paper`` · ``new_dose`` (the paper does not name the newest dose) · ``not_printed`` · ``corrected`` (the paper
    was revoked) · ``no_dose`` (revoked and nothing left to certify) · ``expiring`` · ``expired`` · ``possible`` (the
    paper has no code and could have one now) · ``national`` (the national code has come) · ``issued`` · ``revoked`` ·
    ``replaced``.
    """

    person_id: str
    full_name: str
    birth_date: str
    village: str
    why: str
    visit_id: str = ""
    session_id: str = ""
    dose_day: str = ""
    product_code: str = ""
    certificate_id: str = ""
    number: str = ""
    kind: str = ""
    issued_at: datetime | None = None
    code_until: datetime | None = None
    reasons: tuple[str, ...] = ()
    revoked_at: datetime | None = None
    revoked_reason: str = ""
    replaced_at: datetime | None = None
    follower: str = ""
    prints: int = 0

    @property
    def printable(self) -> bool:
        """Whether a paper can be issued or printed again from this row."""
        return self.why not in ("no_dose", "revoked", "replaced")


@dataclass(frozen=True)
class EarlierRow:
    """A paper of another issuer that the person brought. ``replaced_by`` is the number of our paper that followed."""

    issuer: str
    number: str
    doses_stated: int
    note: str
    seen_at: datetime
    replaced_by: str = ""
    replaced_at: datetime | None = None


def own_code(conn: Session, identifier: str) -> OwnCode | None:
    """The certificate of this station with a code's identifier (UVCI); of several pages with one national code the
    one that holds."""
    newer = aliased(Certificate)
    found = conn.execute(
        select(Certificate, Person.full_name, newer.issued_at)
        .join(Person, Person.id == Certificate.person_id)
        .outerjoin(newer, newer.id == Certificate.replaced_by)
        .where(Certificate.uvci == identifier, Certificate.uvci != "")
        .order_by(Certificate.replaced_by.is_not(None), Certificate.issued_at.desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    row, name, newer_at = found
    replaced_at = (newer_at or row.issued_at) if row.replaced_by is not None else None
    return OwnCode(row.id, row.person_id, name, row.number, row.revoked_at, replaced_at)


def to_print(conn: Session, campaign: str) -> tuple[CertificateRow, ...]:
    """People whose dose was given and observed here and who hold no printed paper that names it, by village."""
    paper = aliased(Certificate)
    named = func.instr(cast(paper.dose_records, String), Immunization.record_id) > 0
    statement = (
        select(Immunization, Person, paper, _prints(paper))
        .join(Person, Person.id == Immunization.person_id)
        .outerjoin(paper, and_(paper.person_id == Person.id, paper.campaign == campaign, _stands(paper)))
        .where(
            Immunization.campaign == campaign,
            Immunization.current.is_(True),
            Immunization.status == "completed",
            Immunization.evidence == "here",
            Person.merged_into.is_(None),
            _released(),
            or_(
                and_(paper.id.is_(None), ~_revoked_before(campaign)),
                and_(paper.id.is_not(None), ~named),
                and_(named, paper.kind != "national", _prints(paper) == 0),
            ),
        )
        .order_by(Person.village, Person.name_key, Immunization.occurred.desc())
        .limit(_MOST)
    )
    rows: dict[str, CertificateRow] = {}
    for dose, person, held, prints in conn.execute(statement):
        if person.id in rows:
            continue
        names = held is not None and dose.record_id in {record for record, _version in held.dose_records}
        why = "no_paper" if held is None else "not_printed" if names else "new_dose"
        rows[person.id] = _row(person, why, held, prints or 0, dose)
    return tuple(rows.values())


def to_reprint(conn: Session, campaign: str) -> tuple[CertificateRow, ...]:
    """People whose paper was revoked by a correction and who hold no new one, the newest correction first."""
    paper = aliased(Certificate)
    newer = aliased(Certificate)
    left = (
        select(Immunization.id)
        .where(
            Immunization.person_id == Person.id,
            Immunization.campaign == campaign,
            Immunization.current.is_(True),
            Immunization.status == "completed",
        )
        .correlate(Person)
        .exists()
    )
    held = (
        select(newer.id)
        .where(newer.person_id == Person.id, newer.campaign == campaign, _stands(newer))
        .correlate(Person)
        .exists()
    )
    statement = (
        select(paper, Person, _prints(paper), left)
        .join(Person, Person.id == paper.person_id)
        .where(paper.campaign == campaign, paper.revoked_at.is_not(None), Person.merged_into.is_(None), ~held)
        .order_by(paper.revoked_at.desc())
        .limit(_MOST)
    )
    rows: dict[str, CertificateRow] = {}
    for row, person, prints, has_dose in conn.execute(statement):
        rows.setdefault(person.id, _row(person, "corrected" if has_dose else "no_dose", row, prints))
    return tuple(rows.values())


def code_work(conn: Session, campaign: str, now: datetime, can_sign: bool) -> tuple[CertificateRow, ...]:
    """Papers whose code is worth a new print: it ends soon, has become possible, or the national one has come."""
    paper = aliased(Certificate)
    ends = and_(paper.kind == "station", paper.code_until <= now + SOON)
    national = and_(paper.kind == "national", _prints(paper) == 0)
    wanted: list[ColumnElement[bool]] = [ends, national]
    if can_sign:
        wanted.append(paper.kind == "paper")
    statement = (
        select(paper, Person, _prints(paper))
        .join(Person, Person.id == paper.person_id)
        .where(paper.campaign == campaign, _stands(paper), Person.merged_into.is_(None), or_(*wanted))
        .order_by(paper.kind, paper.code_until, Person.name_key)
        .limit(_MOST)
    )
    rows = []
    for row, person, prints in conn.execute(statement):
        if row.kind == "national":
            why = "national"
        elif row.kind == "station":
            why = "expired" if row.code_until is not None and row.code_until <= now else "expiring"
        elif person.identity_doubts or not set(row.no_code_reasons) <= _PASSING:
            continue
        else:
            why = "possible"
        rows.append(_row(person, why, row, prints))
    return tuple(rows)


def issued(conn: Session, since: datetime, until: datetime | None = None) -> tuple[CertificateRow, ...]:
    """The papers issued in a time, the newest first, whatever became of them."""
    conditions = [Certificate.issued_at >= since]
    if until is not None:
        conditions.append(Certificate.issued_at < until)
    return _papers(conn, select(Certificate).where(*conditions))


def search(conn: Session, text: str, limit: int = 200) -> tuple[CertificateRow, ...]:
    """Papers by their number, by the code's identifier, or by the person (name, birth year, number); newest first."""
    typed = text.strip()
    if not typed:
        return ()
    ids = [row.id for row in people.search(conn, typed, limit)]
    like = f"%{typed.upper()}%"
    found = or_(func.upper(Certificate.number).like(like), Certificate.uvci.like(like), Certificate.person_id.in_(ids))
    return _papers(conn, select(Certificate).where(found).limit(limit))


def of_person(conn: Session, person_id: str) -> tuple[CertificateRow, ...]:
    """All papers of a person, the newest first."""
    return _papers(conn, select(Certificate).where(Certificate.person_id == person_id))


def earlier(conn: Session, person_id: str) -> tuple[EarlierRow, ...]:
    """The papers of other issuers that a person brought."""
    rows = conn.execute(
        select(EarlierPaper, Certificate.number, Certificate.issued_at)
        .outerjoin(Certificate, Certificate.id == EarlierPaper.replaced_by)
        .where(EarlierPaper.person_id == person_id)
        .order_by(EarlierPaper.seen_at.desc())
    )
    return tuple(
        EarlierRow(row.issuer, row.number, row.doses_stated, row.note, row.seen_at, number or "", at)
        for row, number, at in rows
    )


def villages(rows: Iterable[CertificateRow]) -> tuple[str, ...]:
    """The villages in some rows, sorted."""
    return tuple(sorted({row.village for row in rows if row.village}))


def _papers(conn: Session, statement: Select[Any]) -> tuple[CertificateRow, ...]:
    newest = statement.order_by(Certificate.issued_at.desc(), Certificate.number.desc()).limit(_MOST)
    papers = conn.scalars(newest).all()
    prints = _print_counts(conn, [paper.id for paper in papers])
    holders = {
        person.id: person
        for person in conn.scalars(select(Person).where(Person.id.in_({paper.person_id for paper in papers})))
    }
    followers = {
        row.id: row
        for row in conn.scalars(
            select(Certificate).where(Certificate.id.in_({paper.replaced_by for paper in papers if paper.replaced_by}))
        )
    }
    rows = []
    for paper in papers:
        why = "revoked" if paper.revoked_at is not None else "replaced" if paper.replaced_by else "issued"
        row = _row(holders[paper.person_id], why, paper, prints.get(paper.id, 0))
        newer = followers.get(paper.replaced_by or "")
        rows.append(row if newer is None else replace(row, replaced_at=newer.issued_at, follower=newer.number))
    return tuple(rows)


def _print_counts(conn: Session, ids: list[str]) -> dict[str, int]:
    counts = (
        select(Print.certificate_id, func.count()).where(Print.certificate_id.in_(ids)).group_by(Print.certificate_id)
    )
    return {str(key): count for key, count in conn.execute(counts)}


def _stands(paper: Any) -> ColumnElement[bool]:
    return and_(paper.revoked_at.is_(None), paper.replaced_by.is_(None))


def _prints(paper: Any) -> Any:
    return select(func.count()).where(Print.certificate_id == paper.id).correlate(paper).scalar_subquery()


def _released() -> ColumnElement[bool]:
    return (
        select(Release.id)
        .where(Release.visit_id == Immunization.visit_id, Release.current.is_(True), Release.status == "completed")
        .correlate(Immunization)
        .exists()
    )


def _revoked_before(campaign: str) -> ColumnElement[bool]:
    other = aliased(Certificate)
    return (
        select(other.id)
        .where(other.person_id == Person.id, other.campaign == campaign, other.revoked_at.is_not(None))
        .correlate(Person)
        .exists()
    )


def _row(
    person: Person, why: str, paper: Certificate | None, prints: int, dose: Immunization | None = None
) -> CertificateRow:
    return CertificateRow(
        person_id=person.id,
        full_name=person.full_name,
        birth_date=person.birth_date,
        village=person.village,
        why=why,
        visit_id=(dose.visit_id or "") if dose is not None else (paper.visit_id or "") if paper is not None else "",
        session_id=(dose.session_id or "") if dose is not None else "",
        dose_day=dose.occurred if dose is not None else "",
        product_code=dose.product_code if dose is not None else "",
        certificate_id=paper.id if paper is not None else "",
        number=paper.number if paper is not None else "",
        kind=paper.kind if paper is not None else "",
        issued_at=paper.issued_at if paper is not None else None,
        code_until=paper.code_until if paper is not None else None,
        reasons=tuple(paper.no_code_reasons) if paper is not None else (),
        revoked_at=paper.revoked_at if paper is not None else None,
        revoked_reason=paper.revoked_reason if paper is not None else "",
        prints=prints,
    )
