"""Paper forms from the file: filled heads in list order, filled screenings, blank copies, advice slips."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pypdfium2
import pytest
from support.station import PRODUCT, TestStation, make_station

from vaxdesk.db.tables import Print
from vaxdesk.domain.dates import PartialDate
from vaxdesk.errors import KnownError, RefusedError
from vaxdesk.services import printing


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory):
    station = make_station(tmp_path_factory.mktemp("printing"))
    yield station
    station.database.close()


@pytest.fixture(scope="module")
def morning(station: TestStation) -> tuple[str, list]:
    """A session with a woman, an old man known by his year, and a boy with his mother."""
    lot = station.lot()
    session = station.session(lot)
    people = [
        station.person(
            session,
            full_name="Lò Thị Hoa",
            sex="female",
            birth=PartialDate(1991, 4, 2),
            national_id="014191000111",
            phone="0912345678",
        ),
        station.person(session, full_name="Cầm Văn Ổn", birth=PartialDate(1938), national_id=""),
        station.person(
            session,
            full_name="Quàng Văn Bé",
            birth=PartialDate(2014, 9, 1),
            national_id="",
            guardian_name="Quàng Thị Lả",
            guardian_relation="mother",
            guardian_phone="0987654321",
        ),
    ]
    return session, people


def text(data: bytes) -> list[str]:
    """The text of every page, read back."""
    document = pypdfium2.PdfDocument(data)
    pages = [document[index].get_textpage().get_text_bounded() for index in range(len(document))]
    document.close()
    return [" ".join(page.split()) for page in pages]


def test_screening_forms_follow_the_list_each_by_its_age(station: TestStation, morning: tuple) -> None:
    session, people = morning
    ids = printing.people_of_session(station.ctx, session)
    assert ids == [person.person_id for person in people]
    told: list[tuple[int, int]] = []
    printed = printing.screening_forms(station.ctx, ids, lambda done, of: told.append((done, of)))
    first, second, third = text(printed.data)
    assert printed.pages == 3
    assert told[-1] == (3, 3)
    assert "DÀNH CHO NGƯỜI TỪ 18 TUỔI TRỞ LÊN" in first
    assert "Lò Thị Hoa" in first
    assert "02/04/1991" in first
    assert people[0].code in first
    assert "Cầm Văn Ổn" in second
    assert "01/01/1938" not in second
    assert "ĐỐI VỚI TRẺ EM" in third
    assert "Quàng Thị Lả" in third
    assert "breastfeeding" not in first
    assert "cho con bú" not in first.split("(a)")[0]


def test_the_reverse_list_prints_in_reverse(station: TestStation, morning: tuple) -> None:
    ids = printing.people_of_session(station.ctx, morning[0])[::-1]
    pages = text(printing.screening_forms(station.ctx, ids).data)
    assert "Quàng Văn Bé" in pages[0]
    assert "Lò Thị Hoa" in pages[2]


def test_consent_forms_are_prefilled_with_open_boxes(station: TestStation, morning: tuple) -> None:
    ids = printing.people_of_session(station.ctx, morning[0])
    printed = printing.consent_forms(station.ctx, ids)
    adult, _old, child = text(printed.data)
    assert "Lò Thị Hoa" in adult
    assert "Đồng ý tiêm chủng" in adult
    assert "14 ngày" not in adult
    assert "Đồng ý cho trẻ tiêm chủng" in child
    assert "Quàng Thị Lả" in child


def test_a_recorded_screening_prints_filled(station: TestStation, morning: tuple) -> None:
    _session, people = morning
    visit = people[1].visit_id
    station.consent(people[1].person_id, visit)
    form = station.ctx.campaign().screening_forms["adult-5785"]
    from vaxdesk.domain.screening import nothing_found
    from vaxdesk.services import screenings

    screenings.record(
        station.ctx,
        screenings.RecordScreening(
            visit,
            form.id,
            PRODUCT,
            {**nothing_found(form, PRODUCT, "male"), "6": "hải sản"},
            {"temperature": 36.7, "blood_pressure": "138/84"},
            reason="dị ứng hải sản nhẹ",
        ),
    )
    printed = printing.filled_screening_forms(station.ctx, [visit, people[0].visit_id])
    assert printed.skipped == (people[0].visit_id,)
    (page,) = text(printed.data)
    assert "138/84" in page
    assert "36,7" in page
    assert "dị ứng hải sản nhẹ" in page
    assert "Lò Thị Mai" in page


def test_the_advice_slip_of_a_dose(station: TestStation, morning: tuple) -> None:
    lot = station.lot("ABX9999")
    station.clock.advance(timedelta(days=1))
    person = station.through(
        station.session(lot), lot, full_name="Lường Văn Dương", national_id="", birth=PartialDate(1970, 1, 1)
    )
    printed = printing.advice_slips(station.ctx, [person.visit_id], ["Mũi 2: từ 16/01/2027"])
    page = " ".join(text(printed.data))
    assert "Lường Văn Dương" in page
    assert "39 °C" in page
    assert "tê quanh môi hoặc lưỡi" in page
    assert "Mũi 2: từ 16/01/2027" in page
    with pytest.raises(RefusedError):
        printing.advice_slips(station.ctx, [morning[1][2].visit_id])


def test_blank_forms_are_copies_without_a_person(station: TestStation) -> None:
    printed = printing.blank_screening_form(station.ctx, 40, 3)
    pages = text(printed.data)
    assert len(pages) == printed.pages == 3
    assert pages[0] == pages[2]
    assert "Phụ nữ mang thai ≥ 13 tuần" in pages[0]
    assert "Không đồng ý cho trẻ tiêm chủng" in text(printing.blank_consent_form(station.ctx, 8).data)[0]
    for copies in (0, 501):
        with pytest.raises(KnownError):
            printing.blank_screening_form(station.ctx, 40, copies)
    with pytest.raises(KnownError):
        printing.blank_consent_form(station.ctx, 3)


def test_nothing_to_print_is_refused_and_a_print_is_noted(station: TestStation, morning: tuple) -> None:
    with pytest.raises(RefusedError):
        printing.screening_forms(station.ctx, [])
    ids = printing.people_of_session(station.ctx, morning[0])
    with pytest.raises(RefusedError):
        printing.screening_forms(station.ctx, ids, cancelled=lambda: True)
    before = _prints(station)
    printing.consent_forms(station.ctx, ids)
    assert _prints(station) == before + 3


def test_practice_forms_carry_the_watermark(tmp_path: Path) -> None:
    station = make_station(tmp_path, practice=True)
    plain = text(printing.blank_screening_form(station.ctx, 40).data)[0]
    station.database.close()
    assert "THỰC HÀNH" in plain.upper() or "TẬP" in plain.upper()


def _prints(station: TestStation) -> int:
    with station.database.reader() as session:
        return session.query(Print).count()
