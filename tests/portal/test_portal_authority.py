"""The district's side: request file in, answer file out, lists, renewal and revocation through the portal."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import stat
from datetime import UTC, datetime, timedelta

import pytest
import requests
from fhir.resources.R4B import get_fhir_model_class
from support.fhir_samples import immunization, new_id, patient

from vaxdesk import cli
from vaxdesk.certificates import enrolment, hc1, lists
from vaxdesk.certificates.keys import StationKey, StationSigner
from vaxdesk.certificates.trust import Trust
from vaxdesk.certificates.verify import verify_text
from vaxdesk.clock import local_date
from vaxdesk.portal import __main__ as portal_main

NOW = datetime.now(UTC).replace(microsecond=0)


def request_of(key, station_id, code="14090", practice=False):
    return key.request(
        station_id=station_id,
        code=code,
        name="Trạm Y tế xã Mường Lạn",
        province_code="14",
        commune_code="04246",
        desk="01",
        practice=practice,
        created_at=NOW,
    )


def act(district, *arguments):
    """An administrator's act, in this process beside the running portal."""
    places = ["--json", "--database", district.database, "--authority", str(district.authority)]
    with contextlib.redirect_stdout(io.StringIO()) as told:
        assert portal_main.main([*places, *arguments]) == 0
    return json.loads(told.getvalue())


class Desk:
    """A station that was enrolled by files."""

    def __init__(self, district, folder, code="14090"):
        self.key, self.id, self.district = StationKey.generate(), new_id(), district
        request, out = folder / f"{self.id}-request.json", folder / f"{self.id}-answer.json"
        request.write_text(json.dumps(request_of(self.key, self.id, code)), encoding="utf-8")
        self.told = act(district, "station", "answer", str(request), "--out", str(out), "--url", district.url)
        self.answer_file = out
        document = json.loads(out.read_text(encoding="utf-8"))
        self.answer = enrolment.read_answer(document, self.key.public_der)
        self.signer = StationSigner(self.key, self.answer.certificate)
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {self.answer.sync.token}"

    def paper(self, uvci, signer=None):
        certificate = {
            "ver": "1.3.0",
            "nam": {"fn": "Nguyễn", "fnt": "NGUYEN", "gn": "Văn Anh", "gnt": "VAN<ANH"},
            "dob": "1990-01-01",
            "v": [
                {
                    "tg": "840539006",
                    "vp": "1119349007",
                    "mp": "EU/1/20/1528",
                    "ma": "ORG-100030215",
                    "dn": 2,
                    "sd": 2,
                    "dt": "2021-11-20",
                    "co": "VN",
                    "is": "Trạm Y tế xã Mường Lạn",
                    "ci": uvci,
                }
            ],
        }
        return hc1.encode(certificate, signer or self.signer, NOW - timedelta(hours=1), NOW + timedelta(days=90))

    def document(self, text, person, status="current"):
        data = base64.b64encode(text.encode()).decode()
        return {
            "resourceType": "DocumentReference",
            "id": new_id(),
            "status": status,
            "type": {"text": "vaccination-certificate"},
            "subject": {"reference": f"Patient/{person}"},
            "content": [{"attachment": {"contentType": "text/plain", "data": data}}],
        }

    def put(self, resource):
        address = f"{self.district.fhir}/{resource['resourceType']}/{resource['id']}"
        return self.session.put(address, json=resource, timeout=10)


@pytest.fixture(scope="module")
def desk(district, tmp_path_factory):
    made = Desk(district, tmp_path_factory.mktemp("usb"))
    yield made
    made.session.close()


def trust_of(district, root):
    found = [requests.get(f"{district.url}/lists/{kind}", timeout=10).content for kind in ("trust", "revocation")]
    trust_list, revocation_list = (lists.open_list(data, root) for data in found)
    return Trust(trust_list=trust_list, revocation_list=revocation_list)


def verdict(district, root, text):
    return verify_text(text, trust_of(district, root), datetime.now(UTC)).verdict.value


def test_the_answer_file_enrols_for_codes_and_for_sync(district, desk):
    assert desk.answer.sync.portal_url == district.url
    assert desk.answer.sync.station_id == desk.id == desk.told["station_id"]
    assert desk.told["authority"] == desk.answer.root_fingerprint
    if os.name == "posix":
        assert stat.S_IMODE(desk.answer_file.stat().st_mode) == 0o600
    person = patient(managingOrganization={"reference": f"Organization/{desk.id}"})
    assert desk.put(person).status_code == 201
    shown = desk.session.get(f"{district.fhir}/Organization/{desk.id}", timeout=10).json()
    assert shown["identifier"][0]["value"] == "14090"
    assert verdict(district, desk.answer.root, desk.paper("URN:UVCI:01:VN:A1#X")) == "valid"


