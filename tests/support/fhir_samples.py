"""Records such as a desk sends, small but complete in what VN Core and FHIR R4 ask."""

from __future__ import annotations

import uuid
from typing import Any

NATIONAL_ID = "http://fhir.ehealth.gov.vn/core/sid/national_id"
RECORD = "urn:vaxdesk:record"
CVX = "http://hl7.org/fhir/sid/cvx"


def new_id() -> str:
    """A device-made id."""
    return str(uuid.uuid4())


def record_identifier(id_: str) -> dict[str, Any]:
    """The record's own number as a business identifier."""
    return {"system": RECORD, "value": id_}


def patient(id_: str = "", name: str = "Nguyễn Văn Anh", cccd: str = "014090123456", **more: Any) -> dict[str, Any]:
    """A person."""
    id_ = id_ or new_id()
    return {
        "resourceType": "Patient",
        "id": id_,
        "identifier": [record_identifier(id_), {"system": NATIONAL_ID, "value": cccd}],
        "active": True,
        "name": [{"use": "official", "text": name, "family": name.split()[0], "given": name.split()[1:]}],
        "telecom": [{"system": "phone", "value": "0912345678"}],
        "gender": "male",
        "birthDate": "1990-01-01",
        **more,
    }


def immunization(person: str, id_: str = "", **more: Any) -> dict[str, Any]:
    """A given dose."""
    id_ = id_ or new_id()
    return {
        "resourceType": "Immunization",
        "id": id_,
        "identifier": [record_identifier(id_)],
        "status": "completed",
        "vaccineCode": {"coding": [{"system": CVX, "code": "208"}], "text": "Comirnaty"},
        "patient": {"reference": f"Patient/{person}"},
        "occurrenceDateTime": "2021-11-20T08:30:00+07:00",
        "recorded": "2021-11-20T08:31:00+07:00",
        "primarySource": True,
        "manufacturer": {"display": "Pfizer-BioNTech"},
        "lotNumber": "FK0112",
        "doseQuantity": {"value": 0.3, "unit": "mL", "system": "http://unitsofmeasure.org", "code": "mL"},
        "protocolApplied": [{"doseNumberPositiveInt": 1}],
        **more,
    }


def consent(person: str, id_: str = "", **more: Any) -> dict[str, Any]:
    """A consent to vaccination."""
    id_ = id_ or new_id()
    return {
        "resourceType": "Consent",
        "id": id_,
        "identifier": [record_identifier(id_)],
        "status": "active",
        "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "treatment"}]},
        "category": [{"text": "Phiếu đồng ý tiêm chủng"}],
        "patient": {"reference": f"Patient/{person}"},
        "dateTime": "2021-11-20T08:10:00+07:00",
        **more,
    }


def answers(person: str, id_: str = "", **more: Any) -> dict[str, Any]:
    """A screening form's answers."""
    id_ = id_ or new_id()
    return {
        "resourceType": "QuestionnaireResponse",
        "id": id_,
        "identifier": record_identifier(id_),
        "status": "completed",
        "subject": {"reference": f"Patient/{person}"},
        "authored": "2021-11-20T08:12:00+07:00",
        "item": [{"linkId": "1", "text": "Tiền sử phản vệ", "answer": [{"valueBoolean": False}]}],
        **more,
    }


def encounter(person: str, id_: str = "", **more: Any) -> dict[str, Any]:
    """A visit."""
    id_ = id_ or new_id()
    return {
        "resourceType": "Encounter",
        "id": id_,
        "identifier": [record_identifier(id_)],
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": f"Patient/{person}"},
        **more,
    }


def visit(person: str = "") -> list[dict[str, Any]]:
    """One visit's records, parents first."""
    person = person or new_id()
    stay = encounter(person)
    here = {"reference": f"Encounter/{stay['id']}"}
    return [
        patient(person),
        stay,
        answers(person, encounter=here),
        consent(person),
        immunization(person, encounter=here),
    ]


def put_entry(resource: dict[str, Any], **request: str) -> dict[str, Any]:
    """An own-id PUT in a Bundle."""
    url = f"{resource['resourceType']}/{resource['id']}"
    return {"resource": resource, "request": {"method": "PUT", "url": url, **request}}


def post_entry(resource: dict[str, Any], condition: str = "", full_url: str = "") -> dict[str, Any]:
    """A POST in a Bundle, with ifNoneExist where ``condition`` is given."""
    entry: dict[str, Any] = {"resource": resource, "request": {"method": "POST", "url": resource["resourceType"]}}
    if condition:
        entry["request"]["ifNoneExist"] = condition
    if full_url:
        entry["fullUrl"] = full_url
    return entry


def bundle(kind: str, *entries: dict[str, Any]) -> dict[str, Any]:
    """A transaction or a batch."""
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}
