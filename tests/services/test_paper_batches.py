"""Papers for many at once, and what must never be: two papers that hold, a paper for somebody who was not injected."""

from __future__ import annotations

import threading
import time
from datetime import date, timedelta

import pypdfium2
import pytest
from support.station import PRODUCT, TestStation

from vaxdesk.certificates.pages import Cancel
from vaxdesk.db import audit
from vaxdesk.db.tables import AuditEntry, Certificate, EarlierPaper, Immunization, Outbox, Person, Print
from vaxdesk.domain.dates import PartialDate
from vaxdesk.errors import KnownError, RefusedError
from vaxdesk.queries import certificates as certificate_queries
from vaxdesk.queries import people as people_queries
from vaxdesk.services import certificate_batch, certificates, doses, enrolment, joining, people, verifying
from vaxdesk.services.certificates import Issued, Wanted
from vaxdesk.services.doses import EarlierDose

DAY, LATER = date(2026, 3, 3), date(2026, 6, 3)


def crowd(station: TestStation, count: int) -> list[str]:
    return [station.vaccinated(DAY, full_name=f"Lò Văn {chr(65 + n)}ng", national_id="") for n in range(count)]


def issued(answers: list[Issued | KnownError]) -> list[Issued]:
    assert not [answer for answer in answers if isinstance(answer, KnownError)]
    return [answer for answer in answers if isinstance(answer, Issued)]


def words_of(station: TestStation, certificate_id: str) -> str:
    with pypdfium2.PdfDocument(certificates.pdf(station.ctx, [certificate_id], "A5")) as document:
        return " ".join(document[0].get_textpage().get_text_bounded().split())


def shown(station: TestStation, person_id: str) -> str:
    return words_of(station, certificates.issue(station.ctx, person_id).certificate_id)


# many at once


def test_a_batch_numbers_in_order_audits_each_and_finds_them_again(station: TestStation) -> None:
    ids = crowd(station, 25)
    steps: list[tuple[int, int]] = []
    answers = issued(
        certificates.issue_many(station.ctx, [Wanted(one) for one in ids], lambda done, of: steps.append((done, of)))
    )
    assert [answer.number for answer in answers] == [f"118-01/2026/{n:06d}" for n in range(1, 26)]
    assert [station.row(Certificate, id=answer.certificate_id).person_id for answer in answers] == ids
    assert steps[-1] == (25, 25)
    assert len(steps) > 1
    entries = station.rows(AuditEntry, action="certificate")
    assert [(row.entity_id, row.detail["number"]) for row in entries] == [
        (person, answer.number) for person, answer in zip(ids, answers, strict=True)
    ]
    assert {row.detail["kid"] for row in entries} == {row.kid for row in station.rows(Certificate)}
    assert len(station.rows(Outbox, resource_type="DocumentReference")) == 25
    with station.database.reader() as conn:
        assert audit.check(conn) == []
    again = issued(certificates.issue_many(station.ctx, [Wanted(one) for one in ids]))
    assert [(one.certificate_id, one.new) for one in again] == [(one.certificate_id, False) for one in answers]


def test_whoever_can_get_none_stands_in_her_place_with_the_reason(station: TestStation) -> None:
    first, second = crowd(station, 2)
    nobody = station.person(full_name="Vì Thị Chưa", national_id="").person_id
    answers = certificates.issue_many(station.ctx, [Wanted(one) for one in (first, nobody, "gone", second, first)])
    numbers = [answer.number if isinstance(answer, Issued) else str(answer) for answer in answers]
    assert numbers[0] == numbers[4] == "118-01/2026/000001"
    assert numbers[3] == "118-01/2026/000002"
    assert "No dose" in numbers[1]
    assert "Search again" in numbers[2]
    assert len(station.rows(Certificate)) == 2


def test_a_cancel_keeps_what_was_issued_and_the_rest_waits_on_the_list(station: TestStation) -> None:
    ids = crowd(station, 12)
    wanted = [certificate_batch.Wanted(one, "") for one in ids]
    seen: list[int] = []
    with pytest.raises(RefusedError, match="still on the list"):
        certificate_batch.make(
            station.ctx, wanted, "A5", lambda done, _of: seen.append(done), lambda: bool(seen and seen[-1] >= 2)
        )
    kept = len(station.rows(Certificate))
    assert 2 <= kept < 12
    assert station.rows(Print) == []
    batch = certificate_batch.make(station.ctx, wanted, "A5")
    assert batch.issued == 12 - kept
    assert len(station.rows(Print)) == 12
    with pypdfium2.PdfDocument(batch.data) as document:
        assert len(document) == 12
    with pytest.raises(Cancel):
        certificates.issue_many(station.ctx, [Wanted(ids[0])], cancelled=lambda: True)


