"""The public pages over HTTP: what they take, what they refuse, what comes to the station, what strangers learn."""

from __future__ import annotations

import re

import jinja2
import numpy as np
import pytest
import requests
import zxingcpp
from fhir.resources.R4B import get_fhir_model_class
from PIL import Image
from support.citizen import Citizen
from support.fhir_samples import immunization

from vaxdesk import i18n
from vaxdesk.domain import personal_code
from vaxdesk.portal.public.web import HERE

SELF = {
    "who": "self",
    "full_name": "Lò Thị Hoa",
    "birth": "7/9/1972",
    "sex": "female",
    "phone": "0912 345 678",
    "national_id": "014172005678",
    "village": "Bản Nà Khi",
    "group": "15",
    "wanted": "",
    "part": "morning",
    "history": "Dị ứng penicillin",
}


def register(citizen, station, **changed):
    citizen.open(f"/dang-ky/{station.code}")
    citizen.fill(f"/dang-ky/{station.code}", SELF | changed, step="consent")
    return citizen.fill(f"/dang-ky/{station.code}", {}, step="register", answer="agree")


def look_up(citizen, code, birth):
    citizen.open("/tra-cuu")
    return citizen.fill("/tra-cuu", {"code": code, "birth": birth})


def test_every_page_stands_alone_and_is_guarded(citizen, station):
    for path in ("/", "/dang-ky", f"/dang-ky/{station.code}", f"/danh-sach/{station.code}", "/tra-cuu", "/nowhere"):
        citizen.open(path)
        headers = citizen.answer.headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cache-Control"] == "no-store"
        assert '<html lang="vi">' in citizen.page
        assert not re.search(r"(src|href|action)=\"(https?:)?//", citizen.page), "nothing from elsewhere"
        assert not re.search(r"<script|style=\"|\son\w+=", citizen.page)
    assert citizen.open("/portal.css").answer.headers["Content-Type"].startswith("text/css")
    assert citizen.open("/nowhere").status == 404


def test_a_registration_reaches_the_station_with_consent(citizen, station):
    register(citizen, station)
    (code,) = citizen.codes
    assert personal_code.parse(code) == code
    assert citizen.status == 200
    appointment = station.get("Appointment").json()["entry"][0]["resource"]
    person = station.get("Patient").json()["entry"][0]["resource"]
    consent = station.get("Consent").json()["entry"][0]["resource"]
    for resource in (appointment, person, consent):
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    assert {item["value"] for item in appointment["identifier"]} == {code}
    assert (appointment["status"], appointment["comment"]) == ("proposed", "Dị ứng penicillin")
    assert person["name"][0]["text"] == "Lò Thị Hoa"
    assert (person["birthDate"], person["gender"]) == ("1972-09-07", "female")
    assert person["telecom"] == [{"system": "phone", "value": "0912345678"}]
    assert person["managingOrganization"]["reference"] == f"Organization/{station.code}"
    assert person["meta"]["tag"][0]["code"] == "15"
    assert person["address"][0]["line"] == ["Bản Nà Khi"]
    assert (consent["status"], consent["patient"]["reference"]) == ("active", f"Patient/{person['id']}")


def test_the_slip_shows_the_code_as_a_symbol_that_holds_only_the_code(citizen, station):
    register(citizen, station)
    side = int(re.search(r'viewBox="0 0 (\d+) \1" shape', citizen.page)[1])
    picture = np.full((side * 8, side * 8), 255, np.uint8)
    for column, row, length in re.findall(r"M(\d+) (\d+)h(\d+)v1", citizen.page):
        top, left = int(row) * 8, int(column) * 8
        picture[top : top + 8, left : left + int(length) * 8] = 0
    (found,) = zxingcpp.read_barcodes(Image.fromarray(picture))
    assert found.text == citizen.codes[0].replace("-", "")
    assert not found.text.startswith("HC1")


def test_a_form_sent_twice_registers_once(citizen, station):
    citizen.open(f"/dang-ky/{station.code}")
    citizen.fill(f"/dang-ky/{station.code}", SELF, step="consent")
    fields = citizen.hidden
    pages = [citizen.fill(f"/dang-ky/{station.code}", fields, step="register", answer="agree").codes for _ in range(2)]
    assert pages[0] == pages[1]
    assert len(station.get("Appointment").json()["entry"]) == 1
    register(citizen, station)
    assert len(station.get("Appointment").json()["entry"]) == 2


def test_who_does_not_agree_leaves_nothing(citizen, station):
    citizen.open(f"/dang-ky/{station.code}")
    citizen.fill(f"/dang-ky/{station.code}", SELF, step="consent")
    statements = ("phòng chống dịch hiệu quả", "tai biến nặng sau tiêm chủng", "trong vòng 14 ngày qua chưa tiêm phòng")
    assert all(words in citizen.page for words in statements)
    fields = citizen.hidden
    assert citizen.fill(f"/dang-ky/{station.code}", fields, step="register").status == 422
    assert not citizen.codes
    citizen.fill(f"/dang-ky/{station.code}", fields, step="register", answer="refuse")
    assert "Không" in citizen.page or "không" in citizen.page
    assert not citizen.codes
    for kind in ("Appointment", "Patient", "Consent"):
        assert "entry" not in station.get(kind).json()


