"""Transactions are whole or nothing, batches answer entry by entry."""

from __future__ import annotations

import json
import threading

import pytest
import requests
from fhir.resources.R4B import get_fhir_model_class
from support.fhir_samples import (
    RECORD,
    bundle,
    immunization,
    new_id,
    patient,
    post_entry,
    put_entry,
    visit,
)


def statuses(answer):
    return [entry["response"]["status"][:3] for entry in answer.json()["entry"]]


def test_a_visit_is_kept_whole_and_again_changes_nothing(station):
    records = visit()
    sent = bundle("transaction", *(put_entry(record) for record in records))
    first = station.post("", json=sent)
    again = station.post("", json=sent)
    assert (statuses(first), statuses(again)) == (["201"] * 5, ["200"] * 5)
    answer = first.json()
    get_fhir_model_class("Bundle").model_validate(answer)
    assert answer["type"] == "transaction-response"
    assert answer["entry"][4]["response"]["location"] == f"Immunization/{records[4]['id']}/_history/1"
    assert [entry["response"]["etag"] for entry in again.json()["entry"]] == ['W/"1"'] * 5
    full = station.post("", json=sent, headers={"Prefer": "return=representation"}).json()
    assert [entry["resource"]["id"] for entry in full["entry"]] == [record["id"] for record in records]


def test_order_in_a_transaction_does_not_matter_but_answers_keep_it(station):
    records = visit()
    sent = bundle("transaction", *(put_entry(record) for record in reversed(records)))
    answer = station.post("", json=sent)
    assert statuses(answer) == ["201"] * 5
    locations = [entry["response"]["location"].split("/")[1] for entry in answer.json()["entry"]]
    assert locations == [record["id"] for record in reversed(records)]


def test_one_bad_entry_undoes_the_transaction_and_is_named(station):
    records = visit()
    records[4].pop("vaccineCode")
    refused = station.post("", json=bundle("transaction", *(put_entry(record) for record in records)))
    assert refused.status_code == 422
    assert refused.json()["issue"][0]["expression"] == ["Bundle.entry[4].resource.vaccineCode"]
    for record in records:
        assert station.get(f"{record['resourceType']}/{record['id']}").status_code == 404


def test_a_stale_version_undoes_the_transaction(station):
    person = patient()
    station.put(f"Patient/{person['id']}", json=person)
    changed = person | {"birthDate": "1991-01-01"}
    dose = immunization(person["id"])
    sent = bundle("transaction", put_entry(changed, ifMatch='W/"7"'), put_entry(dose))
    assert station.post("", json=sent).status_code == 412
    assert station.get(f"Immunization/{dose['id']}").status_code == 404
    sent["entry"][0]["request"]["ifMatch"] = 'W/"1"'
    assert statuses(station.post("", json=sent)) == ["200", "201"]


def test_new_records_find_each_other_by_full_url(station):
    person = patient()
    name = f"urn:uuid:{person['id']}"
    dose = immunization("x", patient={"reference": name})
    conditions = [f"identifier={RECORD}|{record['id']}" for record in (person, dose)]
    sent = bundle(
        "transaction",
        post_entry(dose, conditions[1], f"urn:uuid:{dose['id']}"),
        post_entry(person, conditions[0], name),
    )
    first = station.post("", json=sent)
    again = station.post("", json=sent)
    assert (statuses(first), statuses(again)) == (["201", "201"], ["200", "200"])
    assert first.json()["entry"][0]["response"]["location"] == again.json()["entry"][0]["response"]["location"]
    new_person = first.json()["entry"][1]["response"]["location"].split("/")[1]
    found = station.get(f"Immunization?patient={new_person}").json()["entry"]
    assert found[0]["resource"]["patient"]["reference"] == f"Patient/{new_person}"
    lost = bundle("transaction", post_entry(immunization("x", patient={"reference": f"urn:uuid:{new_id()}"})))
    assert station.post("", json=lost).status_code == 422


def test_a_batch_keeps_what_is_good_and_judges_each_entry(station):
    good, bad, other = patient(), patient(gender="x"), patient()
    orphan = immunization(bad["id"])
    answer = station.post(
        "",
        json=bundle(
            "batch",
            put_entry(good),
            put_entry(bad),
            put_entry(orphan),
            put_entry(other),
            {"request": {"method": "GET", "url": f"Patient/{good['id']}"}},
            {"request": {"method": "GET", "url": "Patient?_summary=count"}},
            {"request": {"method": "DELETE", "url": f"Patient/{good['id']}"}},
            {"resource": {"resourceType": "Device"}, "request": {"method": "POST", "url": "Device"}},
            {"resource": other},
            put_entry(other),
        ),
    )
    assert answer.status_code == 200
    assert statuses(answer) == ["201", "422", "422", "201", "200", "200", "405", "404", "400", "200"]
    get_fhir_model_class("Bundle").model_validate(answer.json())
    entries = answer.json()["entry"]
    assert entries[1]["response"]["outcome"]["issue"][0]["expression"] == ["Bundle.entry[1].resource.gender"]
    assert entries[4]["resource"]["id"] == good["id"]
    assert entries[5]["resource"]["total"] == 2
    assert station.get(f"Patient/{other['id']}").status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        {"resourceType": "Patient"},
        {"resourceType": "Bundle", "type": "collection"},
        {"resourceType": "Bundle", "type": "transaction", "entry": {}},
        {"resourceType": "Bundle", "type": "transaction", "entry": [1]},
        {"resourceType": "Bundle", "type": "transaction", "entry": [{"request": {"method": "PUT"}}]},
        bundle("transaction", {"request": {"method": "PUT", "url": "Patient/1"}}),
        bundle("transaction", {"request": {"method": "PUT", "url": "Patient"}, "resource": patient()}),
        bundle("transaction", put_entry(patient("twin")), put_entry(patient("twin"))),
        bundle("transaction", put_entry(patient("a"), ifMatch=1)),  # type: ignore[arg-type]
        bundle(
            "transaction", {"request": {"method": "PUT", "url": "http://other/Patient/a"}, "resource": patient("a")}
        ),
    ],
)
def test_a_bundle_that_cannot_be_meant_is_a_400(station, sent):
    answer = station.post("", json=sent)
    assert answer.status_code == 400, answer.text


def test_an_empty_bundle_is_answered(station):
    assert station.post("", json={"resourceType": "Bundle", "type": "batch"}).json()["type"] == "batch-response"


def test_the_same_visit_sent_by_eight_at_once_is_there_once(station, portal_process):
    records = visit()
    condition = f"identifier={RECORD}|{new_id()}"
    extra = patient() | {"identifier": [{"system": RECORD, "value": condition.rpartition("|")[2]}]}
    body = json.dumps(bundle("transaction", *(put_entry(record) for record in records), post_entry(extra, condition)))
    headers = dict(station.headers) | {"Content-Type": "application/fhir+json"}
    found: list[list[str]] = []

    def send() -> None:
        answer = requests.post(portal_process.fhir, data=body, headers=headers, timeout=30)
        found.append(statuses(answer))

    senders = [threading.Thread(target=send) for _ in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert sorted(found) == [["200"] * 6] * 7 + [["201"] * 6]
    count = station.get("Patient", params={"identifier": condition.partition("=")[2]}).json()
    assert len(count["entry"]) == 1
