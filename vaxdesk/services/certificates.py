"""Issues, reprints, replaces and revokes certificates.

The paper stands in its own right; only its code is provisional. A paper whose content no longer holds (a corrected or
withdrawn dose, a corrected identity) is revoked; one that a newer paper or the national code follows is replaced,
which is no revocation.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from vaxdesk import clock
from vaxdesk.certificates.pages import Cancel, CertificatePage, Size, render
from vaxdesk.db.audit import Said
from vaxdesk.db.tables import Certificate, EarlierPaper, Person, Print
from vaxdesk.db.unit_of_work import Owed, UnitOfWork
from vaxdesk.errors import FieldError, KnownError, RefusedError
from vaxdesk.queries import papers
from vaxdesk.services import certificate_page, issuing
from vaxdesk.services.context import ROLES, Context
from vaxdesk.services.issuing import Facts, Ground
from vaxdesk.services.short_writes import in_short_writes

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]

#: A batch is written in transactions of about this many seconds, so that nobody waits for it (DESIGN.md section 2).
CHUNK_SECONDS = 0.06
FIRST_CHUNK, LARGEST_CHUNK = 2, 60
#: Prints noted with one statement.
TOGETHER = 50


@dataclass(frozen=True)
class Issued:
    """A paper that was made or found again."""

    certificate_id: str
    number: str
    kind: str
    uvci: str
    code_until: datetime | None
    no_code_reasons: tuple[str, ...]
    new: bool
    person_id: str = ""


@dataclass(frozen=True)
class Wanted:
    """A person who is to get a paper, and the visit that it belongs to, where there is one."""

    person_id: str
    visit_id: str = ""


def issue(ctx: Context, person_id: str, visit_id: str = "") -> Issued:
    """Issue a person's certificate, or find the one that still says the same.

    Without a key, with a doubt, or where the campaign has no signed code, the paper is issued without a code and says
    why. Issuing again after a new dose, or when a code becomes possible, replaces the earlier paper.

    :raises RefusedError: no dose is recorded. :raises KnownError: no such person.
    """
    (answer,) = issue_many(ctx, [Wanted(person_id, visit_id)])
    if isinstance(answer, KnownError):
        raise answer
    return answer


def issue_many(
    ctx: Context, wanted: Sequence[Wanted], progress: Progress | None = None, cancelled: Cancelled | None = None
) -> list[Issued | KnownError]:
    """Issue or find the certificates of several people, in short transactions, one audit entry each.

    The answers stand in the order asked for; where somebody can get none, the reason stands in the place. After a
    cancel what was issued stays issued.

    :raises RefusedError: the user may not. :raises Cancel: it was cancelled.
    """
    answers: list[Issued | KnownError] = []
    for chunk in issue_chunks(ctx, wanted, cancelled):
        answers += chunk
        if progress is not None:
            progress(len(answers), len(wanted))
    return answers


def issue_chunks(
    ctx: Context, wanted: Sequence[Wanted], cancelled: Cancelled | None = None
) -> Iterator[list[Issued | KnownError]]:
    """As :func:`issue_many`, the answers as they come: those of one transaction at a time."""
    ctx.require("inject", "register", "manage")
    base = issuing.ground(ctx)
    done, size = 0, FIRST_CHUNK
    while done < len(wanted):
        if cancelled is not None and cancelled():
            raise Cancel
        begun = time.perf_counter()
        with ctx.write() as uow:
            answers = _issue_chunk(uow, base, wanted[done : done + size])
            uow.commit()
        taken = time.perf_counter() - begun
        done += len(answers)
        size = max(1, min(LARGEST_CHUNK, int(size * CHUNK_SECONDS / taken)))
        yield answers


def _issue_chunk(uow: UnitOfWork, base: Ground, wanted: Sequence[Wanted]) -> list[Issued | KnownError]:
    facts = issuing.read(uow, base, [one.person_id for one in wanted])
    prefix, number = next_number(uow, base.ctx)
    answers: list[Issued | KnownError] = []
    made: dict[str, Certificate] = {}
    owed: list[Owed] = []
    for one in wanted:
        found = facts.get(one.person_id)
        refusal = _refusal(base, found)
        if refusal is not None or found is None:
            answers.append(refusal or KnownError("The person is not there any more. Search again."))
        elif one.person_id in made:
            answers.append(_issued(made[one.person_id], new=False))
        elif found.held is not None and issuing.still_says_it(base, found, uow.now):
            answers.append(_issued(found.held, new=False))
        else:
            try:
                row = issuing.make(base, found, f"{prefix}{number:06d}", uow.now, visit_id=one.visit_id)
            except KnownError as error:
                answers.append(error)
                continue
            number += 1
            made[one.person_id] = row
            owed += replace_held(found, row)
            owed.append(Owed("DocumentReference", row.id, visit_id=one.visit_id, person_id=one.person_id))
            answers.append(_issued(row, new=True))
    uow.session.add_all(made.values())
    uow.audit_all(
        [
            Said("certificate", "person", row.person_id, {"number": row.number, "uvci": row.uvci, "kid": row.kid})
            for row in made.values()
        ]
    )
    if owed:
        uow.send_all(owed)
    return answers


def _refusal(base: Ground, found: Facts | None) -> KnownError | None:
    if found is None:
        return KnownError("The person is not there any more. Search again.")
    if not found.doses:
        return RefusedError("No dose is recorded for this person: there is nothing to certify.")
    if base.paper.needs_complete and not found.evaluation.complete:
        return RefusedError("This campaign issues its certificate when the course is complete.")
    return None


def replace_held(facts: Facts, row: Certificate) -> list[Owed]:
    """Mark the paper that held as replaced by a new row, and those of other issuers that state no more doses than it
    (R-63); what is owed for it.

    A national code is the portal's own: it is never sent back.
    """
    for earlier in facts.earlier:
        if earlier.doses_stated <= len(facts.doses):
            earlier.replaced_by = row.id
    for held in facts.standing:
        held.replaced_by = row.id
    return [
        Owed("DocumentReference", held.id, version=2, person_id=held.person_id)
        for held in facts.standing
        if held.kind != "national"
    ]


def next_number(uow: UnitOfWork, ctx: Context) -> tuple[str, int]:
    """The beginning of this desk's numbers in this year (station-desk/year/) and the next number of six digits."""
    prefix = f"{ctx.station.code}-{ctx.station.desk}/{clock.local_date(uow.now).year}/"
    return prefix, papers.last_number(uow.session, prefix) + 1


