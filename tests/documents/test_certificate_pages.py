"""Certificate pages read back: text with diacritics, codes from pixels, colours, sizes."""

from __future__ import annotations

from datetime import date

import numpy as np
import pypdfium2
import pytest
import zxingcpp
from document_reading import colour, page_count, pixels, text, zbar, zxing
from document_samples import SEVEN, dose, hc1, page

from vaxdesk.certificates import pages, pages_card
from vaxdesk.certificates.pages import CertificatePage, Size, Status, render
from vaxdesk.documents import kit, qr
from vaxdesk.errors import RefusedError

SIZES: tuple[Size, ...] = ("A4", "A5", "card")


@pytest.mark.parametrize("size", SIZES)
def test_page_has_the_fields_of_both_forms(size: Size) -> None:
    certificate = page(phone="0912 345 678")
    found = text(render([certificate], size))
    for part in (
        "Giàng A Pó",
        "1956",
        "Việt Nam",
        "014 056 001 234",
        "0912 345 678",
        "Bản Pá Kạch, xã Mường Lạn, tỉnh Sơn La",
        "COVID-19",
        "24/09/2026",
        "21/11/2026",
        "Mũi 1",
        "Mũi 2",
        "AstraZeneca AB",
        "véc tơ vi rút",
        "ABX2045",
        "ABX3107",
        "URN:UVCI:01:VN:118/01/7K2M9QX4#F",
        "118-01/2026/000482",
        "Đã tiêm đủ 2 mũi",
        "Mã QR do trạm ký, tạm thời đến 20/05/2027",
        "Mường Lạn, ngày 21 tháng 11 năm 2026",
        "Trưởng trạm",
        "Lò Thị Ánh",
        "Ký tên, đóng dấu (Sign and stamp)",
    ):
        assert part in found, part


@pytest.mark.parametrize("size", ["A4", "A5"])
def test_sheet_has_every_label_of_the_official_form(size: Size) -> None:
    found = text(render([page()], size))
    for label in (
        "GIẤY XÁC NHẬN ĐÃ TIÊM VẮC XIN COVID-19",
        "CERTIFICATE OF COVID-19 VACCINATION",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Họ và tên / Name",
        "Ngày sinh / Date of birth (day/month/year)",
        "Quốc tịch / Nationality",
        "Số CCCD/CMT/hộ chiếu / ID",
        "Số điện thoại / Tel",
        "Địa chỉ / Address",
        "Đã được tiêm vắc xin phòng bệnh COVID-19 / Has been vaccinated with COVID-19 vaccine",
        "Số mũi tiêm đã nhận / Doses received: 2",
        "Ngày tiêm Date",
        "Loại vắc xin, sản phẩm, nhà sản xuất Vaccine, product, manufacturer",
        "Số lô Lot",
        "Cơ sở tiêm chủng",
        "Immunization unit",
        "First dose",
        "Second dose",
    ):
        assert label in found, label


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dpi", [96, 150, 200, 300])
def test_code_reads_from_pixels(size: Size, dpi: int) -> None:
    certificate = page(code=hc1(dpi))
    picture = pixels(render([certificate], size), dpi=dpi)
    assert zxing(picture) == certificate.code
    if dpi >= 150:
        assert zbar(picture) == certificate.code


@pytest.mark.parametrize("status", ["none", "begun", "complete"])
def test_code_reads_and_frame_has_its_colour(status: Status) -> None:
    certificate = page(status=status, status_vi="Đã tiêm 1 mũi", doses=(dose(1),))
    pdf = render([certificate], "A5")
    assert zxing(pixels(pdf)) == certificate.code
    assert zbar(pixels(pdf)) == certificate.code
    frame = {"none": (0, 0, 0), "begun": (0xFF, 0xD6, 0x00), "complete": (0x00, 0xA6, 0x50)}[status]
    picture = colour(pdf)
    share = (np.abs(picture.astype(int) - frame).max(axis=2) <= 3).mean()
    assert share > 0.005


