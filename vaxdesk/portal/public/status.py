"""What a citizen may learn with a code and a birth date: initials, doses, the next step. No name, no number."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, select

from vaxdesk.clock import VIET_NAM, local_date
from vaxdesk.domain import names, personal_code, schedule
from vaxdesk.domain.campaign import Campaign, StatusRule
from vaxdesk.domain.dates import PartialDate, format_date
from vaxdesk.domain.schedule_result import Evaluation
from vaxdesk.errors import InputError
from vaxdesk.i18n import N_, translate
from vaxdesk.portal.rules import moment_range, reference_of
from vaxdesk.portal.tables import Identifier, Registration, Resource
from vaxdesk.sync.fhir import inbound
from vaxdesk.sync.fhir.systems import DEFAULT as SYSTEMS

#: A person who was joined with another at the desk is followed so many steps.
_FOLLOW = 5
#: Looked up for a code that nobody has, so that it takes as long as one that somebody has.
_NOBODY = "-nobody-"


@dataclass(frozen=True)
class ShownDose:
    """A dose as it is shown."""

    day: str
    product: str
    place: str
    counts: bool


@dataclass(frozen=True)
class Status:
    """What is shown of a person."""

    initials: str
    doses: tuple[ShownDose, ...]
    rule: StatusRule | None
    words: str
    next_step: str


def look_up(
    connection: Connection, campaign: Campaign, code: str, birth: PartialDate, today: date, language: str
) -> Status | None:
    """The status behind a code, or None where no such code exists or the birth date is another.

    ``code`` is a personal code as typed.
    """
    try:
        written = personal_code.parse(code)
    except InputError:
        written = _NOBODY
    found = _registration(connection, written)
    person_id = found[0] if found else _NOBODY
    person, person_id = _person(connection, person_id)
    appointment = found[1] if found else None
    doses = _doses(connection, campaign, person_id)
    evaluation = _evaluate(campaign, person, doses, birth, today)
    if person is None or person.get("birthDate") != birth.iso():
        return None
    rule = campaign.statuses.get(evaluation.status)
    words = rule.words.text(language).format(doses=evaluation.counted) if rule else ""
    judged = {(verdict.date, verdict.product): verdict.valid for verdict in evaluation.doses}
    shown = tuple(_shown(campaign, dose, judged, language) for dose in doses)
    name = person.get("name", [{}])[0].get("text", "")
    return Status(
        names.initials(name), shown, rule, words, _next_step(connection, appointment, evaluation, today, language)
    )


def _registration(connection: Connection, code: str) -> tuple[str, str | None] | None:
    """The person and the Appointment of a code from this page, or the person of a code from a station's slip."""
    row = connection.execute(select(Registration.__table__).where(Registration.code == code)).first()
    slip = and_(
        Identifier.type == "Patient",
        Identifier.value == code,
        Identifier.system.in_((SYSTEMS.station_number, SYSTEMS.registration)),
    )
    person = connection.execute(select(Identifier.id).where(slip).limit(1)).scalar()
    if row is None:
        return (person, None) if person else None
    appointment = _body(connection, "Appointment", row.appointment)
    actors = (reference_of(item.get("actor")) for item in (appointment or {}).get("participant", []))
    moved = next((actor.removeprefix("Patient/") for actor in actors if actor.startswith("Patient/")), row.patient)
    return moved, row.appointment


def _person(connection: Connection, id_: str) -> tuple[dict[str, Any] | None, str]:
    """The Patient, followed through ``replaced-by`` links to the one that the desk kept."""
    person = _body(connection, "Patient", id_)
    for _step in range(_FOLLOW):
        links = (person or {}).get("link", [])
        kept = [reference_of(link.get("other")) for link in links if link.get("type") == "replaced-by"]
        if not kept or not kept[0].startswith("Patient/"):
            break
        id_ = kept[0].removeprefix("Patient/")
        person = _body(connection, "Patient", id_)
    return person, id_


def _body(connection: Connection, kind: str, id_: str) -> dict[str, Any] | None:
    where = and_(Resource.type == kind, Resource.id == id_)
    text = connection.execute(select(Resource.body).where(where)).scalar()
    return dict(json.loads(f"{{{text}}}")) if text is not None else None


def _doses(connection: Connection, campaign: Campaign, person: str) -> list[inbound.PortalDose]:
    where = and_(Resource.type == "Immunization", Resource.patient == person, Resource.status == "completed")
    texts = connection.execute(select(Resource.body).where(where).order_by(Resource.day)).scalars()
    read = (inbound.dose(json.loads(f"{{{text}}}"), campaign) for text in texts)
    return [dose for dose in read if dose is not None]


def _evaluate(
    campaign: Campaign,
    person: dict[str, Any] | None,
    doses: list[inbound.PortalDose],
    birth: PartialDate,
    today: date,
) -> Evaluation:
    given = [schedule.GivenDose(dose.occurred.earliest(), dose.product_code) for dose in doses]
    sex = (person or {}).get("gender", "")
    return schedule.evaluate(campaign, birth, sex if sex in ("male", "female") else "", given, today)


def _shown(
    campaign: Campaign, dose: inbound.PortalDose, judged: dict[tuple[date, str], bool], language: str
) -> ShownDose:
    label = campaign.products[dose.product_code].label.text(language)
    counts = judged.get((dose.occurred.earliest(), dose.product_code), False)
    return ShownDose(dose.occurred.vietnamese(), label, dose.place, counts)


def _next_step(
    connection: Connection, appointment: str | None, evaluation: Evaluation, today: date, language: str
) -> str:
    booked = _body(connection, "Appointment", appointment) if appointment else None
    state = (booked or {}).get("status", "")
    if booked and state in ("booked", "arrived", "checked-in") and (found := moment_range(booked.get("start"))):
        day = local_date(found[0])
        if day >= today:
            words = translate(N_("You are expected at {time} on {day}. Bring your identity card."), language)
            return words.format(time=f"{found[0].astimezone(VIET_NAM):%H:%M}", day=format_date(day))
    upcoming = evaluation.next
    if evaluation.complete and upcoming is None:
        return translate(N_("All doses are done. You need not come for the time being."), language)
    if evaluation.counted and upcoming is not None:
        if upcoming.recommended <= today:
            return translate(N_("The next dose can be given now. The station will call you."), language)
        words = translate(N_("The next dose is possible from {day}. The station will call you."), language)
        return words.format(day=format_date(upcoming.recommended))
    if state in ("cancelled", "noshow"):
        return translate(
            N_("Your registration was closed by the station. Call the station if you still wish to come."), language
        )
    if booked is not None:
        return translate(N_("The station has your registration and will call you when vaccine is there."), language)
    return translate(N_("Ask your station when the next session is."), language)