def test_the_14_day_declaration_travels_when_it_is_ticked(citizen, station):
    citizen.open(f"/dang-ky/{station.code}")
    citizen.fill(f"/dang-ky/{station.code}", SELF, step="consent")
    tick = {"declare_no-vaccine-14-days": "1"}
    citizen.fill(f"/dang-ky/{station.code}", tick, step="register", answer="agree")
    consent = station.get("Consent").json()["entry"][0]["resource"]
    assert consent["extension"] == [{"url": "urn:vaxdesk:declaration", "valueCode": "no-vaccine-14-days"}]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"full_name": ""}, "họ và tên"),
        ({"birth": ""}, "ngày sinh"),
        ({"birth": "1/2/72"}, "bốn chữ số"),
        ({"birth": "31/02/1972"}, "31"),
        ({"birth": "1/1/2190"}, "2190"),
        ({"sex": ""}, "Nam hoặc Nữ"),
        ({"phone": ""}, "số điện thoại"),
        ({"national_id": "123"}, "12"),
        ({"birth": "1/1/2015"}, "người đăng ký"),
        ({"who": "family"}, "người đăng ký"),
        ({"wanted": "1/1/2000"}, "sáu tháng"),
        ({"history": "x" * 501}, "500"),
        ({"village": "x" * 301}, "300"),
    ],
)
def test_a_wrong_line_is_marked_and_the_rest_is_kept(citizen, station, changed, words):
    citizen.open(f"/dang-ky/{station.code}")
    citizen.fill(f"/dang-ky/{station.code}", SELF | changed, step="consent")
    assert citizen.status == 422
    assert any(words in line for line in re.findall(r'class="wrong"[^>]*>([^<]+)<', citizen.page))
    if "full_name" not in changed:
        assert 'value="Lò Thị Hoa"' in citizen.page
    forced = citizen.fill(f"/dang-ky/{station.code}", SELF | changed, step="register", answer="agree")
    assert not forced.codes, "the last step checks again"


def test_what_is_only_doubtful_is_asked_once(citizen, station):
    doubtful = SELF | {"national_id": "014072005678"}  # says male
    citizen.open(f"/dang-ky/{station.code}")
    citizen.fill(f"/dang-ky/{station.code}", doubtful, step="consent")
    assert citizen.status == 422
    assert 'class="doubt"' in citizen.page
    citizen.fill(f"/dang-ky/{station.code}", doubtful, step="consent")
    assert "answer" in citizen.page
    citizen.fill(f"/dang-ky/{station.code}", {}, step="register", answer="agree")
    assert len(citizen.codes) == 1


def test_a_child_is_registered_by_a_parent(citizen, station):
    parent = {"guardian_name": "Lò Văn Sơn", "guardian_relation": "father", "guardian_phone": "0987654321"}
    register(citizen, station, who="family", birth="5/6/2015", national_id="", phone="", **parent)
    assert len(citizen.codes) == 1
    person = station.get("Patient").json()["entry"][0]["resource"]
    assert person["contact"][0]["name"]["text"] == "Lò Văn Sơn"
    assert person["contact"][0]["telecom"][0]["value"] == "0987654321"
    consent = station.get("Consent").json()["entry"][0]["resource"]
    assert consent["verification"][0]["verifiedWith"] == {"display": "Lò Văn Sơn"}
    assert consent["policyRule"]["text"].startswith("child-")


def test_forged_forms_are_refused(citizen, station, portal_process):
    path = f"{portal_process.url}/dang-ky/{station.code}"
    citizen.open(f"/dang-ky/{station.code}")
    fields = SELF | citizen.hidden | {"step": "register", "answer": "agree"}
    other = Citizen(portal_process)
    other.open("/tra-cuu")
    forged = [
        requests.post(path, data=fields, timeout=10),
        other.post(path, data=fields, timeout=10),
        citizen.post(path, data=fields | {"form_number": "another"}, timeout=10),
        citizen.post(path, data={**SELF, "step": "register"}, timeout=10),
        citizen.post(path, data=fields, headers={"Origin": "https://evil.example"}, timeout=10),
        citizen.post(path, data=fields, headers={"Origin": "null"}, timeout=10),
    ]
    assert [answer.status_code for answer in forged] == [403] * 6
    assert "entry" not in station.get("Patient").json()
    cookie = next(iter(citizen.cookies))
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite") == "strict"
    other.close()


def test_markup_in_what_was_typed_stays_text(citizen, station):
    citizen.open(f"/dang-ky/{station.code}")
    citizen.fill(f"/dang-ky/{station.code}", SELF | {"full_name": "Lò <b>Thị</b> Hoa", "birth": ""}, step="consent")
    assert "<b>Thị" not in citizen.answer.text
    assert "&lt;b&gt;" in citizen.answer.text