@pytest.mark.parametrize("size", SIZES)
def test_modules_are_wide_enough_and_four_white_ones_stand_around(size: Size) -> None:
    dpi = 300
    picture = colour(render([page()], size), dpi=dpi).astype(int)
    green = np.abs(picture - (0x00, 0xA6, 0x50)).max(axis=2) <= 3
    rows, columns = np.nonzero(green[: int(picture.shape[0])])
    # The status mark is green too; the frame is the larger thing and stands above or right of it.
    wide = np.bincount(rows)
    top = int(np.nonzero(wide > wide.max() * 0.9)[0][0])
    left = int(columns[rows == top].min())
    right = int(columns[rows == top].max())
    middle = (left + right) // 2
    inside = ~green[top:, middle]
    edge = top + int(np.nonzero(inside)[0][0])
    ink = np.nonzero((picture[:, left:right] <= 60).all(axis=2)[edge : edge + (right - left)])
    side = (ink[0].max() - ink[0].min() + 1) / dpi * 25.4
    module = side / 93
    assert module >= 0.4
    assert side >= 39.5
    assert ink[0].min() / dpi * 25.4 >= 3.9 * module


def test_a_black_and_white_print_keeps_words_and_numeral() -> None:
    found = text(render([page(status="begun", status_vi="Đã tiêm 1 mũi", doses=(dose(1),))]))
    assert "Đã tiêm 1 mũi" in found
    assert "Doses received: 1" in found


@pytest.mark.parametrize("size", SIZES)
def test_seven_doses_stand_on_one_page(size: Size) -> None:
    pdf = render([page(doses=SEVEN, status_vi="Đã tiêm 7 mũi", status_en="7 doses")], size)
    found = text(pdf)
    assert page_count(pdf) == 1
    for label in ("Mũi 3", "Mũi bổ sung", "Mũi nhắc lại 1", "Mũi nhắc lại 3", "01/09/2022", "Spikevax"):
        assert label in found
    assert zxing(pixels(pdf)) == page().code


def test_sizes_single_and_batch() -> None:
    for size in SIZES:
        assert len(render([page(doses=SEVEN)], size)) <= 50_000
        batch = [
            page(code=hc1(number), number=f"118-01/2026/{number:06}", name=f"Vừ Thị Mỷ {number}")
            for number in range(40)
        ]
        pdf = render(batch, size)
        assert page_count(pdf) == 40
        assert len(pdf) / 40 <= 12_000


def test_each_page_of_a_batch_has_its_own_code_and_name() -> None:
    batch = [page(code=hc1(number), name=f"Sùng Thị Mai {number}") for number in range(5)]
    pdf = render(batch)
    for number, certificate in enumerate(batch):
        assert zxing(pixels(pdf, number)) == certificate.code
        assert certificate.name in text(pdf, number)


@pytest.mark.parametrize("size", SIZES)
def test_no_code_says_what_is_in_the_way(size: Size) -> None:
    reasons = ("Số CCCD chưa đối chiếu với giấy tờ", "Ngày tiêm mũi 2 sớm hơn 12 ngày")
    certificate = page(code=None, code_valid_until=None, uvci="", no_code_reasons=reasons)
    pdf = render([certificate], size)
    found = text(pdf)
    assert zxing(pixels(pdf)) is None
    assert "Chưa in mã QR" in found
    for reason in reasons:
        assert reason in found
    assert "tạm thời đến" not in found


def test_national_code_has_other_words() -> None:
    found = text(render([page(code_kind="national")]))
    assert "Mã QR do Bộ Y tế ký, có giá trị đến 20/05/2027" in found
    assert "do trạm ký" not in found


def test_campaign_without_signed_code_prints_the_personal_code() -> None:
    certificate = page(
        title_vi="Giấy xác nhận đã tiêm vắc xin sởi - rubella",
        title_en="Certificate of measles-rubella vaccination",
        code="VD:7K2M9QX4",
        code_kind="personal",
        code_valid_until=None,
    )
    pdf = render([certificate])
    assert zxing(pixels(pdf)) == "VD:7K2M9QX4"
    assert "không phải chứng nhận" in text(pdf)
    assert "COVID" not in text(pdf).split("Họ và tên")[0]


