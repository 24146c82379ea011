"""Papers, two stations and a real portal process: what was withdrawn, the Ministry's code, one verdict everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import cbor2
import pypdfium2
import pytest
import requests
from support.citizen import Citizen
from support.papers import (
    Room,
    content_of,
    document,
    exchange,
    held,
    issued,
    now,
    opened,
    paper,
    put,
    reprint,
    token,
    verdict,
    words,
)
from support.portal import PortalProcess, running_portal
from support.station import PRODUCT

from vaxdesk.certificates import base45, hc1
from vaxdesk.certificates.authority import Authority
from vaxdesk.certificates.keys import StationKey
from vaxdesk.clock import SystemClock, today
from vaxdesk.db.tables import AuditEntry
from vaxdesk.domain.dates import PartialDate, format_date
from vaxdesk.queries import certificates as certificate_queries
from vaxdesk.queries import outbox, sync_view
from vaxdesk.queries import people as people_queries
from vaxdesk.services import certificates, doses, people, signing, verifying
from vaxdesk.sync import views

TODAY = today(SystemClock())
FIRST, SECOND = TODAY - timedelta(days=300), TODAY - timedelta(days=200)


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalProcess]:
    folder = tmp_path_factory.mktemp("portal")
    Authority.create(folder / "keys", "Trung tâm Y tế khu vực Sốp Cộp")
    with running_portal(folder, "--rate", "5000", "--public-rate", "5000", authority=folder / "keys") as portal:
        yield portal


@pytest.fixture(scope="module")
def room(portal: PortalProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with opened(portal, tmp_path_factory.mktemp("stations")) as room:
        yield room


@pytest.fixture
def fresh_room(portal: PortalProcess, tmp_path: Path) -> Iterator[Room]:
    """Stations whose clocks were not put forward yet."""
    with opened(portal, tmp_path) as room:
        yield room


# one verdict everywhere


def test_the_portals_page_and_the_desk_say_the_same_of_every_code(fresh_room: Room) -> None:
    here, there = fresh_room.here, fresh_room.there
    person = here.vaccinated(FIRST, national_id="", full_name="Lò Văn Cùng")
    replaced = issued(here, person)
    known = PartialDate(SECOND.year, SECOND.month, SECOND.day)
    doses.record_earlier(here.ctx, doses.EarlierDose(person, PRODUCT, known, "paper"))
    valid = issued(here, person)
    wrong = here.vaccinated(FIRST, national_id="", full_name="Lò Văn Nhầm")
    revoked = issued(here, wrong)
    with here.database.reader() as conn:
        (dose,) = people_queries.doses(conn, wrong, "covid19")
    doses.withdraw(here.ctx, dose.record_id, "nhầm")
    exchange(here, there)
    signer = signing.signer(here.ctx)
    assert signer is not None
    content = content_of(valid.hc1)
    stranger = Authority.create(here.ctx.paths.data_dir / "stranger", "Cơ quan lạ").national_signer()
    hour, day = timedelta(hours=1), timedelta(days=1)
    texts = {
        "valid": valid.hc1,
        "replaced": replaced.hc1,
        "revoked": revoked.hc1,
        "expired": hc1.encode(content, signer, now() - 12 * hour, now() - 6 * hour),
        "not_yet_valid": hc1.encode(content, signer, now() + day, now() + 9 * day),
        "unknown_signer": hc1.encode(content, stranger, now() - hour, now() + day),
        "altered": valid.hc1[:-4] + ("0000" if not valid.hc1.endswith("0000") else "1111"),
        "not_a_certificate": "https://example.org/giay-chung-nhan",
    }
    citizen = Citizen(fresh_room.portal)
    for expected, text in texts.items():
        citizen.open("/kiem-tra")
        citizen.fill("/kiem-tra", {"code": text})
        (shown,) = re.findall(r'data-verdict="(\w+)"', citizen.page)
        assert (shown, verdict(there, text)) == (expected, expected)
        assert words(there, text) in citizen.page
    citizen.close()


# withdrawn


def test_a_withdrawn_dose_revokes_the_paper_here_at_once_and_at_every_station_after_the_exchange(room: Room) -> None:
    here, there = room.here, room.there
    person = here.vaccinated(FIRST, national_id="", full_name="Lò Văn Thu")
    first = issued(here, person)
    exchange(here, there)
    assert (verdict(here, first.hc1), verdict(there, first.hc1)) == ("valid", "valid")

    with here.database.reader() as conn:
        (dose,) = people_queries.doses(conn, person, "covid19")
    doses.withdraw(here.ctx, dose.record_id, "ghi nhầm người")
    assert verdict(here, first.hc1) == "revoked"
    assert first.number in words(here, first.hc1)
    assert verdict(there, first.hc1) == "valid", "the other station has not heard of it yet"
    assert reprint(here)[person] == "no_dose"

    exchange(here, there)
    for station in (here, there):
        assert verdict(station, first.hc1) == "revoked"
        assert format_date(TODAY) in words(station, first.hc1)
    held_documents = requests.get(
        f"{room.portal.fhir}/DocumentReference/{first.id}", headers=token(here), timeout=20
    ).json()
    assert held_documents["status"] == "entered-in-error"

    known = PartialDate(FIRST.year, FIRST.month, FIRST.day)
    doses.record_earlier(here.ctx, doses.EarlierDose(person, PRODUCT, known, "paper", "ABX2000"))
    assert reprint(here)[person] == "corrected"
    second = issued(here, person)
    assert person not in reprint(here)
    assert second.number != first.number
    exchange(here, there)
    assert [verdict(there, one.hc1) for one in (first, second)] == ["revoked", "valid"]


def test_a_corrected_name_revokes_the_paper_also_where_it_was_corrected_at_the_portal(room: Room) -> None:
    here, there = room.here, room.there
    person = here.vaccinated(FIRST, national_id="", full_name="Lò Văn Sai")
    first = issued(here, person)
    with here.database.reader() as conn:
        card = people_queries.card(conn, person)
    people.change(here.ctx, person, card.details.with_(full_name="Lò Văn Đúng"), card.version, "theo thẻ")
    assert verdict(here, first.hc1) == "revoked"
    assert reprint(here)[person] == "corrected"
    second = issued(here, person)
    exchange(here, there)
    assert [verdict(there, one.hc1) for one in (first, second)] == ["revoked", "valid"]

    patient = requests.get(f"{room.portal.fhir}/Patient/{person}", headers=token(here), timeout=20).json()
    patient["name"] = [{"use": "official", "text": "Lò Văn Đúng Hơn", "family": "Lò", "given": ["Văn", "Đúng", "Hơn"]}]
    put(room, patient)
    exchange(here)
    assert paper(here, second.id).revoked_reason == "Đã được sửa trên cổng."
    assert reprint(here)[person] == "corrected"
    exchange(here, there)
    assert verdict(there, second.hc1) == "revoked"


def test_a_newer_paper_replaces_and_is_never_called_a_revocation(room: Room) -> None:
    here, there = room.here, room.there
    person = here.vaccinated(FIRST, national_id="", full_name="Lò Thị Thay")
    first = issued(here, person)
    known = PartialDate(SECOND.year, SECOND.month, SECOND.day)
    doses.record_earlier(here.ctx, doses.EarlierDose(person, PRODUCT, known, "paper"))
    second = issued(here, person)
    assert second.content["replaces"] == first.number
    assert verdict(here, first.hc1) == "replaced"
    exchange(here, there)
    assert [verdict(there, one.hc1) for one in (first, second)] == ["replaced", "valid"]
    text = pypdfium2.PdfDocument(certificates.pdf(here.ctx, [first.id], "A5"))[0].get_textpage().get_text_bounded()
    assert second.number in text, "a print of the old paper names the one that follows it"


# the Ministry's code


def test_the_national_code_comes_down_is_printed_instead_and_replaces_the_provisional_one(room: Room) -> None:
    here, there = room.here, room.there
    person = here.vaccinated(FIRST, SECOND)
    own = issued(here, person)
    exchange(here, there)
    national = held(here, person)
    assert (national.kind, own.kind) == ("national", "station")
    assert paper(here, own.id).replaced_by == national.id
    assert national.kid == Authority.open(room.keys).national_signer().kid.hex()
    exchange(here, there)
    assert [verdict(there, row.hc1) for row in (own, national)] == ["replaced", "valid"]
    assert verdict(here, own.hc1) == "replaced"
    (found,) = verifying.check(here.ctx, national.hc1)
    assert (found.verdict, found.signer) == ("valid", "national")

    with here.database.reader() as conn:
        waiting = {row.person_id: row.why for row in certificate_queries.code_work(conn, "covid19", now(), True)}
        entries = [row for row in outbox.entries(conn) if row.resource_id == national.id]
    assert waiting[person] == "national"
    assert entries == [], "what the portal made is never sent back"
    again = certificates.issue(here.ctx, person)
    assert again.certificate_id == national.id
    data = certificates.pdf(here.ctx, [again.certificate_id], "A5")
    shown = pypdfium2.PdfDocument(data)[0].get_textpage().get_text_bounded()
    assert own.number in shown
    assert national.content["signer"] == own.content["signer"] == "Lò Thị Mai"

    # A new telephone number prints a new page, with the same code of the Ministry.
    with here.database.reader() as conn:
        card = people_queries.card(conn, person)
    people.change(here.ctx, person, card.details.with_(phone="0912345678"), card.version, "")
    page = issued(here, person)
    assert (page.kind, page.hc1) == ("national", national.hc1)
    assert page.number not in (own.number, national.number)
    exchange(here)
    assert verdict(here, page.hc1) == "valid"

    # A further dose: the station's own code first, then the Ministry's newer one.
    known = PartialDate(TODAY.year, TODAY.month, TODAY.day)
    doses.record_earlier(here.ctx, doses.EarlierDose(person, PRODUCT, known, "paper"))
    third = issued(here, person)
    assert third.kind == "station"
    exchange(here)
    newest = held(here, person)
    assert newest.kind == "national"
    assert content_of(newest.hc1)["v"][0]["dt"] == TODAY.isoformat()
    exchange(here, there)
    assert [verdict(there, row.hc1) for row in (national, third, newest)] == ["replaced", "replaced", "valid"]

    # The dose is withdrawn: the Ministry's code falls too, here at once, elsewhere by the list.
    with here.database.reader() as conn:
        rows = people_queries.doses(conn, person, "covid19")
    last = max(rows, key=lambda row: row.occurred)
    doses.withdraw(here.ctx, last.record_id, "ghi nhầm")
    assert verdict(here, newest.hc1) == "revoked"
    assert reprint(here)[person] == "corrected"
    exchange(here, there)
    assert verdict(there, newest.hc1) == "revoked"


def test_a_national_code_that_waits_is_taken_when_the_paper_is_there(room: Room) -> None:
    """After a correction the portal signs anew at once; the person needs one new print, not two."""
    here = room.here
    person = here.vaccinated(FIRST, SECOND, full_name="Lò Thị Chờ")
    issued(here, person)
    exchange(here)
    before = held(here, person)
    with here.database.reader() as conn:
        card = people_queries.card(conn, person)
    people.change(here.ctx, person, card.details.with_(full_name="Lò Thị Chơ"), card.version, "theo thẻ")
    assert verdict(here, before.hc1) == "revoked"
    exchange(here)
    after = held(here, person)
    assert after.kind == "national"
    assert content_of(after.hc1)["nam"]["gn"] == "Thị Chơ"
    assert person not in reprint(here)


def test_the_portal_withdraws_a_national_code_and_the_person_stands_on_the_list(room: Room) -> None:
    here = room.here
    person = here.vaccinated(FIRST, SECOND, full_name="Lò Thị Rút")
    issued(here, person)
    exchange(here)
    national = held(here, person)
    with here.database.reader() as conn:
        rows = people_queries.doses(conn, person, "covid19")
    wrong = requests.get(f"{room.portal.fhir}/Immunization/{rows[0].record_id}", headers=token(here), timeout=20).json()
    put(room, wrong | {"status": "entered-in-error"})
    # Our own dose was changed at the portal: a person decides about that.
    exchange(here, conflicts=1)
    assert paper(here, national.id).revoked_at is not None
    assert verdict(here, national.hc1) == "revoked"
    with here.database.reader() as conn:
        (conflict,) = sync_view.conflicts(conn)
    views.decide(here.ctx, conflict.id, frozenset(), whole=True)
    exchange(here)
    assert person in reprint(here)


def test_a_paper_withdrawn_at_the_portal_is_revoked_here_and_is_no_conflict(room: Room) -> None:
    here, there = room.here, room.there
    person = here.vaccinated(FIRST, national_id="", full_name="Lò Thị Cổng")
    first = issued(here, person)
    exchange(here, there)
    address = f"{room.portal.fhir}/DocumentReference/{first.id}"
    document = requests.get(address, headers=token(here), timeout=20).json()
    put(room, document | {"status": "entered-in-error"})
    exchange(here, there)  # no conflict waits
    row = paper(here, first.id)
    assert row.revoked_at is not None
    assert row.revoked_reason == "Cơ quan quản lý đã thu hồi giấy này trên cổng."
    assert reprint(here)[person] == "corrected"
    assert [verdict(station, first.hc1) for station in (here, there)] == ["revoked", "revoked"]
    second = issued(here, person)
    exchange(here)
    assert [verdict(here, one.hc1) for one in (first, second)] == ["revoked", "valid"]


def test_a_code_that_the_authority_lists_as_revoked_is_revoked_here_with_the_next_exchange(room: Room) -> None:
    here = room.here
    wrong = here.vaccinated(FIRST, national_id="", full_name="Lò Thị Niêm")
    kept = here.vaccinated(FIRST, national_id="", full_name="Lò Thị Giữ")
    first, other = issued(here, wrong), issued(here, kept)
    exchange(here)
    room.portal.admin("authority", "revoke", first.uvci)
    exchange(here)
    row = paper(here, first.id)
    assert row.revoked_reason == "Cơ quan quản lý đã đưa mã vào danh sách thu hồi."
    assert reprint(here)[wrong] == "corrected"
    assert paper(here, other.id).revoked_at is None
    exchange(here)
    address = f"{room.portal.fhir}/DocumentReference/{first.id}"
    assert requests.get(address, headers=token(here), timeout=20).json()["status"] == "entered-in-error"
    assert issued(here, wrong).content["replaces"] == first.number


def test_what_is_not_the_ministrys_code_for_this_person_is_refused_and_changes_nothing(room: Room) -> None:
    here = room.here
    # No personal number: the portal itself signs nothing for these two.
    person = here.vaccinated(FIRST, SECOND, national_id="", full_name="Lò Văn Một")
    other = here.vaccinated(FIRST, SECOND, national_id="", full_name="Lò Văn Hai")
    own, others = issued(here, person), issued(here, other)
    exchange(here)
    signer = Authority.open(room.keys).national_signer()
    content, start, end = content_of(own.hc1), now() - timedelta(hours=1), now() + timedelta(days=90)
    good = hc1.encode(content | {"v": [content["v"][0] | {"ci": "URN:UVCI:01:VN:QG/01/GOOD#1"}]}, signer, start, end)
    stranger = hc1.encode(content_of(others.hc1), signer, start, end)
    old = hc1.encode(content, signer, now() - timedelta(days=20), now() - timedelta(days=10))
    parts = list(cbor2.loads(hc1.inflate(base45.decode(hc1.unprefix(good)))).value)
    parts[2] = parts[2].replace(FIRST.isoformat().encode(), SECOND.isoformat().encode()).replace(b"MOT", b"BON")
    altered = altered_text(parts)
    wrong_dose = content | {"v": [content["v"][0] | {"dt": TODAY.isoformat(), "ci": "URN:UVCI:01:VN:QG/01/DOSE#1"}]}
    forgeries = {
        "another person": stranger,
        "expired": old,
        "altered": altered,
        "signer station": own.hc1,
        "not_a_certificate": "https://example.org/",
        "": hc1.encode(wrong_dose, signer, start, end),
    }
    for text in forgeries.values():
        put(room, document(person, text))
    put(room, document(person, good, status="entered-in-error"))
    exchange(here)
    exchange(here)
    assert held(here, person).id == own.id
    assert verdict(here, own.hc1) == "valid"
    with here.ctx.read() as uow:
        refused = uow.find(AuditEntry, AuditEntry.number, action="national-refused", entity_id=person)
        reasons = [row.detail["reason"] for row in refused]
    assert sorted(reasons) == sorted(reason for reason in forgeries if reason), "each is audited once"

    put(room, document(person, good))
    exchange(here)
    assert held(here, person).hc1 == good


def altered_text(parts: list) -> str:
    import zlib

    return hc1.PREFIX + base45.encode(zlib.compress(cbor2.dumps(cbor2.CBORTag(18, parts)), 9))


def test_keys_made_elsewhere_sign_nothing_that_counts(room: Room) -> None:
    """A stranger with a key of his own and the station's key id does not get past the signature."""
    here = room.here
    person = here.vaccinated(FIRST, national_id="", full_name="Lò Văn Giả")
    real, key = issued(here, person), StationKey.generate()

    class Forger:
        kid = bytes.fromhex(real.kid)

        def sign(self, data: bytes) -> bytes:
            return key.sign(data)

    text = hc1.encode(content_of(real.hc1), Forger(), now() - timedelta(hours=1), now() + timedelta(days=1))
    assert verdict(here, text) == "altered"