def test_no_transaction_of_a_batch_keeps_others_waiting(station: TestStation) -> None:
    """Somebody else's save goes in between; a batch is never one long transaction."""
    ids = crowd(station, 40)
    waits: list[float] = []
    done = threading.Event()

    def save() -> None:
        while not done.is_set():
            begun = time.perf_counter()
            with station.ctx.write() as uow:
                uow.audit("test", "station", "x")
                uow.commit()
            waits.append(time.perf_counter() - begun)

    other = threading.Thread(target=save)
    other.start()
    certificates.issue_many(station.ctx, [Wanted(one) for one in ids])
    done.set()
    other.join()
    assert len(waits) >= 2
    assert len(station.rows(Certificate)) == 40


# never two, never for nobody


def test_two_desks_that_issue_at_once_make_one_paper(station: TestStation) -> None:
    (person,) = crowd(station, 1)
    answers: list[Issued] = []
    starting = threading.Barrier(4)

    def work() -> None:
        starting.wait()
        answers.append(certificates.issue(station.ctx, person))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.number for answer in answers} == {"118-01/2026/000001"}
    assert sorted(answer.new for answer in answers) == [False, False, False, True]
    assert len(station.rows(Certificate)) == 1


def test_of_all_papers_of_a_person_one_holds_and_numbers_never_repeat(station: TestStation) -> None:
    person = station.vaccinated(DAY)
    for n in range(5):
        certificates.issue(station.ctx, person)
        with station.database.reader() as conn:
            card = people_queries.card(conn, person)
        assert card is not None
        people.change(station.ctx, person, card.details.with_(phone=f"091234567{n}"), card.version, "")
    certificates.issue(station.ctx, person)
    rows = station.rows(Certificate)
    assert len({row.number for row in rows}) == 6
    assert sum(row.replaced_by is None and row.revoked_at is None for row in rows) == 1


def test_one_person_under_two_ids_ends_with_one_paper(station: TestStation) -> None:
    """A registration of the portal, with a dose from elsewhere and a paper, turns out to be somebody known."""
    known = station.vaccinated(DAY)
    first = certificates.issue(station.ctx, known)
    alias = station.vaccinated(LATER, full_name="Nguyễn Văn Ánh", national_id="")
    with station.ctx.write() as uow:
        for row in uow.find(Immunization, person_id=alias):
            row.origin = "portal"
        uow.commit()
    second = certificates.issue(station.ctx, alias)
    with station.ctx.write() as uow:
        joining.join_person(uow, alias, known)
        uow.commit()
    assert {row.person_id for row in station.rows(Certificate)} == {known}
    third = certificates.issue(station.ctx, known)
    assert third.new
    replaced = {row.number for row in station.rows(Certificate, replaced_by=third.certificate_id)}
    assert replaced == {first.number, second.number}
    with pytest.raises(RefusedError, match="No dose"):
        certificates.issue(station.ctx, alias)


def test_nobody_who_was_not_injected_gets_a_paper(station: TestStation) -> None:
    lot = station.lot()
    session = station.session(lot)
    only_registered = station.person(session, full_name="Vì Thị Một", national_id="")
    screened = station.person(session, full_name="Vì Thị Hai", national_id="")
    station.consent(screened.person_id, screened.visit_id)
    station.screen(screened.visit_id)
    not_given = station.person(session, full_name="Vì Thị Ba", national_id="")
    doses.not_given(station.ctx, not_given.visit_id, PRODUCT, "sốt")
    undone = station.person(session, full_name="Vì Thị Bốn", national_id="")
    station.consent(undone.person_id, undone.visit_id)
    station.screen(undone.visit_id)
    doses.withdraw(station.ctx, station.dose(undone.visit_id, lot).immunization_id, "nhầm người")
    for person in (only_registered, screened, not_given, undone):
        with pytest.raises(RefusedError, match="No dose"):
            certificates.issue(station.ctx, person.person_id)
    assert station.rows(Certificate) == []
    assert station.rows(Outbox, resource_type="DocumentReference") == []


# what the paper says follows the record


def test_what_is_corrected_on_the_screen_is_offered_for_a_new_print_at_once(station: TestStation) -> None:
    person = station.vaccinated(DAY, full_name="Nguyễn Văn Ánh", national_id="")
    old = certificates.issue(station.ctx, person)
    certificates.pdf(station.ctx, [old.certificate_id], "A5")
    with station.database.reader() as conn:
        card = people_queries.card(conn, person)
    assert card is not None
    people.change(station.ctx, person, card.details.with_(full_name="Nguyễn Văn Anh"), card.version, "theo thẻ")
    with station.database.reader() as conn:
        (row,) = certificate_queries.to_reprint(conn, "covid19")
    assert (row.person_id, row.why, row.number, row.printable) == (person, "corrected", old.number, True)
    assert (row.revoked_reason, row.prints) == ("theo thẻ", 1)
    with pytest.raises(RefusedError, match="issue a new one"):
        certificates.pdf(station.ctx, [old.certificate_id], "A5")
    words = shown(station, person)
    assert "NGUYỄN VĂN ANH" in words.upper()
    assert "ÁNH" not in words.upper()
    with station.database.reader() as conn:
        assert certificate_queries.to_reprint(conn, "covid19") == ()


