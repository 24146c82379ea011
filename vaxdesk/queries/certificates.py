"""Certificates as lists: who waits for a paper, which papers need a new print, what was issued."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, distinct, func, or_, select
from sqlalchemy.orm import Session, aliased

from vaxdesk.db.tables import Certificate, EarlierPaper, Immunization, Person, Print
from vaxdesk.queries import owed_papers, people
from vaxdesk.queries.owed_papers import stands

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
    waiting = owed_papers.newest(conn, campaign, _MOST)
    holders = _holders(conn, waiting)
    doses = _by_id(conn, _DOSE, Immunization.id, waiting.values())
    papers: dict[str, list[Any]] = {}
    for paper in _chunked(conn, select(*_PAPER).where(Certificate.campaign == campaign, stands(Certificate)), waiting):
        papers.setdefault(paper.person_id, []).append(paper)
    prints = _print_counts(conn, [paper.id for held in papers.values() for paper in held])
    rows = []
    for person in sorted(holders.values(), key=lambda person: (person.village, person.name_key))[:_MOST]:
        dose = doses[waiting[person.id]]
        held = sorted(papers.get(person.id, ()), key=lambda paper: paper.issued_at)
        naming = [paper for paper in held if dose.record_id in {record for record, _version in paper.dose_records}]
        why = "not_printed" if naming else "new_dose" if held else "no_paper"
        shown = (naming or held or [None])[-1]
        rows.append(_row(person, why, shown, prints.get(shown.id, 0) if shown is not None else 0, dose))
    return tuple(rows)


def to_reprint(conn: Session, campaign: str) -> tuple[CertificateRow, ...]:
    """People whose paper was revoked by a correction and who hold no new one, the newest correction first."""
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
    statement = (
        select(Certificate.id, Certificate.person_id, left.label("left"))
        .join(Person, Person.id == Certificate.person_id)
        .where(*_corrected(campaign))
        .order_by(Certificate.revoked_at.desc())
        .limit(_MOST)
    )
    found: dict[str, Any] = {}
    for row in conn.execute(statement):
        found.setdefault(row.person_id, row)
    papers = _by_id(conn, _PAPER, Certificate.id, [row.id for row in found.values()])
    holders = _holders(conn, found)
    prints = _print_counts(conn, papers)
    return tuple(
        _row(holders[person_id], "corrected" if row.left else "no_dose", papers[row.id], prints.get(row.id, 0))
        for person_id, row in found.items()
    )


def counts(conn: Session, campaign: str) -> tuple[int, int]:
    """How many people stand on the lists of :func:`to_print` and of :func:`to_reprint`."""
    corrected = (
        select(func.count(distinct(Certificate.person_id)))
        .join(Person, Person.id == Certificate.person_id)
        .where(*_corrected(campaign))
    )
    return owed_papers.count(conn, campaign), conn.scalar(corrected) or 0


def _corrected(campaign: str) -> tuple[ColumnElement[bool], ...]:
    newer = aliased(Certificate)
    held = (
        select(newer.id)
        .where(newer.person_id == Person.id, newer.campaign == campaign, stands(newer))
        .correlate(Person)
        .exists()
    )
    return Certificate.campaign == campaign, Certificate.revoked_at.is_not(None), Person.merged_into.is_(None), ~held


def code_work(conn: Session, campaign: str, now: datetime, can_sign: bool) -> tuple[CertificateRow, ...]:
    """Papers whose code is worth a new print: it ends soon, has become possible, or the national one has come."""
    ends = and_(Certificate.kind == "station", Certificate.code_until <= now + SOON)
    national = and_(Certificate.kind == "national", ~owed_papers.printed(Certificate))
    wanted: list[ColumnElement[bool]] = [ends, national]
    if can_sign:
        wanted.append(Certificate.kind == "paper")
    statement = (
        select(Certificate.id)
        .join(Person, Person.id == Certificate.person_id)
        .where(Certificate.campaign == campaign, stands(Certificate), Person.merged_into.is_(None), or_(*wanted))
        .order_by(Certificate.kind, Certificate.code_until, Person.name_key)
        .limit(_MOST)
    )
    ids = list(conn.scalars(statement))
    papers = _by_id(conn, _PAPER, Certificate.id, ids)
    holders = _holders(conn, {paper.person_id for paper in papers.values()})
    prints = _print_counts(conn, ids)
    rows = []
    for paper_id in ids:
        paper = papers[paper_id]
        person = holders[paper.person_id]
        if paper.kind == "national":
            why = "national"
        elif paper.kind == "station":
            why = "expired" if paper.code_until is not None and paper.code_until <= now else "expiring"
        elif person.identity_doubts or not set(paper.no_code_reasons) <= _PASSING:
            continue
        else:
            why = "possible"
        rows.append(_row(person, why, paper, prints.get(paper_id, 0)))
    return tuple(rows)


def issued(conn: Session, since: datetime, until: datetime | None = None) -> tuple[CertificateRow, ...]:
    """The papers issued in a time, the newest first, whatever became of them."""
    conditions = [Certificate.issued_at >= since]
    if until is not None:
        conditions.append(Certificate.issued_at < until)
    return _papers(conn, *conditions)


def search(conn: Session, text: str, limit: int = 200) -> tuple[CertificateRow, ...]:
    """Papers by their number, by the code's identifier, or by the person (name, birth year, number); newest first."""
    typed = text.strip()
    if not typed:
        return ()
    ids = [row.id for row in people.search(conn, typed, limit)]
    like = f"%{typed.upper()}%"
    found = or_(func.upper(Certificate.number).like(like), Certificate.uvci.like(like), Certificate.person_id.in_(ids))
    return _papers(conn, found, limit=limit)


