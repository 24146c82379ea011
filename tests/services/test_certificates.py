"""The life of a paper at the desk: numbers, reprints, replacing and revoking, and every reason for no code."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pypdfium2
import pytest
from support.station import MORNING, PRODUCT, TestStation

from vaxdesk.certificates import lists
from vaxdesk.certificates.trust import Trust
from vaxdesk.certificates.verify import verify_text
from vaxdesk.clock import VIET_NAM
from vaxdesk.db.tables import AuditEntry, Certificate, EarlierPaper, Outbox, Person, Print
from vaxdesk.domain.dates import PartialDate
from vaxdesk.errors import FieldError, KnownError, RefusedError
from vaxdesk.queries import people as people_query
from vaxdesk.services import certificates, clock_check, doses, people, signing
from vaxdesk.services.certificates import Issued
from vaxdesk.services.context import see_time
from vaxdesk.services.doses import EarlierDose
from vaxdesk.services.people import Registered


@pytest.fixture
def vaccinated(station: TestStation) -> Registered:
    """Somebody who got a dose and went home."""
    lot = station.lot()
    return station.through(station.session(lot), lot)


def issue(station: TestStation, person: Registered) -> Issued:
    return certificates.issue(station.ctx, person.person_id)


def second_dose(station: TestStation, person: Registered) -> str:
    """Nine weeks later."""
    dose = EarlierDose(person.person_id, PRODUCT, PartialDate(2026, 9, 1), "paper", "ABX1")
    return doses.record_earlier(station.ctx, dose)


def text(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    words = " ".join(document[0].get_textpage().get_text_bounded().split())
    document.close()
    return words


# numbers


def test_numbers_follow_one_another_by_desk_and_year(station: TestStation) -> None:
    lot = station.lot()
    session = station.session(lot)
    numbers = []
    for name in ("An", "Bình", "Cả"):
        person = station.through(session, lot, full_name=f"Lò Văn {name}", national_id="")
        numbers.append(issue(station, person).number)
    assert numbers == ["118-01/2026/000001", "118-01/2026/000002", "118-01/2026/000003"]
    assert issue(station, person).number == numbers[-1]
    second_desk = replace(station.ctx, station=replace(station.ctx.station, desk="02"))
    second_dose(station, person)
    assert certificates.issue(second_desk, person.person_id).number == "118-02/2026/000001"
    # Midnight in Viet Nam, not in Greenwich.
    station.clock.moment = datetime(2027, 1, 1, 0, 5, tzinfo=VIET_NAM).astimezone(UTC)
    late = station.person(full_name="Lò Văn Dần", national_id="")
    doses.record_earlier(station.ctx, EarlierDose(late.person_id, PRODUCT, PartialDate(2026, 8, 1), "paper"))
    assert issue(station, late).number == "118-01/2027/000001"


def test_after_a_million_papers_the_numbers_go_on(station: TestStation, vaccinated: Registered) -> None:
    issue(station, vaccinated)
    with station.ctx.write() as uow:
        uow.first(Certificate).number = "118-01/2026/999999"
        uow.commit()
    second_dose(station, vaccinated)
    assert issue(station, vaccinated).number == "118-01/2026/1000000"
    doses.record_earlier(station.ctx, EarlierDose(vaccinated.person_id, PRODUCT, PartialDate(2026, 1, 1), "paper"))
    assert issue(station, vaccinated).number == "118-01/2026/1000001"


# reprints


def test_a_reprint_is_the_same_to_the_letter_whatever_changed_meanwhile(
    station: TestStation, vaccinated: Registered
) -> None:
    first = issue(station, vaccinated)
    before = text(certificates.pdf(station.ctx, [first.certificate_id], "A5"))
    station.clock.advance(timedelta(days=3))
    clerk = station.acting("register")
    again = certificates.issue(clerk, vaccinated.person_id)
    assert (again.certificate_id, again.new) == (first.certificate_id, False)
    assert text(certificates.pdf(clerk, [first.certificate_id], "A5")) == before
    assert len(station.rows(Print)) == 2
    assert [row.pages for row in station.rows(Print)] == [1, 1]
    assert [row.user_id for row in station.rows(Print)] == [station.ctx.user.id, clerk.user.id]


def test_a_preview_is_no_print_but_a_view_of_the_person(station: TestStation, vaccinated: Registered) -> None:
    paper = issue(station, vaccinated)
    assert certificates.preview(station.ctx, paper.certificate_id, "card").startswith(b"%PDF")
    station.ctx.flush_views()
    assert station.rows(Print) == []
    assert [row.entity_id for row in station.rows(AuditEntry, action="view")] == [vaccinated.person_id]
    with pytest.raises(RefusedError, match="role"):
        certificates.preview(station.acting(), paper.certificate_id, "card")


def test_the_paper_of_a_foreigner_names_her_country_for_readers_here_and_abroad(station: TestStation) -> None:
    person = station.vaccinated(
        date(2026, 3, 1), full_name="Bounmy Keo", national_id="", passport="P1234567", nationality="LAO"
    )
    paper = certificates.issue(station.ctx, person)
    assert "Lào / Laos" in text(certificates.preview(station.ctx, paper.certificate_id, "A4"))


def test_each_paper_of_a_batch_is_named_in_the_audit_of_its_print(station: TestStation) -> None:
    ids = []
    for name in ("An", "Bình", "Cả"):
        person = station.vaccinated(date(2026, 3, 1), full_name=f"Lò Văn {name}", national_id="")
        ids.append(certificates.issue(station.ctx, person).certificate_id)
    certificates.pdf(station.ctx, ids, "A5")
    assert [row.entity_id for row in station.rows(AuditEntry, action="print")] == ids
    assert [row.certificate_id for row in station.rows(Print)] == ids


def test_nothing_and_what_is_gone_are_not_printed(station: TestStation) -> None:
    with pytest.raises(RefusedError, match="at least one"):
        certificates.pdf(station.ctx, [], "A5")
    with pytest.raises(KnownError, match="not there"):
        certificates.pdf(station.ctx, ["nothing"], "A5")
    with pytest.raises(KnownError, match="Search again"):
        certificates.issue(station.ctx, "nobody")
    with pytest.raises(RefusedError, match="No dose"):
        issue(station, station.person())


# replaced and revoked


def test_a_newer_paper_replaces_and_a_withdrawn_dose_revokes(station: TestStation, vaccinated: Registered) -> None:
    first = issue(station, vaccinated)
    dose = second_dose(station, vaccinated)
    second = issue(station, vaccinated)
    row = station.row(Certificate, id=first.certificate_id)
    assert (row.replaced_by, row.revoked_at) == (second.certificate_id, None)
    assert station.row(Certificate, id=second.certificate_id).content["replaces"] == first.number

    doses.withdraw(station.ctx, dose, "ghi nhầm người")
    row = station.row(Certificate, id=second.certificate_id)
    assert (row.revoked_at, row.revoked_reason) == (station.clock.now(), "ghi nhầm người")
    assert station.row(Certificate, id=first.certificate_id).revoked_at is None
    with pytest.raises(RefusedError, match="revoked"):
        certificates.pdf(station.ctx, [second.certificate_id], "A5")
    third = issue(station, vaccinated)
    assert third.new
    assert station.row(Certificate, id=third.certificate_id).content["replaces"] == second.number
    kinds = {entry.detail["number"] for entry in station.rows(AuditEntry, action="revoke")}
    assert kinds == {second.number}
    assert {row.resource_id for row in station.rows(Outbox, resource_type="DocumentReference")} == {
        first.certificate_id,
        second.certificate_id,
        third.certificate_id,
    }


def test_a_change_that_a_paper_does_not_show_leaves_it_and_one_that_it_shows_replaces_it(
    station: TestStation, vaccinated: Registered
) -> None:
    first = issue(station, vaccinated)
    people.confirm_group(station.ctx, vaccinated.person_id, "9")
    assert issue(station, vaccinated).certificate_id == first.certificate_id
    with station.database.reader() as conn:
        held = people_query.card(conn, vaccinated.person_id)
    assert held is not None
    people.change(station.ctx, vaccinated.person_id, held.details.with_(phone="0912345678"), held.version, "")
    second = issue(station, vaccinated)
    assert second.new
    assert station.row(Certificate, id=first.certificate_id).replaced_by == second.certificate_id


def test_an_earlier_paper_of_another_issuer_is_evidence_and_is_marked_as_replaced(
    station: TestStation, vaccinated: Registered
) -> None:
    with pytest.raises(FieldError):
        certificates.note_earlier_paper(station.ctx, vaccinated.person_id, " ")
    with pytest.raises(KnownError, match="Search again"):
        certificates.note_earlier_paper(station.ctx, "nobody", "Bệnh viện tỉnh")
    certificates.note_earlier_paper(station.ctx, vaccinated.person_id, "Bệnh viện tỉnh", "77/2021", 1)
    paper = issue(station, vaccinated)
    row = station.row(EarlierPaper)
    assert (row.replaced_by, row.doses_stated, row.seen_by) == (paper.certificate_id, 1, station.ctx.user.id)


# the code: why there is none


def reasons(station: TestStation, person: Registered) -> list[str]:
    paper = issue(station, person)
    row = station.row(Certificate, id=paper.certificate_id)
    assert (paper.kind == "paper") == bool(row.no_code_reasons)
    assert bool(paper.no_code_reasons) == bool(row.no_code_reasons)
    if paper.kind == "paper":
        assert "HC1:" not in text(certificates.pdf(station.ctx, [paper.certificate_id], "A4"))
        assert (row.hc1, row.uvci, row.code_until) == ("", "", None)
    return list(row.no_code_reasons)


def test_a_certified_station_signs_and_the_code_lives_as_long_as_the_authority_says(
    station: TestStation, vaccinated: Registered
) -> None:
    assert reasons(station, vaccinated) == []
    row = station.row(Certificate)
    assert row.code_until == station.clock.now() + timedelta(days=180)
    found = verify_text(row.hc1, signing.trust(station.ctx), station.clock.now())
    assert (found.verdict, found.signer) == ("valid", "station")
    assert row.uvci in str(found.payload)


@pytest.mark.parametrize(("evidence", "day"), [("spoken", PartialDate(2026, 3, 1)), ("paper", PartialDate(2026, 3))])
def test_a_dose_in_doubt_stands_in_the_way(station: TestStation, evidence: str, day: PartialDate) -> None:
    person = station.person()
    doses.record_earlier(station.ctx, EarlierDose(person.person_id, PRODUCT, day, evidence))
    assert reasons(station, person) == ["doses"]


def test_an_identity_in_doubt_stands_in_the_way_until_it_is_settled(station: TestStation) -> None:
    lot = station.lot()
    person = station.through(station.session(lot), lot, national_id="014190123456")
    assert set(reasons(station, person)) <= {"sex", "national_id"}
    with station.database.reader() as conn:
        held = people_query.card(conn, person.person_id)
    assert held is not None
    settled = held.details.with_(national_id="014090123456")
    people.change(station.ctx, person.person_id, settled, held.version, "xem lại thẻ")
    assert reasons(station, person) == []


def test_a_dose_that_does_not_count_is_no_reason_for_a_code(station: TestStation) -> None:
    person = station.person(birth=PartialDate(2018, 5, 5), national_id="", guardian_name="Lò Thị Mai")
    doses.record_earlier(station.ctx, EarlierDose(person.person_id, PRODUCT, PartialDate(2022, 1, 1), "paper"))
    assert "doses" in reasons(station, person)


def test_a_clock_before_a_time_already_seen_signs_nothing(station: TestStation, vaccinated: Registered) -> None:
    with station.ctx.write() as uow:
        see_time(uow, station.clock.now() + timedelta(days=1))
        uow.commit()
    assert reasons(station, vaccinated) == ["clock"]
    station.clock.advance(timedelta(days=1, minutes=1))
    assert reasons(station, vaccinated) == []


def test_every_act_is_a_time_that_was_seen(station: TestStation, vaccinated: Registered) -> None:
    station.clock.advance(timedelta(hours=3))
    people.confirm_group(station.ctx, vaccinated.person_id, "9")  # neither a dose nor a sign-in
    station.clock.advance(timedelta(hours=-1))
    assert reasons(station, vaccinated) == ["clock"]


def test_a_clock_before_a_signed_list_is_not_confirmed(station: TestStation, vaccinated: Registered) -> None:
    assert clock_check.ahead(station.ctx) is None
    station.clock.advance(timedelta(hours=-1))  # the lists of the enrolment are later than that
    assert clock_check.ahead(station.ctx) is not None
    with pytest.raises(RefusedError, match="Set it"):
        clock_check.confirm(station.ctx, "so với điện thoại")
    with pytest.raises(FieldError):
        clock_check.confirm(station.ctx, " ")
    with pytest.raises(RefusedError, match="role"):
        clock_check.confirm(station.acting("inject"), "so với điện thoại")
    assert reasons(station, vaccinated) == ["clock"]


def test_a_name_that_no_code_can_carry_keeps_its_paper(station: TestStation) -> None:
    person = station.person(full_name="王 小", national_id="")
    doses.record_earlier(station.ctx, EarlierDose(person.person_id, PRODUCT, PartialDate(2026, 3, 1), "paper"))
    assert reasons(station, person) == ["full_name"]
    first, again = issue(station, person), issue(station, person)
    assert (again.number, again.new, first.new) == (first.number, False, False)


def test_an_expired_code_is_issued_anew_and_an_expired_key_is_named(
    station: TestStation, vaccinated: Registered
) -> None:
    first = issue(station, vaccinated)
    station.clock.advance(timedelta(days=179))
    assert not issue(station, vaccinated).new
    station.clock.advance(timedelta(days=2))
    second = issue(station, vaccinated)
    assert (second.new, second.kind) == (True, "station")
    assert second.uvci != first.uvci
    assert station.row(Certificate, id=first.certificate_id).revoked_at is None
    signer = signing.signer(station.ctx)
    assert signer is not None
    station.clock.moment = signer.not_after - timedelta(days=3)
    last = issue(station, vaccinated)
    assert (last.new, last.code_until) == (True, signer.not_after)
    station.clock.moment = signer.not_after + timedelta(minutes=1)
    assert reasons(station, vaccinated) == ["signing_key"]


def test_on_day_thirty_without_internet_the_station_still_signs_and_prints_the_same(
    station: TestStation, vaccinated: Registered
) -> None:
    first = issue(station, vaccinated)
    before = station.row(Certificate)
    printed = text(certificates.pdf(station.ctx, [first.certificate_id], "A4"))
    station.clock.advance(timedelta(days=30))
    again = issue(station, vaccinated)
    assert (again.certificate_id, again.new) == (first.certificate_id, False)
    after = station.row(Certificate)
    assert (after.hc1, after.content) == (before.hc1, before.content), "same content, same signature"
    assert text(certificates.pdf(station.ctx, [first.certificate_id], "A4")) == printed
    newcomer = station.vaccinated(date(2026, 11, 1), full_name="Lò Văn Ba Mươi", national_id="")
    new = certificates.issue(station.ctx, newcomer)
    row = station.row(Certificate, id=new.certificate_id)
    assert (new.kind, new.code_until) == ("station", station.clock.now() + timedelta(days=180))
    held = (station.authority.trust_list(station.clock.now()), station.authority.revocation_list(station.clock.now()))
    trusted, revoked = (lists.open_list(one) for one in held)
    fresh = Trust(trust_list=trusted, revocation_list=revoked)
    assert verify_text(row.hc1, fresh, station.clock.now()).verdict == "valid", "a checker with new lists reads it"


def test_without_its_key_file_the_paper_prints_without_a_code(station: TestStation, vaccinated: Registered) -> None:
    station.ctx.paths.signing_key.unlink()
    assert reasons(station, vaccinated) == ["signing_key"]
    words = text(certificates.pdf(station.ctx, [issue(station, vaccinated).certificate_id], "A5"))
    assert "NGUYỄN VĂN ANH" in words.upper()


def test_the_codes_name_the_person_as_a_passport_would(station: TestStation, vaccinated: Registered) -> None:
    issue(station, vaccinated)
    person = station.row(Person)
    found = verify_text(station.row(Certificate).hc1, signing.trust(station.ctx), MORNING.astimezone(UTC))
    assert found.payload is not None
    assert found.payload["nam"]["fnt"] == "NGUYEN"
    assert found.payload["dob"] == person.birth_date