def test_a_year_is_a_year_and_doses_keep_their_numbers_and_days(station: TestStation) -> None:
    person = station.vaccinated(
        DAY, LATER, birth=PartialDate(1956), national_id="", sex="female", full_name="Vì Thị Lả"
    )
    words = shown(station, person)
    assert "1956" in words
    assert "01/01/1956" not in words
    assert words.index("03/03/2026") < words.index("03/06/2026")
    assert "06/03/2026" not in words
    assert station.row(Certificate).content["doses"][1]["number"] == 2
    assert station.row(Certificate).content["status"] == "complete"


def test_a_third_dose_is_never_two_of_two(station: TestStation) -> None:
    person = station.vaccinated(date(2025, 3, 3), date(2025, 6, 3), date(2026, 3, 3))
    row = station.row(Certificate, id=certificates.issue(station.ctx, person).certificate_id)
    assert [dose["kind"] for dose in row.content["doses"]] == ["primary", "primary", "booster"]
    assert row.content["doses_received"] == 3


def test_an_earlier_paper_with_more_doses_than_the_record_still_holds(station: TestStation) -> None:
    person = station.vaccinated(DAY)
    certificates.note_earlier_paper(station.ctx, person, "Bệnh viện tỉnh", "77/2021", doses_stated=1)
    certificates.note_earlier_paper(station.ctx, person, "Trạm Y tế xã Nà Ớt", "12/2021", doses_stated=2)
    paper = certificates.issue(station.ctx, person)
    with station.database.reader() as conn:
        found = {row.number: row.replaced_by for row in certificate_queries.earlier(conn, person)}
    assert found == {"77/2021": paper.number, "12/2021": ""}
    doses.record_earlier(station.ctx, EarlierDose(person, PRODUCT, PartialDate(2026, 6, 3), "paper", "ABX1"))
    second = certificates.issue(station.ctx, person)
    assert station.row(EarlierPaper, number="12/2021").replaced_by == second.certificate_id
    assert station.row(EarlierPaper, number="77/2021").replaced_by == paper.certificate_id


def test_a_paper_that_was_replaced_names_its_follower_when_it_is_printed(station: TestStation) -> None:
    person = station.vaccinated(DAY)
    first = certificates.issue(station.ctx, person)
    doses.record_earlier(station.ctx, EarlierDose(person, PRODUCT, PartialDate(2026, 6, 3), "paper"))
    station.clock.advance(timedelta(days=1))
    second = certificates.issue(station.ctx, person)
    words = words_of(station, first.certificate_id)
    assert second.number in words
    assert "22/11/2026" in words
    assert first.number in words_of(station, second.certificate_id), "and the new one says what it replaces"
    assert station.row(Person, id=person).version == 1


def test_what_this_station_withdrew_is_revoked_here_whatever_else_the_code_is(station: TestStation) -> None:
    """Before the line comes back: withdrawn goes before replaced and expired, as with the authority's list."""
    person = station.vaccinated(DAY, LATER)
    rows = []
    for phone in ("0912345671", "0912345672"):
        rows.append(station.row(Certificate, id=certificates.issue(station.ctx, person).certificate_id))
        with station.database.reader() as conn:
            card = people_queries.card(conn, person)
        assert card is not None
        people.change(station.ctx, person, card.details.with_(phone=phone), card.version, "")
    certificates.issue(station.ctx, person)

    def verdicts() -> list[str]:
        return [verifying.check(station.ctx, row.hc1)[0].verdict for row in rows]

    assert verdicts() == ["replaced", "replaced"]
    with station.database.reader() as conn:
        dose = max(people_queries.doses(conn, person, "covid19"), key=lambda row: row.occurred)
    doses.withdraw(station.ctx, dose.record_id, "ghi nhầm")
    assert verdicts() == ["revoked", "revoked"]
    (found,) = verifying.check(station.ctx, rows[0].hc1)
    assert rows[0].number in found.words("vi")
    assert {row.name: row.state for row in found.stages}["revocation"] == "failed"
    station.clock.advance(timedelta(days=181))
    for data in (
        station.authority.trust_list(station.clock.now()),
        station.authority.revocation_list(station.clock.now()),
    ):
        enrolment.import_list(station.ctx, data)
    assert verdicts() == ["revoked", "revoked"]