def of_person(conn: Session, person_id: str) -> tuple[CertificateRow, ...]:
    """All papers of a person, the newest first."""
    return _papers(conn, Certificate.person_id == person_id)


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


def _papers(conn: Session, *conditions: ColumnElement[bool], limit: int = _MOST) -> tuple[CertificateRow, ...]:
    newest = select(*_PAPER).where(*conditions).order_by(Certificate.issued_at.desc(), Certificate.number.desc())
    papers = conn.execute(newest.limit(limit)).all()
    prints = _print_counts(conn, [paper.id for paper in papers])
    holders = _holders(conn, {paper.person_id for paper in papers})
    replaced_by = {paper.replaced_by for paper in papers if paper.replaced_by}
    followers = _by_id(conn, (Certificate.id, Certificate.number, Certificate.issued_at), Certificate.id, replaced_by)
    rows = []
    for paper in papers:
        why = "revoked" if paper.revoked_at is not None else "replaced" if paper.replaced_by else "issued"
        row = _row(holders[paper.person_id], why, paper, prints.get(paper.id, 0))
        newer = followers.get(paper.replaced_by or "")
        rows.append(row if newer is None else replace(row, replaced_at=newer.issued_at, follower=newer.number))
    return tuple(rows)


#: What the lists show: never the content of a paper nor the image of a code.
_HOLDER = (Person.id, Person.full_name, Person.name_key, Person.birth_date, Person.village, Person.identity_doubts)
_PAPER = (
    *(Certificate.id, Certificate.person_id, Certificate.visit_id, Certificate.number, Certificate.kind),
    *(Certificate.code_until, Certificate.no_code_reasons, Certificate.dose_records, Certificate.issued_at),
    *(Certificate.replaced_by, Certificate.revoked_at, Certificate.revoked_reason),
)
_DOSE = (
    *(Immunization.id, Immunization.record_id, Immunization.visit_id, Immunization.session_id),
    *(Immunization.occurred, Immunization.product_code),
)
#: Rows looked up with one statement.
_CHUNK = 900


def _holders(conn: Session, ids: Iterable[str]) -> dict[str, Any]:
    return _by_id(conn, _HOLDER, Person.id, ids)


def _by_id(conn: Session, columns: Sequence[Any], key: Any, ids: Iterable[str]) -> dict[str, Any]:
    """The rows with these keys, by key."""
    return {row.id: row for row in _chunked(conn, select(*columns), ids, key)}


def _chunked(conn: Session, statement: Any, ids: Iterable[str], key: Any = Certificate.person_id) -> Iterator[Any]:
    wanted = sorted(ids)
    for start in range(0, len(wanted), _CHUNK):
        yield from conn.execute(statement.where(key.in_(wanted[start : start + _CHUNK])))


def _print_counts(conn: Session, ids: Iterable[str]) -> dict[str, int]:
    statement = select(Print.certificate_id, func.count()).group_by(Print.certificate_id)
    return {str(key): count for key, count in _chunked(conn, statement, ids, Print.certificate_id)}


def _row(person: Any, why: str, paper: Any, prints: int, dose: Any = None) -> CertificateRow:
    """A row out of rows with at least the columns above."""
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