def test_lists_are_signed_cached_and_do_not_need_a_token(district, desk):
    for kind in ("trust", "revocation"):
        first = requests.get(f"{district.url}/lists/{kind}", timeout=10)
        assert first.status_code == 200
        lists.open_list(first.content, desk.answer.root)
        again = requests.get(
            f"{district.url}/lists/{kind}", headers={"If-None-Match": first.headers["ETag"]}, timeout=10
        )
        assert (again.status_code, again.content) == (304, b"")
    assert requests.get(f"{district.url}/lists/other", timeout=10).status_code == 404


def test_a_withdrawn_and_a_replaced_paper_come_onto_the_list(district, desk):
    person = patient()
    desk.put(person)
    withdrawn, replaced, kept = (desk.paper(f"URN:UVCI:01:VN:B{number}#X") for number in range(3))
    for text, status in ((withdrawn, "entered-in-error"), (replaced, "superseded"), (kept, "current")):
        document = desk.document(text, person["id"])
        assert desk.put(document).status_code == 201
        if status != "current":
            assert desk.put(document | {"status": status}).status_code == 200
    verdicts = [verdict(district, desk.answer.root, text) for text in (withdrawn, replaced, kept)]
    assert verdicts == ["revoked", "replaced", "valid"]
    shown = act(district, "authority", "show")
    assert (shown["stations"], shown["revoked_codes"]) == (1, 2)


def test_the_list_names_the_day_of_the_station_and_not_that_of_the_exchange(district, desk):
    person = patient()
    desk.put(person)
    today = local_date(datetime.now(UTC))
    for number, (said, expected) in enumerate(
        ((today - timedelta(days=20), today - timedelta(days=20)), (today + timedelta(days=9), today), (None, today))
    ):
        text = desk.paper(f"URN:UVCI:01:VN:G{number}#X")
        document = desk.document(text, person["id"], "superseded")
        if said is not None:
            document["extension"] = [{"url": "urn:vaxdesk:no-longer-since", "valueDate": said.isoformat()}]
        assert desk.put(document).status_code == 201
        found = verify_text(text, trust_of(district, desk.answer.root), datetime.now(UTC))
        assert found.verdict.value == "replaced"
        assert f"{expected:%d/%m/%Y}" in found.words("vi")


def test_the_authority_sets_the_life_of_codes_and_it_travels_with_the_trust_list(tmp_path):
    database = f"sqlite:///{tmp_path / 'portal.db'}"
    places = ["--json", "--database", database, "--authority", str(tmp_path / "keys")]

    def run(*arguments):
        with contextlib.redirect_stdout(io.StringIO()) as told:
            code = portal_main.main([*places, *arguments])
        return code, json.loads(told.getvalue() or "null")

    assert run("authority", "create", "--name", "Sở Y tế", "--code-life", "0")[0] == 2
    assert run("authority", "create", "--name", "Sở Y tế", "--code-life", "90", "--station-days", "200")[0] == 0
    assert run("authority", "show")[1]["code_life_days"] == 90
    first = run("authority", "life", "30")[1]
    assert first["code_life_days"] == 30
    assert run("authority", "life", "400")[0] == 2
    run("authority", "list", "trust", "--out", str(tmp_path / "trust.cbor"))
    opened = lists.open_list((tmp_path / "trust.cbor").read_bytes())
    assert (opened.code_life_days, opened.head.number) == (30, first["trust_list"])


def test_a_station_cannot_revoke_another_stations_code(district, desk, tmp_path):
    other = Desk(district, tmp_path, code="14091")
    person = patient()
    other.put(person)
    mine = desk.paper("URN:UVCI:01:VN:C1#X")
    assert other.put(other.document(mine, person["id"], "entered-in-error")).status_code == 201
    forged = other.document("HC1:NONSENSE", person["id"], "entered-in-error")
    assert other.put(forged).status_code == 201
    assert verdict(district, desk.answer.root, mine) == "valid"
    other.session.close()


def test_a_second_station_under_one_code_is_told_of_and_cannot_revoke_the_firsts_codes(district, tmp_path):
    first = Desk(district, tmp_path, code="14095")
    assert "warning" not in first.told
    second = Desk(district, tmp_path, code="14095")
    assert "Trạm Y tế xã Mường Lạn" in second.told["warning"]
    person = patient()
    second.put(person)
    mine = first.paper("URN:UVCI:01:VN:H1#X")
    assert second.put(second.document(mine, person["id"], "entered-in-error")).status_code == 201
    assert verdict(district, first.answer.root, mine) == "valid"
    first.session.close()
    second.session.close()


