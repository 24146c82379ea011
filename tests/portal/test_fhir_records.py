"""Single records over HTTP: own-id PUT, POST with a condition, versions, repeats, refusals with their field."""

from __future__ import annotations

import json

import pytest
from fhir.resources.R4B import get_fhir_model_class
from support.fhir_samples import (
    NATIONAL_ID,
    RECORD,
    answers,
    consent,
    encounter,
    immunization,
    new_id,
    patient,
    visit,
)


def put(station, resource, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return station.put(f"{resource['resourceType']}/{resource['id']}", json=resource, headers=names)


def test_capability_statement_is_valid_and_says_what_can_be_done(station):
    answer = station.get("metadata")
    statement = answer.json()
    get_fhir_model_class("CapabilityStatement").model_validate(statement)
    assert answer.headers["Content-Type"].startswith("application/fhir+json")
    assert statement["meta"]["tag"] == [{"system": "urn:vaxdesk:mode", "code": "real"}]
    person = next(item for item in statement["rest"][0]["resource"] if item["type"] == "Patient")
    assert person["updateCreate"] is True
    assert person["conditionalCreate"] is True
    assert {item["code"] for item in statement["rest"][0]["interaction"]} == {"transaction", "batch"}


def test_put_creates_and_the_same_again_changes_nothing(station):
    person = patient()
    first = put(station, person)
    again = put(station, person)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.headers["ETag"] == again.headers["ETag"] == 'W/"1"'
    assert first.json()["meta"] == again.json()["meta"]
    assert first.headers["Location"].endswith(f"/fhir/Patient/{person['id']}/_history/1")
    read = station.get(f"Patient/{person['id']}")
    assert read.json() == first.json()
    assert {key: value for key, value in read.json().items() if key != "meta"} == person
    get_fhir_model_class("Patient").model_validate(read.json())


def test_every_kind_of_a_visit_comes_back_valid_and_equal(station):
    for record in visit():
        assert put(station, record).status_code == 201
        read = station.get(f"{record['resourceType']}/{record['id']}").json()
        get_fhir_model_class(record["resourceType"]).model_validate(read)
        read.pop("meta")
        assert read == record


def test_changed_content_is_a_new_version_and_the_old_one_can_be_read(station):
    person = patient()
    first = put(station, person)
    changed = person | {"telecom": [{"system": "phone", "value": "0987654321"}]}
    second = put(station, changed, If_Match='W/"1"')
    assert (second.status_code, second.headers["ETag"]) == (200, 'W/"2"')
    assert second.json()["meta"]["lastUpdated"] > first.json()["meta"]["lastUpdated"]
    old = station.get(f"Patient/{person['id']}/_history/1").json()
    assert old["telecom"][0]["value"] == "0912345678"
    assert station.get(f"Patient/{person['id']}/_history/9").status_code == 404
    unchanged = station.get(f"Patient/{person['id']}", headers={"If-None-Match": 'W/"2"'})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_a_stale_version_is_refused_and_an_old_request_that_arrives_late_undoes_nothing(station):
    person = patient()
    put(station, person)
    changed = person | {"birthDate": "1990-01-02"}
    put(station, changed, If_Match='W/"1"')
    stale = put(station, person | {"birthDate": "1990-01-03"}, If_Match='W/"1"')
    assert stale.status_code == 412
    assert stale.json()["issue"][0]["code"] == "conflict"
    late = put(station, person)  # the very first request, delivered once more
    assert (late.status_code, late.headers["ETag"]) == (200, 'W/"2"')
    assert station.get(f"Patient/{person['id']}").json()["birthDate"] == "1990-01-02"
    repeated = put(station, changed, If_Match='W/"1"')  # our own retry: the content is there already
    assert (repeated.status_code, repeated.headers["ETag"]) == (200, 'W/"2"')
    assert put(station, patient(), If_Match='W/"1"').status_code == 412
    assert put(station, changed, If_None_Match="*").status_code == 412


def test_withdrawal_is_entered_in_error(station):
    person = patient()
    dose = immunization(person["id"])
    for record in (person, dose):
        put(station, record)
    gone = put(station, dose | {"status": "entered-in-error"}, If_Match='W/"1"')
    assert (gone.status_code, gone.json()["status"]) == (200, "entered-in-error")
    assert station.delete(f"Immunization/{dose['id']}").status_code == 405
    found = station.get(f"Immunization?patient={person['id']}&status=entered-in-error").json()
    assert [entry["resource"]["id"] for entry in found["entry"]] == [dose["id"]]


def test_post_with_a_condition_creates_once(station):
    person = patient()
    mine = person["id"]
    condition = {"If-None-Exist": f"identifier={RECORD}|{mine}"}
    first = station.post("Patient", json=person, headers=condition)
    again = station.post("Patient", json=person, headers=condition)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"] != mine
    twin = station.post("Patient", json=person)
    assert twin.status_code == 201
    assert station.post("Patient", json=person, headers=condition).status_code == 412


@pytest.mark.parametrize(
    "condition", ["identifier=", "identifier=|", f"identifier={RECORD}|", "", "name=a", "identifier=x"]
)
def test_an_empty_condition_matches_nobody(station, condition):
    answer = station.post("Patient", json=patient(), headers={"If-None-Exist": condition})
    assert answer.status_code == 412


PERSON = "00000000-0000-4000-8000-00000000000a"


@pytest.mark.parametrize(
    ("resource", "field"),
    [
        (patient(PERSON, name="A B") | {"name": [{"family": "A"}]}, "Patient.name[0].text"),
        ({key: value for key, value in patient(PERSON).items() if key != "name"}, "Patient.name"),
        (patient(PERSON, birthDate="1990-13-01"), "Patient.birthDate"),
        (patient(PERSON, birthDate="2190-01-01"), "Patient.birthDate"),
        (patient(PERSON, gender="nam"), "Patient.gender"),
        (patient(PERSON, cccd="12345"), "Patient.identifier[1].value"),
        (patient(PERSON, shoeSize=42), "Patient.shoeSize"),
        (patient(PERSON, telecom=[]), "Patient.telecom"),
        (patient(PERSON, telecom=[{}]), "Patient.telecom[0]"),
        (patient(PERSON, telecom={"system": "phone"}), "Patient.telecom"),
        (patient(PERSON, active=None), "Patient.active"),
        (patient(PERSON) | {"name": [{"text": " "}]}, "Patient.name[0].text"),
        (patient(PERSON) | {"name": [{"text": "A\x00B"}]}, "Patient.name[0].text"),
        (patient(PERSON) | {"name": [{"text": "A\ud800"}]}, "Patient.name[0].text"),
        (patient(PERSON, managingOrganization={"reference": "Organization/other"}), "managingOrganization.reference"),
        (immunization("nobody"), "Immunization.patient.reference"),
        (immunization("nobody", patient={"display": "A"}), "Immunization.patient.reference"),
        (immunization("nobody", status="done"), "Immunization.status"),
        (immunization("nobody", status="not-done"), "Immunization.statusReason"),
        (immunization("nobody", occurrenceDateTime="2021-11-20 08:30"), "Immunization.occurrenceDateTime"),
        (immunization("nobody", doseQuantity={"value": -1}), "Immunization.doseQuantity.value"),
        (immunization("nobody", manufacturer={"reference": "#x"}), "Immunization.manufacturer.display"),
        (immunization("nobody", encounter={"reference": "elsewhere"}), "Immunization.encounter.reference"),
        (consent("nobody", status=1), "Consent.status"),
        (consent("nobody") | {"category": [None]}, "Consent.category[0]"),
        (answers("nobody", authored="yesterday"), "QuestionnaireResponse.authored"),
        (encounter("nobody", identifier=[{"system": RECORD}]), "Encounter.identifier[0].value"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_field(station, resource, field):
    body = json.dumps(resource)
    address = f"{resource['resourceType']}/{resource['id']}"
    refused = station.put(address, data=body, headers={"Content-Type": "application/fhir+json"})
    assert refused.status_code == 422, refused.text
    outcome = refused.json()
    get_fhir_model_class("OperationOutcome").model_validate(outcome)
    assert any(field in issue["expression"][0] for issue in outcome["issue"]), outcome
    assert station.get(address).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'{"resourceType":"Patient","resourceType":"Patient"}',
        b'{"resourceType":"Patient","id":"a","multipleBirthInteger":NaN}',
        b'{"resourceType":"Patient","id":"a","multipleBirthInteger":1e999}',
        b'{"resourceType":"Patient","id":"a","multipleBirthInteger":' + b"9" * 5000 + b"}",
        b'\xff\xfe{"resourceType":"Patient"}',
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'{"resourceType":"Consent","id":"a"}',
        b'{"resourceType":"Patient","id":"b","name":[{"text":"A"}]}',
    ],
)
def test_what_cannot_be_read_is_a_400(station, body):
    answer = station.put("Patient/a", data=body, headers={"Content-Type": "application/fhir+json"})
    assert answer.status_code == 400, answer.text
    get_fhir_model_class("OperationOutcome").model_validate(answer.json())


def test_deep_but_readable_json_is_refused_by_its_form(station):
    inner: object = "x"
    for _ in range(100):
        inner = {"extension": [{"a": inner}]}
    assert put(station, patient("deep", extension=[inner])).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "Device/1", 404),
        ("PUT", "Device/1", 404),
        ("GET", "Device", 404),
        ("PATCH", "Patient/1", 405),
        ("GET", "Patient/none", 404),
        ("GET", "Patient/1/everything/more", 404),
        ("PUT", "Patient/1?identifier=a|b", 400),
    ],
)
def test_what_is_not_done_here_says_so(station, method, path, status):
    answer = station.request(method, path, json={"resourceType": "Device", "id": "1"} if method == "PUT" else None)
    assert answer.status_code == status
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_other_forms_are_refused(station):
    person = patient()
    address = f"Patient/{person['id']}"
    assert station.put(address, data="<Patient/>", headers={"Content-Type": "application/fhir+xml"}).status_code == 415
    assert station.get("metadata", headers={"Accept": "application/fhir+xml"}).status_code == 406
    coded = {"Content-Encoding": "br", "Content-Type": "application/fhir+json"}
    assert station.put(address, data=b"x", headers=coded).status_code == 415


