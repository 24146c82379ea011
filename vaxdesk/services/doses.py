"""Records doses: given here, given earlier elsewhere, not given; undo and correction.

Warn, do not forbid: what really happened can be recorded, with a reason; only the impossible is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from vaxdesk import clock
from vaxdesk.db.tables import Immunization, Lot, Person, Reaction, Screening, StockMovement, User, VaccinationSession
from vaxdesk.db.unit_of_work import UNDO_WINDOW, UnitOfWork
from vaxdesk.domain import consent as consent_rules
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.schedule import REASONS, DoseVerdict, GivenDose
from vaxdesk.domain.schedule_result import DUPLICATE
from vaxdesk.domain.screening import NextList
from vaxdesk.errors import BugError, FieldError, KnownError, RefusedError
from vaxdesk.i18n import N_, _
from vaxdesk.services import certificates, consents, history, stock
from vaxdesk.services.context import Context, see_time
from vaxdesk.services.visits import current_visit

SITES = {
    "left-arm": N_("Left arm"),
    "right-arm": N_("Right arm"),
    "left-thigh": N_("Left thigh"),
    "right-thigh": N_("Right thigh"),
}

#: Where the knowledge of an earlier dose comes from.
EVIDENCE = {
    "here": N_("Given here"),
    "portal": N_("From the portal"),
    "paper": N_("Seen on paper"),
    "spoken": N_("Said by the person"),
}


#: What is known of the days after an earlier dose.
REACTIONS = {"ordinary": N_("Ordinary reaction"), "severe": N_("Severe reaction")}


@dataclass(frozen=True)
class RecordDose:
    """A dose that was just given in a session. ``reason`` answers the warnings, where there are any."""

    visit_id: str
    product_code: str
    lot_id: str
    site: str = "left-arm"
    performer_id: str = ""
    occurred_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True)
class DoseWarning:
    """Something that speaks against the dose; it can be recorded with a reason."""

    code: str
    words: str


@dataclass(frozen=True)
class DoseRecorded:
    """What was recorded: enough for the line that confirms it and for undo."""

    immunization_id: str
    number: int
    product_code: str
    lot: str
    undo_until: datetime


def warnings(ctx: Context, command: RecordDose) -> list[DoseWarning]:
    """What speaks against this dose, without writing anything."""
    with ctx.read() as uow:
        found, _verdict, _number = _warnings(uow, ctx, command)
        return found


def _warnings(uow: UnitOfWork, ctx: Context, command: RecordDose) -> tuple[list[DoseWarning], DoseVerdict, int]:
    day = clock.local_date(command.occurred_at or uow.now)
    campaign = ctx.campaign(day=day)
    visit = current_visit(uow, command.visit_id)
    person = uow.get(Person, visit.person_id)
    lot = uow.get(Lot, command.lot_id)
    if person is None:
        raise KnownError("The person is not there any more. Search again.")
    if lot is None or lot.product_code != command.product_code:
        raise FieldError("lot", "Choose a lot of this vaccine.")
    found: list[DoseWarning] = []

    state = consent_rules.current(consents.history(uow, person.id, campaign.code))
    if state is not consent_rules.ConsentStatus.GIVEN:
        found.append(DoseWarning(f"consent_{state.value}", _(CONSENT_WARNINGS[state])))
    screening = uow.first(Screening, visit_id=visit.record_id, current=True, status="completed")
    if screening is None:
        found.append(DoseWarning("no_screening", _("No screening is recorded for today")))
    elif screening.next_list != NextList.INJECT.value:
        found.append(DoseWarning("screening", _("The screening does not allow this dose here today")))
    elif screening.product_code != command.product_code:
        found.append(DoseWarning("screened_other", _("The screening was made for another vaccine")))
    if lot.expiry is not None and lot.expiry < day:
        found.append(DoseWarning("expired", _("The lot expired on {day}").format(day=lot.expiry.strftime("%d/%m/%Y"))))
    if lot.blocked:
        found.append(DoseWarning("blocked", _("The lot is withdrawn: {reason}").format(reason=lot.blocked_reason)))

    rows = uow.find(Immunization, person_id=person.id, campaign=campaign.code, current=True)
    this = GivenDose(day, command.product_code)
    verdicts = history.evaluate(campaign, person, [*history.given_doses(rows), this], day).doses
    before = [v for v in verdicts if v.valid and v.date < day]
    number = len(before) + 1
    # Another dose of the same day is a duplicate, and is called that below.
    others = [row for row in rows if row.status == "completed" and row.occurred != day.isoformat()]
    same = next((row for row in others if row.dose_number == number), None)
    if same is not None:
        words = _("Dose {number} is recorded already, on {day}: compare before you record it again")
        shown = PartialDate.parse(same.occurred).vietnamese()
        found.append(DoseWarning("same_number", words.format(number=number, day=shown)))
    these = [v for v in verdicts if v.date == day and v.product == command.product_code]
    # Of two equal doses of one day one counts and the other is the duplicate: this one is the other.
    verdict = next((v for v in these if not v.valid), these[0])
    if not verdict.valid:
        found.append(DoseWarning(verdict.reason, verdict.words()))
    elif any(v.date == day and v not in these for v in verdicts):
        found.append(DoseWarning(DUPLICATE, _(REASONS[DUPLICATE])))
    return found, verdict, number


CONSENT_WARNINGS = {
    consent_rules.ConsentStatus.NOT_ASKED: N_("Consent is not recorded: ask, or write why not"),
    consent_rules.ConsentStatus.WITHDRAWN: N_("Consent was withdrawn: do not inject"),
    consent_rules.ConsentStatus.REFUSED: N_("Vaccination was refused: do not inject"),
}


def record(ctx: Context, command: RecordDose) -> DoseRecorded:
    """Record a dose given now: the immunization, the stock movement, the audit and the outbox entry, in one.

    :raises FieldError: ``reason`` is empty although something speaks against the dose, or a field does not fit.
    :raises RefusedError: a dose of this visit is recorded already, or it lies in the future.
    """
    ctx.require("inject")
    occurred = command.occurred_at or ctx.now()
    campaign = ctx.campaign(day=clock.local_date(occurred))  # perhaps read from files: not under the lock
    with ctx.write() as uow:
        if occurred > uow.now + timedelta(minutes=5):
            raise RefusedError("The dose's time lies in the future. Check the PC's clock.")
        visit = current_visit(uow, command.visit_id)
        if uow.first(Immunization, visit_id=visit.record_id, current=True, status="completed"):
            raise RefusedError("A dose is already recorded for this person today. Correct it instead.")
        product = campaign.products.get(command.product_code)
        if product is None:
            raise FieldError("product", "Choose the vaccine.")
        found, _verdict, number = _warnings(uow, ctx, command)
        if found and not command.reason.strip():
            raise FieldError("reason", "Write why the dose was given although a warning stands.")
        session = uow.get(VaccinationSession, visit.session_id)
        lot = uow.get(Lot, command.lot_id)
        performer = uow.get(User, command.performer_id or ctx.user.id)
        if lot is None or session is None:
            raise BugError("a visit has a session, and the lot was just looked at")
        if performer is None or not performer.active or "inject" not in performer.roles:
            raise FieldError("performer", "Choose who gave the dose.")
        if command.site not in SITES:
            raise FieldError("site", "Choose the arm.")
        for other in uow.find(Immunization, visit_id=visit.record_id, current=True, status="not-done"):
            # "Not given" was recorded before, and then the dose was given after all.
            _take_back(uow, other, _("Given after all"))
        row: Immunization = uow.record(
            Immunization(
                person_id=visit.person_id,
                visit_id=visit.record_id,
                session_id=session.id,
                campaign=campaign.code,
                product_code=product.code,
                component=product.component,
                lot_id=lot.id,
                lot_number=lot.number,
                lot_expiry=lot.expiry,
                manufacturer=product.manufacturer,
                occurred=clock.local_date(occurred).isoformat(),
                occurred_at=occurred,
                dose_number=number,
                dose_ml=product.dose_ml,
                route=product.route,
                site=command.site,
                performer_id=performer.id,
                performer_name=performer.full_name,
                place=session.place,
                place_code=ctx.station.code,
                evidence="here",
                override_reason=command.reason.strip() if found else "",
            )
        )
        stock.move(uow, lot.id, "used", -1, session_id=session.id, immunization_id=row.record_id)
        uow.audit(
            "dose",
            "person",
            visit.person_id,
            {"record": row.record_id, "product": product.code, "lot": lot.number, "warnings": [w.code for w in found]},
        )
        see_time(uow)
        uow.send("Immunization", row.record_id, visit_id=visit.record_id, person_id=visit.person_id)
        result = DoseRecorded(row.record_id, number, product.code, lot.number, uow.now + UNDO_WINDOW)
        uow.commit()
    return result


def not_given(ctx: Context, visit_id: str, product_code: str, reason: str) -> str:
    """Record that no dose was given although the person came, with the reason (G7). Returns the record's id.

    :raises FieldError: the reason is empty. :raises RefusedError: a dose is recorded already.
    """
    ctx.require("inject", "screen")
    if not reason.strip():
        raise FieldError("reason", "Write why no dose was given.")
    with ctx.write() as uow:
        visit = current_visit(uow, visit_id)
        held = uow.find(Immunization, visit_id=visit.record_id, current=True)
        if any(row.status != "entered-in-error" for row in held):
            raise RefusedError("A dose is already recorded for this person today. Correct it instead.")
        row: Immunization = uow.record(
            Immunization(
                person_id=visit.person_id,
                visit_id=visit.record_id,
                session_id=visit.session_id,
                campaign=ctx.station.campaign,
                product_code=product_code,
                occurred=clock.local_date(uow.now).isoformat(),
                occurred_at=uow.now,
                dose_number=0,
                status="not-done",
                not_done_reason=reason.strip(),
                performer_id=ctx.user.id,
                performer_name=ctx.user.full_name,
                place_code=ctx.station.code,
            )
        )
        uow.audit("dose-not-given", "person", visit.person_id, {"record": row.record_id})
        uow.send("Immunization", row.record_id, visit_id=visit.record_id, person_id=visit.person_id)
        record_id = row.record_id
        uow.commit()
    return record_id


def withdraw(ctx: Context, immunization_id: str, reason: str) -> None:
    """Take a recorded dose back as entered in error (undo, or a mistake found later); the stock comes back too.

    Unsent it leaves no trace at the portal; sent it goes there as *entered in error*. A certificate that names the
    dose is revoked and the person stands on the list for a new paper.

    :raises FieldError: no reason. :raises KnownError: no such dose, or it was recorded elsewhere.
    """
    ctx.require("inject", "manage")
    if not reason.strip():
        raise FieldError("reason", "Write why the dose is taken back.")
    with ctx.write() as uow:
        row = uow.first(Immunization, record_id=immunization_id, current=True)
        if row is None or row.status == "entered-in-error":
            raise KnownError("The dose is not there any more. Refresh the list.")
        if row.origin == "portal":
            raise RefusedError("This dose was recorded elsewhere: ask {place} to correct it.", place=row.place)
        _take_back(uow, row, reason.strip())
        certificates.revoke_for_person(uow, row.person_id, immunization_id, reason.strip())
        uow.commit()


def _take_back(uow: UnitOfWork, row: Immunization, reason: str) -> None:
    new = uow.supersede(row, reason, status="entered-in-error")
    for movement in uow.find(StockMovement, immunization_id=row.record_id, current=True, status="completed"):
        uow.supersede(movement, reason, status="entered-in-error")
    uow.audit("dose-withdrawn", "person", row.person_id, {"record": row.record_id})
    uow.retract(
        "Immunization",
        row.record_id,
        version=new.version,
        visit_id=row.visit_id or "",
        person_id=row.person_id,
    )


@dataclass(frozen=True)
class EarlierDose:
    """A dose given earlier, elsewhere: known from a paper or from the person. The lot may be unknown.

    ``reaction`` is one of ``REACTIONS``, empty where none is known; ``reaction_note`` says in words what it was (R-09).
    """

    person_id: str
    product_code: str
    occurred: PartialDate
    evidence: str
    lot_number: str = ""
    place: str = ""
    reaction: str = ""
    reaction_note: str = ""


def record_earlier(ctx: Context, command: EarlierDose) -> str:
    """Record a dose given earlier and return its record id; it never moves stock (R-80, K4).

    :raises FieldError: product, date or evidence do not fit. :raises RefusedError: the same dose is there already.
    """
    ctx.require("register", "screen", "inject")
    campaign = ctx.campaign()
    with ctx.write() as uow:
        record_id = add_earlier(uow, campaign, command)
        uow.commit()
    return record_id


def record_earlier_doses(ctx: Context, commands: Sequence[EarlierDose]) -> list[str]:
    """Several earlier doses in one transaction; errors as with :func:`record_earlier`."""
    ctx.require("register", "screen", "inject")
    campaign = ctx.campaign()
    with ctx.write() as uow:
        records = [add_earlier(uow, campaign, command) for command in commands]
        uow.commit()
    return records


def add_earlier(uow: UnitOfWork, campaign: Campaign, command: EarlierDose) -> str:
    """The same in the caller's transaction."""
    product = campaign.products.get(command.product_code)
    if product is None:
        raise FieldError("product", "Choose the vaccine.")
    if command.evidence not in ("paper", "spoken"):
        raise FieldError("evidence", "Choose: seen on paper, or said by the person.")
    if command.reaction and command.reaction not in REACTIONS:
        raise FieldError("reaction", "Choose: ordinary or severe.")
    if command.reaction == "severe" and not command.reaction_note.strip():
        raise FieldError("reaction_note", "Write what the severe reaction was.")
    if command.occurred.earliest() > clock.local_date(uow.now):
        raise FieldError("occurred", "The date lies in the future. Enter the day of the dose.")
    person = uow.get(Person, command.person_id)
    if person is None:
        raise KnownError("The person is not there any more. Search again.")
    rows = uow.find(Immunization, person_id=person.id, campaign=campaign.code, current=True, status="completed")
    if any(r.occurred == command.occurred.iso() and r.product_code == product.code for r in rows):
        raise RefusedError("This dose is already in the record.")
    row: Immunization = uow.record(
        Immunization(
            person_id=person.id,
            campaign=campaign.code,
            product_code=product.code,
            component=product.component,
            lot_number=command.lot_number.strip().upper(),
            manufacturer=product.manufacturer,
            occurred=command.occurred.iso(),
            dose_number=sum(1 for r in rows if r.occurred < command.occurred.iso()) + 1,
            route=product.route,
            place=command.place.strip(),
            evidence=command.evidence,
        )
    )
    uow.audit("dose-earlier", "person", person.id, {"record": row.record_id, "evidence": command.evidence})
    uow.send("Immunization", row.record_id, person_id=person.id)
    if command.reaction:
        _add_reaction(uow, row, command)
    return row.record_id


def _add_reaction(uow: UnitOfWork, dose: Immunization, command: EarlierDose) -> None:
    """What came after an earlier dose, as it was told; it travels only where the day is known."""
    day = datetime.combine(command.occurred.earliest(), time(), clock.VIET_NAM).astimezone(UTC)
    row: Reaction = uow.record(
        Reaction(
            person_id=dose.person_id,
            immunization_id=dose.record_id,
            severity=command.reaction,
            signs=[],
            onset_at=day,
            note=command.reaction_note.strip(),
        )
    )
    uow.audit("reaction", "person", dose.person_id, {"record": row.record_id, "severity": command.reaction})
    if command.occurred.is_full:
        uow.send("AdverseEvent", row.record_id, person_id=dose.person_id)
