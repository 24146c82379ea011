"""A day without a network, through the services: from a card scan to a signed certificate."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from support.station import TestStation, make_station

from vaxdesk.certificates.verify import verify_text
from vaxdesk.domain.cards import read_scan
from vaxdesk.errors import FieldError, RefusedError
from vaxdesk.queries import figures, visits
from vaxdesk.queries import outbox as outbox_query
from vaxdesk.queries import people as people_query
from vaxdesk.queries import sessions as sessions_query
from vaxdesk.services import certificates, doses, observation, people, signing
from vaxdesk.services import sessions as sessions_service
from vaxdesk.services import visits as visits_service

CARD = "014090123456|050812345|Nguyễn Văn Anh|01011990|Nam|Bản Nà Khi, Mường Lạn, Sốp Cộp, Sơn La|15042021"


@pytest.fixture
def station(tmp_path: Path):
    station = make_station(tmp_path)
    station.enrol()
    yield station
    station.database.close()


def test_a_person_without_a_phone_goes_from_a_card_scan_to_a_signed_certificate(station: TestStation) -> None:
    ctx = station.ctx
    lot = station.lot()
    session = station.session(lot)

    scan = read_scan(CARD)
    assert scan.kind == "cccd"
    registered = people.register(ctx, people.RegisterPerson(scan.details(), session_id=session, identity_how="card"))
    stage = lambda: visits.one(conn, registered.visit_id).stage  # noqa: E731
    with ctx.database.reader() as conn:
        assert [row.id for row in people_query.search(conn, "anh nguyen")] == [registered.person_id]
        assert people_query.card(conn, registered.person_id).details.phone == ""
        assert stage() == "consent"
    station.consent(registered.person_id, registered.visit_id)
    with ctx.database.reader() as conn:
        assert stage() == "screening"
    assert station.screen(registered.visit_id) == "inject"
    with ctx.database.reader() as conn:
        assert stage() == "dose"
    given = station.dose(registered.visit_id, lot)
    assert given.number == 1
    with ctx.database.reader() as conn:
        assert stage() == "observation"
        assert [row.balance for row in sessions_query.lots(conn)] == [99]

    with pytest.raises(FieldError, match="write why"):
        observation.release(ctx, registered.visit_id)
    station.release(registered.visit_id)
    issued = certificates.issue(ctx, registered.person_id, registered.visit_id)
    assert issued.kind == "station"
    assert issued.no_code_reasons == ()
    data = certificates.pdf(ctx, [issued.certificate_id], "A5")

    document = pypdfium2.PdfDocument(data)
    page = document[0]
    text = page.get_textpage().get_text_bounded()
    assert "NGUYỄN VĂN ANH" in text.upper()
    assert "GIẤY XÁC NHẬN ĐÃ TIÊM VẮC XIN COVID-19" in text
    assert "014 090 123 456" in text
    assert "ABX3107" in text
    picture = page.render(scale=300 / 72).to_pil()
    (code,) = [found for found in zxingcpp.read_barcodes(picture) if found.text.startswith("HC1:")]
    document.close()
    verdict = verify_text(code.text, signing.trust(ctx), station.clock.now())
    assert (verdict.verdict, verdict.signer) == ("valid", "station")
    assert verdict.payload["nam"]["fnt"] == "NGUYEN"
    assert verdict.payload["v"][0]["dn"] == 1

    with ctx.database.reader() as conn:
        assert stage() == "done"
        numbers = figures.figures(conn, ctx.campaign(), ctx.today())
        assert (numbers.registered, numbers.people_begun, numbers.doses_given, numbers.doses_left) == (1, 1, 1, 99)
        status = outbox_query.status(conn)
        assert not status.all_sent
        kinds = {row.resource_type for row in outbox_query.entries(conn)}
    assert kinds == {
        "Organization",
        "Location",
        "Practitioner",
        "Patient",
        "Encounter",
        "Consent",
        "QuestionnaireResponse",
        "Immunization",
        "DocumentReference",
    }


def test_an_undone_dose_gives_the_stock_back_and_is_never_sent(station: TestStation) -> None:
    lot = station.lot()
    session = station.session(lot)
    person = station.person(session)
    station.consent(person.person_id, person.visit_id)
    station.screen(person.visit_id)
    given = station.dose(person.visit_id, lot)
    doses.withdraw(station.ctx, given.immunization_id, "nhầm người")
    with station.database.reader() as conn:
        assert visits.one(conn, person.visit_id).stage == "dose"
        assert [row.balance for row in sessions_query.lots(conn)] == [100]
        assert "Immunization" not in {row.resource_type for row in outbox_query.entries(conn)}
        assert [row.status for row in people_query.doses(conn, person.person_id)] == ["entered-in-error"]


def test_a_second_dose_replaces_the_paper_and_a_correction_revokes_it(station: TestStation) -> None:
    ctx = station.ctx
    lot = station.lot()
    person = station.through(station.session(lot), lot)
    first = certificates.issue(ctx, person.person_id)
    assert certificates.issue(ctx, person.person_id).certificate_id == first.certificate_id
    station.clock.advance(timedelta(weeks=9))
    visit = visits_service.check_in(ctx, visits_service.CheckIn(station.session(lot), person.person_id))
    station.screen(visit)
    given = station.dose(visit, lot)
    assert given.number == 2
    station.release(visit)
    second = certificates.issue(ctx, person.person_id)
    assert second.new
    assert second.number != first.number

    doses.withdraw(ctx, given.immunization_id, "ghi nhầm")
    with pytest.raises(RefusedError, match="revoked"):
        certificates.pdf(ctx, [second.certificate_id], "A5")
    third = certificates.issue(ctx, person.person_id)
    assert third.number not in (first.number, second.number)


def test_without_a_certified_key_the_paper_prints_without_a_code_and_says_why(tmp_path: Path) -> None:
    station = make_station(tmp_path)
    lot = station.lot()
    person = station.through(station.session(lot), lot)
    issued = certificates.issue(station.ctx, person.person_id)
    assert (issued.kind, issued.uvci or "") == ("paper", "")
    assert issued.no_code_reasons
    text = (
        pypdfium2.PdfDocument(certificates.pdf(station.ctx, [issued.certificate_id], "A5"))[0]
        .get_textpage()
        .get_text_bounded()
    )
    assert "NGUYỄN VĂN ANH" in text.upper()
    station.database.close()


def test_an_identity_in_doubt_gets_no_code_and_the_field_is_named(station: TestStation) -> None:
    lot = station.lot()
    person = station.through(station.session(lot), lot, national_id="014190123456")
    issued = certificates.issue(station.ctx, person.person_id)
    assert issued.kind == "paper"
    with station.database.reader() as conn:
        assert people_query.card(conn, person.person_id).identity_doubts


def test_a_dose_against_a_warning_needs_a_reason_and_can_then_be_recorded(station: TestStation) -> None:
    lot = station.lot()
    person = station.person(station.session(lot))
    with pytest.raises(FieldError, match="why"):
        station.dose(person.visit_id, lot)
    found = doses.warnings(station.ctx, doses.RecordDose(person.visit_id, "astrazeneca", lot))
    assert {warning.code for warning in found} == {"consent_not_asked", "no_screening"}
    assert station.dose(person.visit_id, lot, reason="tiêm theo phiếu giấy").number == 1


def test_a_session_is_not_closed_while_people_and_doses_disagree_without_a_written_reason(
    station: TestStation,
) -> None:
    lot = station.lot()
    session = station.session(lot)
    station.through(session, lot)
    waiting = station.person(session, full_name="Chưa Tiêm", national_id="")
    with pytest.raises(FieldError) as refused:
        sessions_service.close(station.ctx, session)
    assert refused.value.values["waiting"] == 1
    station.consent(waiting.person_id, waiting.visit_id)
    sessions_service.close(station.ctx, session, "một người bỏ về")
    with station.database.reader() as conn:
        assert sessions_query.current_session(conn, station.ctx.today()) is None
    with pytest.raises(RefusedError, match="closed"):
        station.person(session, full_name="Đến Muộn", national_id="")
