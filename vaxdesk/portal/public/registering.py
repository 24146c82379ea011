"""From a citizen's form to a Patient, an Appointment and a Consent that the station's sync brings down."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from vaxdesk import i18n
from vaxdesk.clock import VIET_NAM
from vaxdesk.domain import people, personal_code
from vaxdesk.domain.consent import RELATIONS, ConsentText
from vaxdesk.domain.dates import PartialDate, parse_day, parse_partial
from vaxdesk.domain.people import PersonDetails
from vaxdesk.domain.problems import FieldProblem, block
from vaxdesk.errors import FieldError
from vaxdesk.i18n import N_
from vaxdesk.portal.records import Records
from vaxdesk.portal.stations import StationFacts
from vaxdesk.portal.store import Store
from vaxdesk.portal.tables import PORTAL, Registration, Submission
from vaxdesk.sync.fhir.systems import DEFAULT as SYSTEMS

CAMPAIGN_SYSTEM = "urn:vaxdesk:campaign"
DECLARATION = "urn:vaxdesk:declaration"
#: Parts of a day: hours, and the word that stands in the Appointment.
PARTS = {"morning": (7, 11), "afternoon": (13, 17)}
#: How far ahead a wish may lie.
WISH_DAYS = 180


@dataclass(frozen=True)
class Wish:
    """A registration as typed: the person, when, and what is told besides."""

    person: PersonDetails
    day: date | None = None
    part: str = ""
    history: str = ""


@dataclass(frozen=True)
class Agreement:
    """The consent that was given on the page."""

    text: ConsentText
    declared: tuple[str, ...] = ()


def read_person(
    values: Mapping[str, str], today: date, station: StationFacts
) -> tuple[PersonDetails, list[FieldProblem]]:
    """The person of a form (or of a row of a list) and all remarks, the blocking ones first.

    Desk's remarks on what is merely empty are left out: nobody must have a phone or a card to register.
    """
    problems: list[FieldProblem] = []
    birth: PartialDate | None = None
    if values.get("birth", "").strip():
        try:
            birth = parse_partial(values["birth"], today)
        except FieldError as error:
            problems.append(FieldProblem("birth", "block", error.message_id, "unreadable", dict(error.values)))
    sex = values.get("sex", "")
    group = values.get("group", "").strip()
    details = people.tidy(
        PersonDetails(
            full_name=values.get("full_name", ""),
            birth=birth,
            sex=sex,
            national_id=values.get("national_id", ""),
            insurance_no=values.get("insurance_no", ""),
            phone=values.get("phone", ""),
            province_name=values.get("province", "") or station.province,
            commune_name=values.get("commune", "") or station.commune,
            village=values.get("village", ""),
            occupation=values.get("occupation", ""),
            employer=values.get("employer", ""),
            guardian_name=values.get("guardian_name", ""),
            guardian_relation=values.get("guardian_relation", ""),
            guardian_phone=values.get("guardian_phone", ""),
            groups=(group,) if group else (),
            identity_source="portal",
        )
    )
    too_long = [
        name for name, value in values.items() if len(value) > 300 and name in PersonDetails.__dataclass_fields__
    ]
    problems += [block(name, "too_long", N_("At most 300 characters.")) for name in too_long]
    found = {(problem.field, problem.message) for problem in problems}
    for problem in people.check(details, today):
        told = problem.blocks or problem.code != "missing"
        if told and not (problem.field == "birth" and any(name == "birth" for name, _message in found)):
            problems.append(problem)
    if sex not in ("male", "female") and not any(problem.field == "sex" for problem in problems):
        problems.append(block("sex", "missing", N_("Choose male or female.")))
    return details, problems


def read_wish(values: Mapping[str, str], today: date, station: StationFacts) -> tuple[Wish, list[FieldProblem]]:
    """A registration form and all remarks on it, the blocking ones first."""
    details, problems = read_person(values, today, station)
    minor = details.birth is not None and details.birth.age_on(today) < people.AGE_OF_MAJORITY
    family = values.get("who") == "family"
    if (minor or family) and not details.guardian_name:
        words = N_("Write the name of the person who registers.")
        problems.append(block("guardian_name", "missing", words))
    if (minor or family) and details.guardian_relation not in RELATIONS:
        problems.append(block("guardian_relation", "missing", N_("Choose how you are related to the person.")))
    if not (details.phone or details.guardian_phone):
        problems.append(block("phone", "missing", N_("Write a telephone number on which the station can call.")))
    day = None
    if values.get("wanted", "").strip():
        try:
            day = parse_day(values["wanted"], today + timedelta(days=2 * WISH_DAYS), "wanted")
            if not today <= day <= today + timedelta(days=WISH_DAYS):
                problems.append(block("wanted", "range", N_("Choose a day within the next six months.")))
        except FieldError as error:
            problems.append(FieldProblem("wanted", "block", error.message_id, "unreadable", dict(error.values)))
    history = " ".join(values.get("history", "").split())
    if len(history) > 500:
        problems.append(block("history", "too_long", N_("At most 500 characters.")))
    part = values.get("part", "")
    wish = Wish(details, day, part if part in PARTS else "", history)
    return wish, sorted(problems, key=lambda problem: not problem.blocks)


def keep(
    store: Store,
    form: str,
    station: StationFacts,
    campaign: str,
    wishes: list[tuple[Wish, Agreement | None]],
    new_code: Callable[[], str] = personal_code.new_code,
) -> list[str]:
    """Keep the registrations of one form, all or none; their codes. The same form again gives the same codes."""
    with store.writing() as write:
        kept = write.connection.execute(select(Submission.codes).where(Submission.form == form)).scalar()
        if kept is not None:
            return list(json.loads(kept))
        records = Records(write, PORTAL)
        codes = []
        for wish, agreement in wishes:
            code = new_code()
            person, appointment = str(uuid.uuid4()), str(uuid.uuid4())
            records.put("Patient", person, patient(person, code, wish.person, station))
            now = records.now.astimezone(VIET_NAM)
            records.put(
                "Appointment", appointment, appointment_of(appointment, person, code, wish, station, campaign, now)
            )
            if agreement is not None:
                paper = str(uuid.uuid4())
                records.put("Consent", paper, consent(paper, person, campaign, wish.person, agreement, now))
            row = {"code": code, "appointment": appointment, "patient": person, "made": write.updated}
            write.connection.execute(insert(Registration).values(**row))
            codes.append(code)
        write.connection.execute(insert(Submission).values(form=form, made=write.updated, codes=json.dumps(codes)))
    return codes


def patient(id_: str, code: str, person: PersonDetails, station: StationFacts) -> dict[str, Any]:
    """The Patient of a registration, for the station to complete."""
    if person.birth is None:
        raise ValueError("a registration has a birth date")
    numbers = (
        (SYSTEMS.registration, code),
        (SYSTEMS.national_id, person.national_id),
        (SYSTEMS.insurance_no, person.insurance_no),
    )
    family, _space, given = person.full_name.partition(" ")
    place = [part for part in (person.village, person.commune_name, person.province_name) if part]
    relation = i18n.translate(RELATIONS.get(person.guardian_relation, ""), "vi") if person.guardian_relation else ""
    resource = {
        "resourceType": "Patient",
        "id": id_,
        "meta": {"tag": [{"system": SYSTEMS.group, "code": group, "display": "stated"} for group in person.groups]},
        "identifier": [{"system": system, "value": value} for system, value in numbers if value],
        "active": True,
        "name": [{"use": "official", "text": person.full_name, "family": family, "given": given.split()}],
        "telecom": [{"system": "phone", "value": person.phone}] if person.phone else [],
        "gender": person.sex,
        "birthDate": person.birth.iso(),
        "address": [
            {
                "use": "home",
                "text": ", ".join(place),
                "line": [person.village] if person.village else [],
                "city": person.commune_name,
                "state": person.province_name,
                "country": "VN",
            }
        ],
        "contact": [
            {
                "relationship": [{"text": relation or person.guardian_relation}],
                "name": {"text": person.guardian_name},
                "telecom": [{"system": "phone", "value": person.guardian_phone}] if person.guardian_phone else [],
            }
        ]
        if person.guardian_name
        else [],
        "managingOrganization": {"reference": f"Organization/{station.id}", "display": station.name},
    }
    return _pruned(resource)


def appointment_of(
    id_: str, person: str, code: str, wish: Wish, station: StationFacts, campaign: str, now: datetime
) -> dict[str, Any]:
    """The Appointment of a registration: proposed, since registering earlier gives no earlier turn."""
    told = [wish.history, wish.person.occupation, wish.person.employer]
    period: list[dict[str, str]] = []
    if wish.day is not None:
        first, last = PARTS.get(wish.part, (7, 17))
        hours = [datetime(wish.day.year, wish.day.month, wish.day.day, hour, tzinfo=VIET_NAM) for hour in (first, last)]
        period = [{"start": hours[0].isoformat(), "end": hours[1].isoformat()}]
    resource = {
        "resourceType": "Appointment",
        "id": id_,
        "identifier": [{"system": SYSTEMS.registration, "value": code}],
        "status": "proposed",
        "serviceType": [{"coding": [{"system": CAMPAIGN_SYSTEM, "code": campaign}]}],
        "reasonCode": [{"text": wish.part}] if wish.part else [],
        "created": now.isoformat(timespec="seconds"),
        "comment": " · ".join(text for text in told if text),
        "participant": [
            {"actor": {"reference": f"Patient/{person}"}, "status": "accepted"},
            {
                "actor": {"reference": f"Organization/{station.id}", "display": station.name},
                "status": "needs-action",
            },
        ],
        "requestedPeriod": period,
    }
    return _pruned(resource)


def consent(
    id_: str, person: str, campaign: str, details: PersonDetails, agreement: Agreement, now: datetime
) -> dict[str, Any]:
    """The Consent that was given on the page; the station asks again on paper or by word where its rules say so."""
    moment = now.isoformat(timespec="seconds")
    guardian = details.guardian_name
    scope = "http://terminology.hl7.org/CodeSystem/consentscope"
    signer = {"display": guardian} if guardian else {"reference": f"Patient/{person}"}
    resource = {
        "resourceType": "Consent",
        "id": id_,
        "extension": [{"url": DECLARATION, "valueCode": declared} for declared in agreement.declared],
        "identifier": [{"system": SYSTEMS.record, "value": id_}],
        "status": "active",
        "scope": {"coding": [{"system": scope, "code": "treatment"}]},
        "category": [{"text": campaign}],
        "patient": {"reference": f"Patient/{person}"},
        "dateTime": moment,
        "policyRule": {"text": f"{agreement.text.id} {agreement.text.version}"},
        "verification": [{"verified": True, "verifiedWith": signer, "verificationDate": moment}],
    }
    return _pruned(resource)


def _pruned(value: dict[str, Any]) -> dict[str, Any]:
    """Without empty texts, lists and objects, which FHIR forbids."""
    return dict(_without_empty(value))


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: _without_empty(inner) for name, inner in value.items()}
        return {name: inner for name, inner in kept.items() if inner not in ("", [], {})}
    if isinstance(value, list):
        return [inner for inner in map(_without_empty, value) if inner not in ("", [], {})]
    return value