@pytest.mark.parametrize("size", SIZES)
def test_practice_is_on_every_page_and_never_in_the_code(size: Size) -> None:
    pdf = render([page(practice=True), page(practice=True)], size)
    for number in range(2):
        assert "KHÔNG CÓ GIÁ TRỊ" in text(pdf, number)
        assert zxing(pixels(pdf, number)) == page().code
    with pytest.raises(RefusedError):
        render([page(), page(practice=True)], size)
    assert "KHÔNG CÓ GIÁ TRỊ" not in text(render([page()], size))


@pytest.mark.parametrize("size", SIZES)
def test_replaced_paper_says_so(size: Size) -> None:
    found = text(render([page(replaced_on=date(2026, 11, 22), replaced_by="118-01/2026/000501")], size))
    assert "ĐÃ ĐƯỢC THAY THẾ ngày 22/11/2026 bằng giấy số 118-01/2026/000501" in found


def test_four_cards_stand_on_a_sheet_at_their_own_size() -> None:
    batch = [page(code=hc1(number), name=f"Sùng Thị Mai {number}") for number in range(6)]
    pdf = render(batch, "cards")
    assert page_count(pdf) == 2
    picture = pixels(pdf, 0, 200)
    assert picture.shape == (2339, 1654) or picture.shape == (2338, 1654)
    found = {result.text for result in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)}
    assert found == {certificate.code for certificate in batch[:4]}
    assert all(f"Sùng Thị Mai {number}" in text(pdf, number // 4) for number in range(6))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("without_code", [False, True])
def test_the_most_crowded_page_stays_on_the_paper_and_loses_nothing(size: Size, without_code: bool) -> None:
    doses = tuple(
        dose(
            number,
            "primary" if number < 4 else "booster",
            product="COVID-19 Vaccine (Vero Cell), Inactivated – Sinopharm",
            maker="China Sinopharm International Corp. – Beijing Institute of Biological Products",
            unit="Trung tâm Y tế khu vực Sốp Cộp, điểm tiêm lưu động bản Nà Khoang",
            lot=f"LOT-{number}-ABCDEF",
            note="Không tính: sớm hơn 12 ngày" if number % 3 == 0 else "",
            counts=number % 3 != 0,
        )
        for number in range(1, 10)
    )
    reasons = tuple(f"Lý do {number}: số CCCD chưa đối chiếu với giấy tờ tùy thân" for number in range(4))
    changes = {"code": None, "code_valid_until": None, "uvci": "", "no_code_reasons": reasons} if without_code else {}
    certificate = page(doses=doses, address="Tổ 12, bản Nà Khoang, " * 8, **changes)
    assert pages_card.set_back(certificate).height <= pages_card.FACE
    pdf = render([certificate], size)
    found = text(pdf).replace(" ", "")
    for number in range(1, 10):
        assert f"LOT-{number}-ABCDEF" in found
    for reason in reasons if without_code else ():
        assert reason.replace(" ", "") in found
    assert found.index("LOT-9-ABCDEF") < found.index("Trưởngtrạm")
    picture = pixels(pdf, 0, 100)
    edge = 5
    assert picture[-edge:].min() > 200
    assert picture[:, :edge].min() > 200 or size == "card"


def test_new_paper_names_the_one_it_replaces() -> None:
    assert "Thay thế giấy số 118-01/2026/000482" in text(render([page(replaces="118-01/2026/000482")]))


def test_progress_and_cancel() -> None:
    seen: list[tuple[int, int]] = []
    render([page()] * 3, progress=lambda done, count: seen.append((done, count)))
    assert seen == [(1, 3), (2, 3), (3, 3)]
    with pytest.raises(pages.Cancel):
        render([page()] * 3, cancelled=lambda: len(seen) >= 3)


def test_pages_that_cannot_be_true_are_refused() -> None:
    for changes in ({"doses": ()}, {"doses": (dose(1), dose(1))}, {"name": "  "}):
        with pytest.raises(RefusedError):
            page(**changes)
    contradictions: tuple[dict[str, object], ...] = (
        {"code": None},
        {"no_code_reasons": ("x",)},
        {"code_kind": "personal"},
        {"code_valid_until": None},
    )
    for changes in contradictions:
        with pytest.raises(ValueError, match="code"):
            page(**changes)
    with pytest.raises(ValueError, match="nothing"):
        render([])


def test_page_is_frozen_and_prints_at_its_own_size() -> None:
    with pytest.raises(AttributeError):
        page().name = "Khác"  # type: ignore[misc]  # the assignment is what the test forbids
    assert b"/PrintScaling /None" in render([page()])
    assert isinstance(page(), CertificatePage)
    assert kit.PAPER["card"] == (85.6, 108)


def words_above(pdf: bytes, limit: float) -> str:
    """The words in the upper millimetres of the first page."""
    document = pypdfium2.PdfDocument(pdf)
    sheet = document[0]
    bottom = sheet.get_height() - limit * kit.MM
    words = " ".join(sheet.get_textpage().get_text_bounded(bottom=bottom).split())
    document.close()
    return words


def test_a_card_says_beside_the_code_who_signed_it_and_until_when() -> None:
    assert "Mã QR do trạm ký, tạm thời đến 20/05/2027" in words_above(render([page()], "card"), pages_card.FACE)
    national = page(code_kind="national", code_valid_until=date(2027, 11, 21))
    front = words_above(render([national], "card"), pages_card.FACE)
    assert "Mã QR do Bộ Y tế ký, có giá trị đến 21/11/2027" in front
    assert "tạm thời" not in front


@pytest.mark.parametrize("size", SIZES)
def test_a_dose_that_does_not_count_has_no_number(size: Size) -> None:
    doses = (dose(1), dose(0, counts=False, note="Tiêm sớm 81 ngày"))
    found = text(render([page(doses=doses)], size))
    assert "Không tính" in found
    assert "Mũi 0" not in found
    assert "0th" not in found


@pytest.mark.parametrize("size", ["A4", "A5"])
def test_a_paper_without_a_code_gives_its_own_number_as_the_certificate_number(size: Size) -> None:
    reasons = ("Khoá ký của trạm đã hết hạn.",)
    found = text(render([page(code=None, code_valid_until=None, uvci="", no_code_reasons=reasons)], size))
    assert "Mã số của chứng nhận / Certificate number: 118-01/2026/000482" in found


@pytest.mark.parametrize("size", SIZES)
def test_a_campaign_without_a_signed_code_prints_the_personal_code_with_the_packs_words(size: Size) -> None:
    certificate = page(
        code="7KM3N-04CXP-2HTRV",
        code_kind="personal",
        code_valid_until=None,
        uvci="",
        code_note_vi="Bệnh này không có mã chứng nhận châu Âu.",
        code_note_en="No European code exists.",
        statement_vi="Đã được tiêm vắc xin phòng bệnh sởi - rubella",
        statement_en="Has been vaccinated against measles and rubella",
        fields=("name", "birth", "guardian", "address"),
        guardian="Lò Thị Mẹ",
    )
    pdf = render([certificate], size)
    found = text(pdf)
    assert zxing(pixels(pdf)) == "7KM3N-04CXP-2HTRV"
    assert "Bệnh này không có mã chứng nhận châu Âu." in found
    assert "Lò Thị Mẹ" in found
    assert "tạm thời" not in found
    assert "014 056 001 234" not in found
    if size != "card":
        assert "Đã được tiêm vắc xin phòng bệnh sởi - rubella" in found
        assert "Số điện thoại" not in found


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("length", [560, 606, 660, 730, 790])
def test_modules_are_at_least_four_tenths_of_a_millimetre_however_long_the_name_is(size: Size, length: int) -> None:
    certificate = page(code=hc1(length=length))
    picture = pixels(render([certificate], size), dpi=600)
    (found,) = [one for one in zxingcpp.read_barcodes(picture) if one.text == certificate.code]
    corners = found.position
    side = (corners.top_right.x - corners.top_left.x) / 600 * 25.4
    modules = qr.matrix(certificate.code).size
    assert side / modules >= 0.398, (side, modules)  # corners are found to a pixel or two