def test_no_station_takes_the_ministrys_code(district, tmp_path):
    request, out = tmp_path / "request.json", tmp_path / "answer.json"
    request.write_text(json.dumps(request_of(StationKey.generate(), new_id(), "qg")), encoding="utf-8")
    places = ["--database", district.database, "--authority", str(district.authority)]
    assert portal_main.main([*places, "station", "answer", str(request), "--out", str(out)]) == 2
    assert not out.exists()


def test_a_key_is_renewed_by_sync_for_the_own_station_only(district, desk):
    new_key = StationKey.generate()
    address = f"{district.url}/enrol/request"
    answer = desk.session.post(address, json=request_of(new_key, desk.id), timeout=10)
    read = enrolment.read_answer(answer.json(), new_key.public_der, desk.answer.root)
    assert read.sync.token == ""
    text = desk.paper("URN:UVCI:01:VN:D1#X", StationSigner(new_key, read.certificate))
    assert verdict(district, desk.answer.root, text) == "valid"
    assert verdict(district, desk.answer.root, desk.paper("URN:UVCI:01:VN:D2#X")) == "valid"
    refused = desk.session.post(address, json=request_of(new_key, new_id()), timeout=10)
    assert refused.status_code == 422
    broken = request_of(new_key, desk.id) | {"name": "x"}
    assert desk.session.post(address, json=broken, timeout=10).status_code == 422
    assert requests.post(address, json=broken, timeout=10).status_code == 401


def test_an_administrators_acts_reach_the_running_portal(district, desk, tmp_path):
    text = desk.paper("URN:UVCI:01:VN:E1#X")
    district.admin("authority", "revoke", "URN:UVCI:01:VN:E1#X")
    assert verdict(district, desk.answer.root, text) == "revoked"
    done = act(district, "authority", "list", "revocation", "--out", str(tmp_path / "revocation.cose"))
    opened = lists.open_list((tmp_path / "revocation.cose").read_bytes(), desk.answer.root)
    assert done["number"] == opened.head.number
    gone = Desk(district, tmp_path, code="14092")
    text = gone.paper("URN:UVCI:01:VN:F1#X")
    assert verdict(district, desk.answer.root, text) == "valid"
    revoked = act(district, "station", "revoke", "14092", "--certificate")
    assert (revoked["revoked_tokens"], revoked["revoked_certificates"]) == (1, 1)
    assert verdict(district, desk.answer.root, text) == "unknown_signer"
    assert gone.session.get(f"{district.fhir}/Patient", timeout=10).status_code == 401
    gone.session.close()


def test_mistakes_of_the_administrator_are_worded(tmp_path, capsys):
    database = ["--database", f"sqlite:///{tmp_path / 'portal.db'}"]
    keys = ["--authority", str(tmp_path / "keys")]
    request, out = tmp_path / "request.json", str(tmp_path / "answer.json")
    request.write_text(json.dumps(request_of(StationKey.generate(), new_id(), practice=True)), encoding="utf-8")

    def run(*arguments):
        return portal_main.main([*database, *arguments])

    assert run("station", "answer", str(request), "--out", out) == 2
    assert run("station", "answer", str(request), "--out", out, *keys) == 1
    assert run("authority", "create", "--name", "Sở Y tế", *keys) == 0
    assert run("authority", "create", "--name", "Sở Y tế", *keys) == 1
    assert run("station", "answer", str(request), "--out", out, *keys) == 1, "a practice request at a real authority"
    assert run("station", "answer", str(tmp_path / "none.json"), "--out", out, *keys) == 2
    assert run("--practice", *keys) == 1
    assert run("station", "token", "14090") == 2
    assert not (tmp_path / "answer.json").exists()
    assert "Sở Y tế" in capsys.readouterr().out