def test_a_look_up_shows_initials_doses_and_the_next_step_only(citizen, station):
    register(citizen, station)
    (code,) = citizen.codes
    look_up(citizen, code.lower().replace("-", " "), "07/09/1972")
    assert "L.T.H." in citizen.page
    assert "Chưa tiêm mũi hợp lệ nào" in citizen.page
    person = station.get("Patient").json()["entry"][0]["resource"]["id"]
    product = {"coding": [{"system": "urn:vaxdesk:product", "code": "covid19.astrazeneca"}]}
    dose = immunization(person, vaccineCode=product, location={"display": "Trạm Y tế xã Mường Lạn"})
    assert station.put(f"Immunization/{dose['id']}", json=dose).status_code == 201
    look_up(citizen, code, "07/09/1972")
    assert "Đã tiêm 1 mũi" in citizen.page
    assert "20/11/2021" in citizen.page
    assert "mũi tiếp theo" in citizen.page
    for private in ("Lò Thị", "Hoa", "0912345678", "014172005678", "Nà Khi", person):
        assert private not in citizen.page
    station.put(f"Immunization/{dose['id']}", json=dose | {"status": "entered-in-error"})
    assert "Chưa tiêm mũi hợp lệ nào" in look_up(citizen, code, "1972-09-07").page


def test_a_booked_hour_and_a_joined_person_are_followed(citizen, station):
    register(citizen, station)
    (code,) = citizen.codes
    appointment = station.get("Appointment").json()["entry"][0]["resource"]
    booked = appointment | {
        "status": "booked",
        "start": "2099-01-05T08:30:00+07:00",
        "end": "2099-01-05T09:00:00+07:00",
    }
    assert station.put(f"Appointment/{appointment['id']}", json=booked).status_code == 200
    assert "08:30 ngày 05/01/2099" in look_up(citizen, code, "7/9/1972").page
    person = station.get("Patient").json()["entry"][0]["resource"]
    kept = {**person, "id": "kept-one", "name": [{"text": "Lò Thị Hoà"}]}
    kept.pop("meta")
    assert station.put("Patient/kept-one", json=kept).status_code == 201
    link = [{"other": {"reference": "Patient/kept-one"}, "type": "replaced-by"}]
    assert station.put(f"Patient/{person['id']}", json=person | {"link": link, "active": False}).status_code == 200
    dose = immunization("kept-one", vaccineCode={"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "210"}]})
    station.put(f"Immunization/{dose['id']}", json=dose)
    assert "Đã tiêm 1 mũi" in look_up(citizen, code, "7/9/1972").page


def test_wrong_and_unknown_are_answered_alike(citizen, station):
    register(citizen, station)
    (code,) = citizen.codes
    texts = set()
    for tried, birth in (
        (code, "8/9/1972"),
        (personal_code.new_code(), "7/9/1972"),
        (code, "1972"),
        ("nonsense", "1972"),
    ):
        look_up(citizen, tried, birth)
        assert citizen.status == 200
        texts.add(re.sub(r'value="[^"]*"', "", citizen.page))
    assert len(texts) == 1


def test_a_code_can_be_tried_a_few_times_only(citizen, station, portal_process):
    register(citizen, station)
    (code,) = citizen.codes
    assert "L.T.H." in look_up(citizen, code, "7/9/1972").page
    found = [look_up(Citizen(portal_process), code, f"{day}/1/1972").status for day in range(1, 8)]
    assert found == [200] * 5 + [429] * 2
    assert look_up(citizen, code, "7/9/1972").status == 429
    assert int(citizen.answer.headers["Retry-After"]) > 60


def test_stations_are_found_by_name_or_code(citizen, new_station):
    station = new_station()
    citizen.open(f"/dang-ky?tim={station.code}")
    assert f'href="/dang-ky/{station.code}"' in citizen.page
    citizen.open("/danh-sach?tim=Mường Lạn")
    assert 'href="/danh-sach/' in citizen.page
    citizen.open("/dang-ky?tim=không có trạm này")
    assert 'class="empty"' in citizen.page
    assert citizen.open("/dang-ky/unknown").status == 404
    station.portal.station(station.code)
    assert citizen.open(f"/dang-ky/{station.code}").status == 200


def test_every_sentence_of_the_templates_has_its_vietnamese():
    catalogue = i18n.catalogue("vi")
    environment = jinja2.Environment(autoescape=True)
    found = set()
    for path in sorted((HERE / "templates").glob("*.html")):
        for call in environment.parse(path.read_text(encoding="utf-8")).find_all(jinja2.nodes.Call):
            if isinstance(call.node, jinja2.nodes.Name) and call.node.name == "_":
                argument = call.args[0]
                if isinstance(argument, jinja2.nodes.Const):
                    found.add(argument.value)
                else:
                    assert isinstance(argument, jinja2.nodes.Name), f"{path.name}: put together at run time"
    assert len(found) > 120
    assert not found - set(catalogue)
