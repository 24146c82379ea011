"""Slips, official forms and the recovery sheet, read back."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from document_reading import page_count, pixels, text, zbar, zxing

from vaxdesk import assets, i18n
from vaxdesk.campaigns.load import load
from vaxdesk.documents import form_inputs, forms, recovery, slips
from vaxdesk.documents.form_inputs import FilledScreening, PaperPerson
from vaxdesk.documents.slips import AppointmentSlip
from vaxdesk.domain.campaign import Campaign
from vaxdesk.errors import RefusedError

STATION = "Trạm Y tế xã Mường Lạn"
PERSON = PaperPerson(
    name="Giàng A Pó",
    birth="1956",
    sex="male",
    identity="014056001234",
    phone="0912 345 678",
    address="Bản Pá Kạch, xã Mường Lạn",
    doses=(("COVID-19 Vaccine AstraZeneca", "24/09/2026"),),
    doses_known=True,
)
CHILD = PaperPerson("Giàng Thị Mỷ", "03/07/2015", "female", guardian="Giàng A Pó", guardian_phone="0912 345 678")


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    return load(assets.resource("campaigns", "covid19"))


def slip(**changes: object) -> AppointmentSlip:
    values: dict[str, object] = {
        "station": STATION,
        "name": "Giàng A Pó",
        "birth": "1956",
        "code": "7KM3N-04CXP-2HTRV",
        "status_words": "Chưa tiêm",
        "next_step": "Mũi 1: thứ Bảy 21/11/2026, từ 8 giờ",
        "phones": (("Trạm Y tế", "0212 3 878 115"),),
    }
    return AppointmentSlip(**{**values, **changes})  # type: ignore[arg-type]  # values of several types


def test_appointment_slip_has_the_person_the_code_and_the_next_step() -> None:
    pdf = slips.appointments([slip(), slip(colour="yellow", shape="half", doses=1, status_words="Đã tiêm 1 mũi")])
    assert page_count(pdf) == 2
    for part in ("Giàng A Pó", "1956", "7KM3N-04CXP-2HTRV", "Chưa tiêm", "Mũi 1: thứ Bảy 21/11/2026", "0212 3 878 115"):
        assert part in text(pdf)
    assert "Đã tiêm 1 mũi" in text(pdf, 1)
    for number in range(2):
        assert zxing(pixels(pdf, number, 96)) == "7KM3N-04CXP-2HTRV"
        assert zbar(pixels(pdf, number, 150)) == "7KM3N-04CXP-2HTRV"
    assert len(pdf) <= 50_000


def test_a_slip_never_carries_a_certificate() -> None:
    with pytest.raises(ValueError, match="personal code"):
        slip(code="HC1:6BF")


def test_practice_slips_say_so() -> None:
    assert "KHÔNG CÓ GIÁ TRỊ" in text(slips.appointments([slip(practice=True)]))
    with pytest.raises(ValueError, match="practice"):
        slips.appointments([slip(), slip(practice=True)])


def test_advice_slip_has_eight_signs_and_the_phones(campaign: Campaign) -> None:
    assert campaign.advice is not None
    adult = campaign.advice.slip_for(70, date(2026, 11, 21))
    assert adult is not None
    paper = form_inputs.advice_slip(
        adult, campaign.advice.reactions, STATION, ((STATION, "0212 3 878 115"), ("Cấp cứu", "115")), "Giàng A Pó"
    )
    found = text(slips.advice([paper]))
    assert len(paper.signs) == 8
    for place, seen in paper.signs:
        assert place in found
        assert seen[:20] in found
    for part in ("30 phút", "28 ngày", "39 °C", "0212 3 878 115", "115", "Giàng A Pó", "mệt mỏi"):
        assert part in found


def test_child_advice_has_its_own_fever(campaign: Campaign) -> None:
    assert campaign.advice is not None
    child = campaign.advice.slip_for(8, date(2026, 11, 21))
    assert child is not None
    assert "38,5 °C" in text(slips.advice([form_inputs.advice_slip(child, (), STATION, ())]))


@pytest.mark.parametrize("blank", [True, False])
def test_screening_form_has_the_official_words_in_order(campaign: Campaign, blank: bool) -> None:
    form = campaign.screening_forms["adult-5785"]
    filled = FilledScreening(
        answers={question.id: False for question in form.questions} | {"6": "tôm, cua"},
        vitals={"temperature": 36.8, "systolic": 128, "diastolic": 76},
        outcomes=frozenset({"caution"}),
        reason="Dị ứng tôm cua",
        at=datetime(2026, 11, 21, 1, 35, tzinfo=UTC),
        signer="BS. Lò Thị Ánh",
    )
    paper = form_inputs.screening_paper(form, STATION, None if blank else PERSON, None if blank else filled)
    found = text(forms.screening([paper]))
    at = 0
    for part in (
        "CƠ SỞ TIÊM CHỦNG",
        "PHIẾU SÀNG LỌC TRƯỚC TIÊM CHỦNG",
        "Họ và tên",
        "CCCD/CMT/Hộ chiếu (nếu có)",
        "Địa chỉ liên hệ",
        "Đã tiêm mũi 3",
        "I. Sàng lọc",
        "Tiền sử rõ ràng phản vệ",
        "Phụ nữ mang thai ≥ 13 tuần",
        "Bất thường dấu hiệu sống",
        "Các chống chỉ định/trì hoãn khác",
        "II. Kết luận",
        "Đủ điều kiện tiêm chủng ngay",
        "Chống chỉ định tiêm chủng vắc xin cùng loại",
        "Trì hoãn tiêm chủng",
        "Chỉ định tiêm tại các cơ sở y tế có đủ điều kiện cấp cứu phản vệ",
        "Nhóm thận trọng khi tiêm chủng",
        "Lý do",
        "Người thực hiện sàng lọc",
        "(e) Các trường hợp",
    ):
        assert part in found[at:], part
        at = found.index(part, at)
    assert "Đang cho con bú" not in found
    for part in ("Giàng A Pó", "014 056 001 234", "tôm, cua", "36,8", "128/76", "08 giờ 35 phút", "BS. Lò Thị Ánh"):
        assert (part in found) is not blank, part


def test_ticks_follow_the_answers(campaign: Campaign) -> None:
    form = campaign.screening_forms["adult-5785"]
    paper = form_inputs.screening_paper(form, STATION, PERSON, FilledScreening({"1": False, "2": True, "6": "tôm"}))
    answers = {row.number: row.answer for row in paper.questions}
    assert (answers["1"], answers["2"], answers["6"], answers["7"]) == (False, True, True, None)
    assert next(row for row in paper.questions if row.number == "3").heading
    ticked = [tick.words for line in paper.lines for field in line for tick in field.ticks if tick.ticked]
    assert ticked == ["Nam", "Đã tiêm mũi 1"]


def test_unknown_history_ticks_nothing(campaign: Campaign) -> None:
    form = campaign.screening_forms["adult-5785"]
    known = form_inputs.screening_paper(form, STATION, PaperPerson("Vừ A Dế", doses_known=True))
    unknown = form_inputs.screening_paper(form, STATION, PaperPerson("Vừ A Dế"))
    ticks = [[t.words for line in p.lines for f in line for t in f.ticks if t.ticked] for p in (known, unknown)]
    assert ticks == [["Chưa tiêm"], []]


def test_child_form_has_guardian_and_measurements_first(campaign: Campaign) -> None:
    form = campaign.screening_forms["child-5002"]
    found = text(forms.screening([form_inputs.screening_paper(form, STATION, CHILD)]))
    assert found.index("Thân nhiệt") < found.index("1. Tiền sử rõ ràng")
    for part in ("BẢNG KIỂM TRƯỚC TIÊM CHỦNG", "Họ tên bố/mẹ/người giám hộ: Giàng A Pó", "Chuyển khám sàng lọc"):
        assert part in found
    assert found.index("Nhóm thận trọng") < found.index("Chuyển khám sàng lọc, tiêm chủng tại bệnh viện")


def test_every_form_of_the_pack_fits_one_page(campaign: Campaign) -> None:
    for form in campaign.screening_forms.values():
        papers = [form_inputs.screening_paper(form, STATION, PERSON), form_inputs.screening_paper(form, STATION)]
        pdf = forms.screening(papers)
        assert page_count(pdf) == 2
        bottom = pixels(pdf, 0, 72)[-20:]
        assert bottom.min() == 255


def test_consent_forms_come_in_list_order_with_the_person(campaign: Campaign) -> None:
    assert campaign.consents is not None
    adult = campaign.consents.text_for(70, date(2026, 11, 21))
    child = campaign.consents.text_for(8, date(2026, 11, 21))
    assert adult is not None
    assert child is not None
    papers = [
        form_inputs.consent_paper(adult, STATION, PERSON, place="Mường Lạn", list_number="1"),
        form_inputs.consent_paper(child, STATION, CHILD, list_number="2"),
        form_inputs.consent_paper(adult, STATION, PaperPerson("Vừ A Dế"), list_number="3", agreed=False),
    ]
    for size in ("A5", "A4"):
        pdf = forms.consent(papers, size)
        assert page_count(pdf) == 3
        for number, name in enumerate(("Giàng A Pó", "Giàng Thị Mỷ", "Vừ A Dế")):
            assert name in text(pdf, number)
            assert f"STT trong danh sách: {number + 1}" in text(pdf, number)
    assert "Không đồng ý tiêm chủng" in text(pdf)
    assert "Họ tên cha/mẹ hoặc người giám hộ: Giàng A Pó" in text(pdf, 1)
    assert "0912 345 678" in text(pdf, 1)


def test_dated_declarations_are_boxes_of_their_own(campaign: Campaign) -> None:
    assert campaign.consents is not None
    day = date(2021, 8, 10)
    adult = campaign.consents.text_for(40, day)
    assert adult is not None
    paper = form_inputs.consent_paper(adult, STATION, PERSON, campaign.consents.declarations_on(day))
    assert "trong vòng 14 ngày qua chưa tiêm phòng" in text(forms.consent([paper]))


def test_forms_can_be_cancelled_and_practice_is_never_mixed(campaign: Campaign) -> None:
    form = campaign.screening_forms["adult-5785"]
    papers = [form_inputs.screening_paper(form, STATION), form_inputs.screening_paper(form, STATION, practice=True)]
    with pytest.raises(RefusedError):
        forms.screening(papers)
    with pytest.raises(RefusedError):
        forms.screening(papers[:1], cancelled=lambda: True)
    assert "KHÔNG CÓ GIÁ TRỊ" in text(forms.screening(papers[1:]))
    with pytest.raises(ValueError, match="nothing"):
        forms.screening([])


def test_recovery_sheet_has_numbered_groups_and_leaves_no_file(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_named: object) -> None:
        raise AssertionError("the sheet must not touch the disk")

    code = "K7QP-3M9X-AB2C-ZZ81-0P4R-T6WV-HJ5N"
    recovery.sheet(STATION, code, date(2026, 11, 21))
    monkeypatch.setattr("builtins.open", refuse)
    pdf = recovery.sheet(STATION, code, date(2026, 11, 21), "2")
    monkeypatch.undo()
    found = text(pdf)
    for part in (*code.split("-"), "Phiếu khôi phục", "21/11/2026", "Phiếu số 2", STATION):
        assert part in found
    assert zxing(pixels(pdf)) is None


def test_recovery_sheet_speaks_the_users_language() -> None:
    before = i18n.language()
    i18n.set_language("en")
    try:
        assert "Recovery sheet" in text(recovery.sheet(STATION, "K7QP-3M9X", date(2026, 11, 21)))
    finally:
        i18n.set_language(before)