def test_an_authority_under_a_passphrase(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("bốn từ được sinh ra\n", encoding="utf-8")
    common = ["--database", f"sqlite:///{tmp_path / 'portal.db'}", "--authority", str(tmp_path / "keys"), "--json"]
    given = ["--secret-file", str(secret)]
    assert portal_main.main([*common, *given, "authority", "create", "--name", "Sở Y tế"]) == 0
    assert portal_main.main([*common, "authority", "show"]) == 1
    assert portal_main.main([*common, "authority", "show", *given]) == 0


class Vaccinated:
    """A person of the desk with doses, a paper, and what the portal sends back."""

    def __init__(self, desk, **more):
        self.desk = desk
        self.person = patient(cccd="014090123456", **more)
        desk.put(self.person)
        self.doses = []

    def dose(self, day, status="completed", **more):
        product = {"system": "urn:vaxdesk:product", "code": "covid19.astrazeneca"}
        given = immunization(self.person["id"], occurrenceDateTime=f"{day}T08:00:00+07:00", **more)
        self.doses.append(given | {"vaccineCode": {"coding": [product]}, "status": status})
        assert self.desk.put(self.doses[-1]).ok

    def paper(self, number):
        text = self.desk.paper(f"URN:UVCI:01:VN:{number}#X")
        assert self.desk.put(self.desk.document(text, self.person["id"])).ok

    def national(self, status="current"):
        address = f"{self.desk.district.fhir}/DocumentReference?patient={self.person['id']}&status={status}"
        found = self.desk.session.get(address, timeout=10).json()
        documents = [entry["resource"] for entry in found.get("entry", [])]
        return [one for one in documents if one.get("category") == [{"text": "national"}]]


def code_of(document):
    get_fhir_model_class("DocumentReference").model_validate(document)
    return base64.b64decode(document["content"][0]["attachment"]["data"]).decode()


def test_a_complete_course_gets_a_national_code_that_everybody_can_check(district, desk):
    known = Vaccinated(desk)
    known.dose("2021-08-01")
    known.paper("N1")
    assert known.national() == []
    known.dose("2021-11-01")
    (document,) = known.national()
    text = code_of(document)
    found = verify_text(text, trust_of(district, desk.answer.root), datetime.now(UTC))
    assert (found.verdict.value, found.signer) == ("valid", "national")
    assert (found.payload["dob"], found.payload["v"][0]["dn"], found.payload["v"][0]["sd"]) == ("1990-01-01", 2, 2)
    # The list that the station took home at enrolment knows the national key already.
    at_home = Trust(trust_list=lists.open_list(desk.answer.trust_list, desk.answer.root))
    assert verify_text(text, at_home, datetime.now(UTC)).signer == "national"
    assert known.national() == [document], "asking again makes no second one"
    address = f"{district.fhir}/DocumentReference/{document['id']}"
    assert desk.session.put(address, json=document | {"status": "superseded"}, timeout=10).status_code == 403


def test_a_further_dose_replaces_the_national_code_and_a_withdrawn_one_revokes_it(district, desk):
    known = Vaccinated(desk)
    for day in ("2021-05-01", "2021-08-01"):
        known.dose(day)
    known.paper("N2")
    (first,) = known.national()
    known.dose("2022-03-01")
    (second,) = known.national()
    assert [one["id"] for one in known.national("superseded")] == [first["id"]]
    verdicts = [verdict(district, desk.answer.root, code_of(one)) for one in (first, second)]
    assert verdicts == ["replaced", "valid"]
    for dose in known.doses[1:]:
        desk.put(dose | {"status": "entered-in-error"})
    assert known.national() == []
    assert verdict(district, desk.answer.root, code_of(second)) == "revoked"


@pytest.mark.parametrize(
    ("person", "dose"),
    [
        ({"birthDate": "1990"}, {}),
        ({"birthDate": "1991-01-01"}, {}),
        ({"gender": "female"}, {}),
        ({"identifier": [{"system": "urn:x", "value": "1"}]}, {}),
        ({}, {"primarySource": False, "reportOrigin": {"text": "spoken"}}),
    ],
)
def test_a_doubtful_identity_or_dose_gets_no_national_code(desk, person, dose):
    known = Vaccinated(desk, **person)
    known.dose("2021-08-01", **dose)
    known.dose("2021-11-01")
    known.paper("N3")
    assert known.national() == []


def test_a_forged_national_document_revokes_nothing(district, desk):
    known = Vaccinated(desk)
    for day in ("2021-05-01", "2021-08-01"):
        known.dose(day)
    known.paper("N4")
    (document,) = known.national()
    other = Vaccinated(desk)
    forged = {**document, "id": new_id(), "subject": {"reference": f"Patient/{other.person['id']}"}}
    forged.pop("meta")
    assert desk.put(forged).ok
    assert other.national() != []
    assert desk.put(forged | {"status": "entered-in-error"}).ok
    assert verdict(district, desk.answer.root, code_of(document)) == "valid"


def test_the_command_line_leads_here_with_its_own_options(tmp_path, capsys):
    add = ["portal", "station", "add", "14090", "--name", "Trạm Y tế xã Mường Lạn"]
    assert cli.main(["--data-dir", str(tmp_path), *add]) == 0
    assert (tmp_path / "portal.db").exists(), "by default the database lies in the data folder"
    assert cli.main(["portal", "station", "code", "14090", "--data-dir", str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert len(told["code"]) == 14
    assert cli.main(["portal", "station", "code", "unknown", "--data-dir", str(tmp_path), "--json"]) == 2
    assert "unknown" in json.loads(capsys.readouterr().out)["error"]