def test_vietnamese_and_numbers_come_back_to_the_letter(station):
    person = patient(name="Đặng Thị Ngọc Ánh – ‘Hằng’ 𠀀")
    dose = immunization(person["id"], doseQuantity={"value": 0.25, "unit": "mL"})
    for record in (person, dose):
        put(station, record)
    raw = station.get(f"Patient/{person['id']}").content.decode()
    assert "Đặng Thị Ngọc Ánh – ‘Hằng’ 𠀀" in raw
    assert station.get(f"Immunization/{dose['id']}").json()["doseQuantity"]["value"] == 0.25
    assert station.get(f"Patient?identifier={NATIONAL_ID}|014090123456&_id={person['id']}").json()["entry"]


def test_contained_and_absolute_references_are_left_alone(station):
    person = patient()
    put(station, person)
    dose = immunization(
        person["id"],
        location={"reference": "#place"},
        contained=[{"resourceType": "Location", "id": "place", "name": "Nhà văn hoá bản Nà Khi"}],
        performer=[{"actor": {"reference": "https://example.org/fhir/Practitioner/1"}}],
    )
    assert put(station, dose).status_code == 201
    missing = immunization(person["id"], performer=[{"actor": {"reference": f"Practitioner/{new_id()}"}}])
    refused = put(station, missing)
    assert refused.status_code == 422
    assert refused.json()["issue"][0]["code"] == "not-found"