def pdf(
    ctx: Context,
    certificate_ids: Sequence[str],
    size: Size,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> bytes:
    """The papers as one PDF, as they were issued; the print is logged with its count when it is finished.

    A paper that was replaced since says so on its page.

    :raises KnownError: one is not there, or was revoked; or the printing was cancelled.
    """
    rows = _printable(ctx, certificate_ids)
    data = render(_pages(ctx, rows), size, progress, cancelled)
    _log(ctx, rows, size)
    return data


def pages(ctx: Context, certificate_ids: Sequence[str]) -> list[CertificatePage]:
    """What the papers show when they are printed now.

    :raises KnownError: one is not there, or was revoked.
    """
    return _pages(ctx, _printable(ctx, certificate_ids))


def log_prints(ctx: Context, certificate_ids: Sequence[str], size: Size) -> None:
    """Note that the papers were printed: each with a line in the print log and an entry in the audit."""
    _log(ctx, _rows(ctx, certificate_ids), size)


def _printable(ctx: Context, certificate_ids: Sequence[str]) -> list[Certificate]:
    ctx.require(*ROLES)
    if not certificate_ids:
        raise RefusedError("Choose at least one certificate.")
    rows = _rows(ctx, certificate_ids)
    for row in rows:
        if row.revoked_at is not None:
            raise RefusedError("Certificate {number} was revoked: issue a new one.", number=row.number)
    return rows


def _log(ctx: Context, rows: Sequence[Certificate], size: Size) -> None:
    def note(uow: UnitOfWork, some: Sequence[Certificate]) -> None:
        uow.session.add_all(
            Print(
                kind="certificate",
                certificate_id=row.id,
                person_id=row.person_id,
                pages=1,
                at=uow.now,
                user_id=ctx.user.id,
            )
            for row in some
        )
        uow.audit_all([Said("print", "certificate", row.id, {"number": row.number, "size": size}) for row in some])

    in_short_writes(ctx, [rows[at : at + TOGETHER] for at in range(0, len(rows), TOGETHER)], note)


def preview(ctx: Context, certificate_id: str, size: Size) -> bytes:
    """A paper as it will be printed, without counting a print; the look at the person is noted as any other.

    :raises RefusedError: the user may not. :raises KnownError: it is not there any more.
    """
    ctx.require(*ROLES)
    rows = _rows(ctx, [certificate_id])
    ctx.viewed(rows[0].person_id)
    return render(_pages(ctx, rows), size)


def _rows(ctx: Context, certificate_ids: Sequence[str]) -> list[Certificate]:
    with ctx.database.reader() as conn:
        found = papers.certificates(conn, certificate_ids)
    if len(found) < len(set(certificate_ids)):
        raise KnownError("The certificate is not there any more. Refresh the list.")
    return [found[key] for key in certificate_ids]


def _pages(ctx: Context, rows: Sequence[Certificate]) -> list[CertificatePage]:
    """The pages as they were issued; one that was replaced since carries the day and the number of the newer one."""
    newer = [row.replaced_by for row in rows if row.replaced_by is not None]
    with ctx.database.reader() as conn:
        found = papers.certificates(conn, newer) if newer else {}
    return [certificate_page.shown(row, found.get(row.replaced_by or "")) for row in rows]


def revoke_for_person(uow: UnitOfWork, person_id: str, record_id: str, reason: str) -> list[str]:
    """Revoke the papers that name a record (every paper of the person for an empty ``record_id``), in the caller's
    transaction. The person then stands on the list for a new paper. Returns the numbers.

    A paper with the Ministry's code is revoked here too; its entry in the list is the portal's, which learns of the
    correction by the record itself.
    """
    numbers = []
    for row in uow.find(Certificate, person_id=person_id, revoked_at=None):
        if record_id and record_id not in {record for record, _v in row.dose_records}:
            continue
        row.revoked_at = uow.now
        row.revoked_reason = reason
        numbers.append(row.number)
        uow.audit("revoke", "certificate", row.id, {"number": row.number})
        if row.kind != "national":
            uow.send("DocumentReference", row.id, version=3, person_id=person_id, at_once=True)
    return numbers


def _issued(row: Certificate, new: bool) -> Issued:
    page = certificate_page.from_json(row.content)
    reasons = page.no_code_reasons or ((page.code_note_vi,) if page.code_note_vi else ())
    return Issued(row.id, row.number, row.kind, row.uvci, row.code_until, reasons, new, row.person_id)


def note_earlier_paper(
    ctx: Context, person_id: str, issuer: str, number: str = "", doses_stated: int = 0, note: str = ""
) -> str:
    """Record a paper certificate that the person brought, as evidence (R-63).

    :raises FieldError: the issuer is not named. :raises KnownError: no such person.
    """
    ctx.require("register", "screen", "inject")
    if not issuer.strip():
        raise FieldError("issuer", "Enter who issued the earlier paper.")
    with ctx.write() as uow:
        if uow.get(Person, person_id) is None:
            raise KnownError("The person is not there any more. Search again.")
        row = uow.add(
            EarlierPaper(
                person_id=person_id,
                issuer=issuer.strip(),
                number=number.strip(),
                doses_stated=doses_stated,
                note=note.strip(),
                seen_at=uow.now,
                seen_by=ctx.user.id,
            )
        )
        uow.audit("earlier-paper", "person", person_id, {"paper": row.id})
        paper_id = row.id
        uow.commit()
    return paper_id
