"""The heads of printed forms: a dose given after the screening is not an earlier one, and nothing is said twice."""

from __future__ import annotations

from datetime import timedelta

import pypdfium2
import pytest
from support.station import PRODUCT, TestStation, details

from vaxdesk.documents import forms
from vaxdesk.documents.forms import ScreeningPaper
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.screening import nothing_found
from vaxdesk.queries import papers
from vaxdesk.services import people, printing, screenings, visit_papers
from vaxdesk.services.doses import EarlierDose
from vaxdesk.services.people import RegisterPerson


def text_of(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    try:
        return "\n".join(str(page.get_textpage().get_text_range()) for page in document)
    finally:
        document.close()


def test_the_dose_given_after_the_screening_does_not_stand_on_its_form(station: TestStation) -> None:
    lot = station.lot()
    planned = station.session(lot)
    day = station.ctx.today() - timedelta(days=90)
    earlier = EarlierDose("", PRODUCT, PartialDate(day.year, day.month, day.day), "paper")
    person = people.register(station.ctx, RegisterPerson(details(), session_id=planned, earlier=(earlier,)))
    station.consent(person.person_id, person.visit_id)
    station.screen(person.visit_id)
    station.dose(person.visit_id, lot)
    text = text_of(
        visit_papers.screening_form(station.ctx, person.person_id, person.visit_id, screened=True, note=False).data
    )
    assert day.strftime("%d/%m/%Y") in text
    assert "Ngày tiêm: 21/11/2026" not in text


def test_never_vaccinated_is_ticked_for_whom_it_was_asked_at_registration(station: TestStation) -> None:
    asked = people.register(station.ctx, RegisterPerson(details(), no_dose_yet=True))
    unknown = station.person(full_name="Lò Thị Hai", national_id="")
    with station.database.reader() as conn:
        rows = papers.people(conn, [unknown.person_id, asked.person_id], "covid19")
    assert [row.no_dose_yet for row in rows] == [False, True]
    sheets = [printing._person(station.ctx.campaign(), row) for row in rows]
    assert [sheet.doses_known for sheet in sheets] == [False, True]


def test_an_address_names_village_commune_and_province_once(station: TestStation) -> None:
    cards = (
        ("Bản Nà Khi, Mường Lạn, Sốp Cộp, Sơn La", "Bản Nà Khi, Mường Lạn, Sốp Cộp, Sơn La"),
        ("Số 5, tổ 2", "Số 5, tổ 2, Bản Nà Khi, Xã Mường Lạn, Tỉnh Sơn La"),
        ("", "Bản Nà Khi, Xã Mường Lạn, Tỉnh Sơn La"),
    )
    ids = [
        station.person(
            national_id="",
            full_name=f"Người {n}",
            address=card,
            village="Bản Nà Khi",
            commune_name="Xã Mường Lạn",
            province_name="Tỉnh Sơn La",
        ).person_id
        for n, (card, _shown) in enumerate(cards)
    ]
    with station.database.reader() as conn:
        assert [row.address for row in papers.people(conn, ids, "covid19")] == [shown for _card, shown in cards]


def test_the_childrens_form_lists_its_conclusions_in_the_official_order(station: TestStation) -> None:
    text = text_of(printing.blank_screening_form(station.ctx, 10).data)
    boxes = ("Đủ điều kiện tiêm chủng ngay", "Chống chỉ định", "Trì hoãn", "Nhóm thận trọng", "Chuyển khám sàng lọc")
    places = [text.index(box) for box in boxes]
    assert places == sorted(places)


def test_an_abnormal_measurement_ticks_its_row_on_paper_also_against_a_written_no(
    station: TestStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = station.person(station.session(station.lot()))
    form = station.ctx.campaign().screening_forms["adult-5785"]
    answers = nothing_found(form, PRODUCT, "male")
    command = screenings.RecordScreening(
        person.visit_id, form.id, PRODUCT, answers, {"temperature": 38.4}, reason="sốt"
    )
    screenings.record(station.ctx, command)
    seen: list[ScreeningPaper] = []
    monkeypatch.setattr(forms, "screening", lambda pages, *_more: seen.extend(pages) or b"")
    printing.filled_screening_forms(station.ctx, [person.visit_id], note=False)
    assert {row.number: row.answer for row in seen[0].questions}["9"] is True
    assert {row.number: row.answer for row in seen[0].questions}["8"] is False
