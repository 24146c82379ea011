"""Reads what the portal sends into the program's own particulars; what is not understood is passed over, not lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from vaxdesk import clock
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.people import PersonDetails, tidy
from vaxdesk.sync.fhir.systems import DEFAULT, Systems

Resource = dict[str, Any]
#: Numbers of doses beyond this are mistakes.
MOST_DOSES = 99
#: Moments outside of these years are mistakes; within them, shifting to another zone stays in the calendar.
YEARS = range(1900, 9000)


@dataclass(frozen=True)
class PortalRegistration:
    """An online registration for this station: the person at the portal, its number, the wished day."""

    person_id: str
    number: str
    registered_at: datetime | None
    wanted_date: date | None
    wanted_part: str
    state: str
    details: Resource


@dataclass(frozen=True)
class PortalDose:
    """A dose recorded elsewhere."""

    person_id: str
    product_code: str
    occurred: PartialDate
    occurred_at: datetime | None
    lot_number: str
    status: str
    dose_number: int
    place: str
    manufacturer: str


@dataclass(frozen=True)
class PortalConsent:
    """An answer to the consent form that was given elsewhere."""

    person_id: str
    campaign: str
    answer: str
    status: str
    guardian_name: str
    text_id: str
    text_version: str
    declared: tuple[str, ...]
    at: datetime | None


def patient(resource: Resource, systems: Systems = DEFAULT) -> PersonDetails | None:
    """The particulars of a Patient, or None when name or birth date are missing or no dates."""
    numbers = {str(item.get("system")): str(item.get("value", "")) for item in dicts(resource.get("identifier"))}
    name = first(resource.get("name"))
    parts = [str(name.get("family", "")), *texts(name.get("given"))]
    text = str(name.get("text") or " ".join(parts)).strip()
    telecom = {str(item.get("system")): str(item.get("value", "")) for item in dicts(resource.get("telecom"))}
    address = first(resource.get("address"))
    contact = first(resource.get("contact"))
    try:
        birth = PartialDate.parse(str(resource.get("birthDate", "")))
    except (ValueError, KeyError):
        return None
    if not text:
        return None
    gender = str(resource.get("gender", ""))
    lines = texts(address.get("line"))
    groups = tuple(
        str(tag.get("code"))
        for tag in dicts(first(resource.get("meta")).get("tag"))
        if tag.get("system") == systems.group
    )
    relation = first(contact.get("relationship"))
    return tidy(
        PersonDetails(
            full_name=text,
            birth=birth,
            sex=gender if gender in ("male", "female") else "",
            national_id=numbers.get(systems.national_id, ""),
            old_id=numbers.get(systems.old_id, ""),
            insurance_no=numbers.get(systems.insurance_no, ""),
            passport=numbers.get(systems.passport, ""),
            phone=telecom.get("phone", ""),
            email=telecom.get("email", ""),
            village=lines[0] if lines else "",
            commune_name=str(address.get("city") or address.get("district") or ""),
            province_name=str(address.get("state", "")),
            address=str(address.get("text", "")),
            guardian_name=str(first(contact.get("name")).get("text", "")),
            guardian_relation=str(relation.get("text", "")),
            guardian_phone=str(first(contact.get("telecom")).get("value", "")),
            groups=groups,
            identity_source="portal",
        )
    )


def registration(resource: Resource, systems: Systems = DEFAULT) -> PortalRegistration | None:
    """An Appointment of this station, or None without a person."""
    actors = [str(first(item.get("actor")).get("reference", "")) for item in dicts(resource.get("participant"))]
    person = next((ref.removeprefix("Patient/") for ref in actors if ref.startswith("Patient/")), "")
    if not person:
        return None
    number = next(
        (
            str(item.get("value", ""))
            for item in dicts(resource.get("identifier"))
            if item.get("system") == systems.registration
        ),
        str(resource.get("id", "")),
    )
    period = first(resource.get("requestedPeriod"))
    wanted = moment(str(period.get("start") or resource.get("start") or ""))
    status = str(resource.get("status", ""))
    return PortalRegistration(
        person_id=person,
        number=number,
        registered_at=moment(str(resource.get("created", ""))),
        wanted_date=clock.local_date(wanted) if wanted else None,
        wanted_part=str(first(resource.get("reasonCode")).get("text", ""))[:12],
        state="refused" if status in ("cancelled", "entered-in-error") else "waiting",
        details={key: resource[key] for key in ("comment", "description", "reasonCode") if key in resource},
    )


def dose(resource: Resource, campaign: Campaign, systems: Systems = DEFAULT) -> PortalDose | None:
    """A dose of this campaign, or None for one of another campaign or of an unknown product."""
    codings = dicts(first(resource.get("vaccineCode")).get("coding"))
    product = ""
    for coding in codings:
        code = str(coding.get("code", ""))
        if coding.get("system") == systems.product and code.partition(".")[2] in campaign.products:
            product = code.partition(".")[2]
            break
        if coding.get("system") == systems.cvx and not product:
            product = next((item.code for item in campaign.by_cvx(code)), "")
    person = str(first(resource.get("patient")).get("reference", "")).removeprefix("Patient/")
    when = str(resource.get("occurrenceDateTime", ""))
    try:
        occurred = PartialDate.parse(when[:10])
    except ValueError:
        return None
    if not product or not person:
        return None
    protocol = first(resource.get("protocolApplied"))
    number = protocol.get("doseNumberPositiveInt", 0)
    return PortalDose(
        person_id=person,
        product_code=product,
        occurred=occurred,
        occurred_at=moment(when) if "T" in when else None,
        lot_number=str(resource.get("lotNumber", "")),
        status=str(resource.get("status", "")),
        dose_number=number if isinstance(number, int) and 0 < number <= MOST_DOSES else 0,
        place=str(first(resource.get("location")).get("display", "")),
        manufacturer=str(first(resource.get("manufacturer")).get("display", "")),
    )


def consent(resource: Resource, systems: Systems = DEFAULT) -> PortalConsent | None:
    """A consent to vaccination, or None for what says neither yes nor no, or names nobody."""
    status = str(resource.get("status", ""))
    answers = {"active": "given", "rejected": "refused", "inactive": "withdrawn", "entered-in-error": "given"}
    answer = answers.get(status)
    person = person_of(resource)
    if answer is None or not person:
        return None
    policy = str(first(resource.get("policyRule")).get("text", ""))
    text_id, _space, text_version = policy.partition(" ")
    guardian = first(first(resource.get("verification")).get("verifiedWith"))
    return PortalConsent(
        person_id=person,
        campaign=str(first(resource.get("category")).get("text", "")),
        answer=answer,
        status="entered-in-error" if status == "entered-in-error" else "completed",
        guardian_name=str(guardian.get("display", "")) if not guardian.get("reference") else "",
        text_id=text_id[:40],
        text_version=text_version[:40],
        declared=tuple(
            sorted(
                str(item.get("valueCode", ""))
                for item in dicts(resource.get("extension"))
                if item.get("url") == systems.declaration and item.get("valueCode")
            )
        ),
        at=moment(str(resource.get("dateTime", ""))),
    )


def person_of(resource: Resource) -> str:
    """The id of the Patient that a record is about; empty where it names none."""
    references = [str(first(resource.get(name)).get("reference", "")) for name in ("patient", "subject")]
    references += [str(first(item.get("actor")).get("reference", "")) for item in dicts(resource.get("participant"))]
    found = next((text for text in references if text.startswith("Patient/")), "")
    return found.removeprefix("Patient/").partition("/")[0]


def moment(text: str) -> datetime | None:
    """An aware moment (a bare day counts from midnight in Viet Nam), or None."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        return None
    if value.year not in YEARS:
        return None
    return value if value.tzinfo else value.replace(tzinfo=clock.VIET_NAM)


def dicts(value: Any) -> list[Resource]:
    """The objects of a list; nothing for what is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def texts(value: Any) -> list[str]:
    """The texts of a list; nothing for what is no list."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def first(value: Any) -> Resource:
    """The first object of a list, or the object itself, or an empty one."""
    if isinstance(value, dict):
        return value
    found = dicts(value)
    return found[0] if found else {}
