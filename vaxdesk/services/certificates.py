"""Issues, reprints, replaces and revokes certificates.

The paper stands in its own right; only its code is provisional. A paper whose content no longer holds (a corrected or
withdrawn dose, a corrected identity) is revoked; one that a newer paper or the national code follows is replaced,
which is no revocation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from vaxdesk import clock, settings
from vaxdesk.certificates import gate, payload
from vaxdesk.certificates.gate import Blocker
from vaxdesk.certificates.lists import TrustList
from vaxdesk.certificates.pages import Size, render
from vaxdesk.db.tables import Certificate, EarlierPaper, Immunization, Person, Print
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.domain import schedule
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.schedule import Evaluation, GivenDose
from vaxdesk.errors import FieldError, KnownError, RefusedError
from vaxdesk.i18n import N_
from vaxdesk.queries import papers
from vaxdesk.services import certificate_page, signing
from vaxdesk.services.context import Context

#: Why an identity in doubt stands in the way of a code, by field (R-66).
IDENTITY_DOUBTS = {
    "full_name": N_("The name is in doubt: compare it with the card."),
    "birth": N_("The birth date is in doubt: compare it with the card and the personal number."),
    "sex": N_("The sex does not agree with the personal number: compare both."),
    "national_id": N_("The personal number is in doubt: scan the card."),
    "old_id": N_("The old identity number is in doubt: compare it with the card."),
    "passport": N_("The passport number is in doubt: compare it with the passport."),
}
DOSE_SAID = N_("The dose of {day} is known only from what the person said: ask for the paper.")
DOSE_DAY = N_("The day of the dose of {day} is not known exactly.")


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


def issue(ctx: Context, person_id: str, visit_id: str = "") -> Issued:
    """Issue a person's certificate, or find the one that still says the same.

    Without a key, with a doubt, or where the campaign has no signed code, the paper is issued without a code and says
    why. Issuing again after a new dose, or when a code becomes possible, replaces the earlier paper.

    :raises RefusedError: no dose is recorded. :raises KnownError: no such person.
    """
    ctx.require("inject", "register", "manage")
    campaign = ctx.campaign()
    ring = signing.ring(ctx)
    trust = signing.trust(ctx)
    latest = ctx.setting(settings.LATEST_TIME)
    with ctx.write() as uow:
        person = uow.get(Person, person_id)
        if person is None:
            raise KnownError("The person is not there any more. Search again.")
        rows = _doses(uow, person_id, campaign.code)
        if not rows:
            raise RefusedError("No dose is recorded for this person: there is nothing to certify.")
        evaluation = _evaluate(campaign, person, rows, ctx.today())
        blockers = gate.issue_blockers(
            ring=ring,
            now=uow.now,
            latest_seen=datetime.fromisoformat(latest) if latest else None,
            campaign_has_code=_has_code(campaign, ctx.today()),
            identity_doubts=[Blocker(name, IDENTITY_DOUBTS[name]) for name in person.identity_doubts],
            dose_doubts=_dose_doubts(rows),
            counted_doses=evaluation.counted,
            products_without_code=_without_code(campaign, rows),
        )
        records = [[row.record_id, row.version] for row in rows]
        records.append(["person", person.version])
        held = held_paper(uow, person_id, campaign.code)
        if held is not None and held.dose_records == records and _still_good(held, uow.now, blockers):
            return _issued(held, new=False)

        code = None
        signer = ring.current(uow.now)
        if not blockers and signer is not None:
            try:
                code = gate.issue(
                    signer=signer,
                    desk=ctx.station.desk,
                    person=payload.DccPerson(person.full_name, PartialDate.parse(person.birth_date)),
                    dose=_last_dose(campaign, rows, evaluation),
                    issuer=ctx.station.name,
                    now=uow.now,
                    life_days=_code_life(ctx, trust.trust_list if trust else None),
                )
            except FieldError as error:
                # What the records cannot say in a code is no reason to refuse the paper.
                blockers = (Blocker(error.field, error.message_id, error.values),)
        number = _number(uow, ctx)
        code_part: dict[str, Any] = {"no_code_reasons": tuple(blocker.text("vi") for blocker in blockers)}
        if code is not None:
            until = clock.local_date(code.expires_at)
            code_part = {"code": code.text, "uvci": code.identifier, "code_valid_until": until}
        if held is not None:
            code_part["replaces"] = held.number
        page = certificate_page.build(ctx, campaign, person, rows, evaluation, number, **code_part)
        row = uow.add(
            Certificate(
                person_id=person_id,
                visit_id=visit_id or None,
                campaign=campaign.code,
                number=number,
                desk=ctx.station.desk,
                kind="station" if code else "paper",
                uvci=code.identifier if code else "",
                hc1=code.text if code else "",
                kid=code.kid if code else "",
                code_until=code.expires_at if code else None,
                no_code_reasons=[blocker.field for blocker in blockers],
                content=certificate_page.to_json(page),
                dose_records=records,
                issued_at=uow.now,
                issued_by=ctx.user.id,
            )
        )
        if held is not None:
            held.replaced_by = row.id
            uow.send("DocumentReference", held.id, version=2, person_id=person_id)
        uow.audit("certificate", "person", person_id, {"number": number, "uvci": row.uvci, "kid": row.kid})
        uow.send("DocumentReference", row.id, visit_id=visit_id, person_id=person_id, at_once=True)
        issued = _issued(row, new=True)
        uow.commit()
    return issued


def pdf(
    ctx: Context,
    certificate_ids: Sequence[str],
    size: Size,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> bytes:
    """The papers as one PDF, as they were issued; the print is logged with its count when it is finished.

    :raises KnownError: one is not there, or was revoked; or the printing was cancelled.
    """
    ctx.require("inject", "register", "manage", "screen")
    if not certificate_ids:
        raise RefusedError("Choose at least one certificate.")
    pages, people = [], []
    with ctx.database.reader() as conn:
        for certificate_id in certificate_ids:
            row = conn.get(Certificate, certificate_id)
            if row is None:
                raise KnownError("The certificate is not there any more. Refresh the list.")
            if row.revoked_at is not None:
                raise RefusedError("Certificate {number} was revoked: issue a new one.", number=row.number)
            pages.append(certificate_page.from_json(row.content))
            people.append(row.person_id)
    data = render(pages, size, progress, cancelled)
    with ctx.write() as uow:
        for certificate_id, person_id in zip(certificate_ids, people, strict=True):
            uow.session.add(
                Print(
                    kind="certificate",
                    certificate_id=certificate_id,
                    person_id=person_id,
                    pages=1,
                    at=uow.now,
                    user_id=ctx.user.id,
                )
            )
        uow.audit("print", "certificate", certificate_ids[0], {"pages": len(pages), "size": size})
        uow.commit()
    return data


def preview(ctx: Context, certificate_id: str, size: Size) -> bytes:
    """A paper as it will be printed, without printing or logging it.

    :raises KnownError: it is not there any more.
    """
    with ctx.database.reader() as conn:
        row = conn.get(Certificate, certificate_id)
    if row is None:
        raise KnownError("The certificate is not there any more. Refresh the list.")
    return render([certificate_page.from_json(row.content)], size)


def revoke_for_person(uow: UnitOfWork, person_id: str, record_id: str, reason: str) -> list[str]:
    """Revoke the papers that name a record (every paper of the person for an empty ``record_id``), in the caller's
    transaction. The person then stands on the list for a new paper. Returns the numbers."""
    numbers = []
    for row in uow.find(Certificate, person_id=person_id, revoked_at=None):
        if row.kind == "national" or (record_id and record_id not in {record for record, _v in row.dose_records}):
            continue
        row.revoked_at = uow.now
        row.revoked_reason = reason
        numbers.append(row.number)
        uow.audit("revoke", "certificate", row.id, {"number": row.number})
        uow.send("DocumentReference", row.id, version=3, person_id=person_id, at_once=True)
    return numbers


# what stands behind a page


def _doses(uow: UnitOfWork, person_id: str, campaign: str) -> list[Immunization]:
    rows = uow.find(Immunization, Immunization.occurred, person_id=person_id, campaign=campaign, current=True)
    return [row for row in rows if row.status == "completed"]


def _evaluate(campaign: Campaign, person: Person, rows: Sequence[Immunization], on: date) -> Evaluation:
    doses = [GivenDose(PartialDate.parse(row.occurred).latest(), row.product_code) for row in rows]
    return schedule.evaluate(campaign, PartialDate.parse(person.birth_date), person.sex, doses, on)


def _has_code(campaign: Campaign, day: date) -> bool:
    paper = campaign.paper("certificate", day)
    return paper is not None and paper.code == "hc1"


def _dose_doubts(rows: Sequence[Immunization]) -> list[Blocker]:
    doubts = []
    for row in rows:
        day = PartialDate.parse(row.occurred)
        if row.evidence == "spoken":
            doubts.append(Blocker("doses", DOSE_SAID, {"day": day.vietnamese()}))
        elif not day.is_full:
            doubts.append(Blocker("doses", DOSE_DAY, {"day": day.vietnamese()}))
    return doubts


def _without_code(campaign: Campaign, rows: Sequence[Immunization]) -> list[str]:
    products = {row.product_code: campaign.products.get(row.product_code) for row in rows}
    return [
        product.name if product else code
        for code, product in products.items()
        if product is None or not product.codes.complete_for_dcc
    ]


def held_paper(uow: UnitOfWork, person_id: str, campaign: str) -> Certificate | None:
    """The paper that holds for a person now: neither revoked nor replaced."""
    rows = uow.find(
        Certificate,
        Certificate.issued_at.desc(),
        person_id=person_id,
        campaign=campaign,
        revoked_at=None,
        replaced_by=None,
    )
    return rows[0] if rows else None


def _still_good(row: Certificate, now: datetime, blockers: Sequence[Blocker]) -> bool:
    """Whether a paper can be printed again: it has a code that lives, or still can have none for the same reasons."""
    if row.kind == "paper":
        return row.no_code_reasons == [blocker.field for blocker in blockers]
    return row.code_until is not None and row.code_until > now


def _issued(row: Certificate, new: bool) -> Issued:
    reasons = tuple(certificate_page.from_json(row.content).no_code_reasons)
    return Issued(row.id, row.number, row.kind, row.uvci, row.code_until, reasons, new)


def _code_life(ctx: Context, trust_list: TrustList | None) -> int:
    """The authority's setting; without a list the program's default of 180 days (DESIGN.md section 6)."""
    return trust_list.code_life_days if trust_list is not None else ctx.setting(settings.CODE_DAYS)


def _number(uow: UnitOfWork, ctx: Context) -> str:
    """The next number of this desk in this year: station-desk/year/number."""
    prefix = f"{ctx.station.code}-{ctx.station.desk}/{clock.local_date(uow.now).year}/"
    return f"{prefix}{papers.last_number(uow.session, prefix) + 1:06d}"


def _last_dose(campaign: Campaign, rows: Sequence[Immunization], evaluation: Evaluation) -> payload.DccDose:
    """The last dose that counts, as a DCC says it."""
    last = [verdict for verdict in evaluation.doses if verdict.valid][-1]
    vp, mp, ma = campaign.products[last.product].dcc
    number, total = payload.dose_numbers(
        evaluation.primary, max(evaluation.required, evaluation.primary), evaluation.additional + evaluation.boosters
    )
    return payload.DccDose(vp, mp, ma, number, total, last.date, campaign.disease.dcc_target, campaign.country)


def note_earlier_paper(
    ctx: Context, person_id: str, issuer: str, number: str = "", doses_stated: int = 0, note: str = ""
) -> str:
    """Record a paper certificate that the person brought, as evidence (R-63).

    :raises FieldError: the issuer is not named.
    """
    ctx.require("register", "screen", "inject")
    if not issuer.strip():
        raise FieldError("issuer", "Enter who issued the earlier paper.")
    with ctx.write() as uow:
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
