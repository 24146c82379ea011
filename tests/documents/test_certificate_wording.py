"""The wording errors seen on real certificates, each a test: nothing of them can come off our printer."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from document_reading import pixels, text, zxing
from document_samples import dose, page
from hypothesis import given, settings
from hypothesis import strategies as st

from vaxdesk.certificates.pages import Size, render
from vaxdesk.domain.dates import PartialDate
from vaxdesk.errors import RefusedError

NAMES = (
    "Giàng A Pó",
    "Đỗ Thị Ngọc Ánh",
    "Nguyễn Thị Thuý Quỳnh",
    "Nguyễn Thị Thúy Quỳnh",
    "H'Hen Niê Kđăm",
    "Ksor H'Blớ",
    "Y Ơi Êban",
    "Lò Văn Ứng",
    "Công Tằng Tôn Nữ Nguyễn Thị Hoàng Phương Khánh Vy",
    "Đinh Văn Ỷ",
    "Jürgen O'Neill-Šťastný",
    "Y Bhiŏ Ayŭn",
    "H'Blĭ Ƀuôn Yă",
    "Łucja Ķēniņa-Țepeș Ğül",
)
SIZES: tuple[Size, ...] = ("A4", "A5", "card")
VIETNAMESE = "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵđbcdghklmnpqrstvxzfjw"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_name_is_printed_letter_by_letter_in_its_order(name: str, size: Size) -> None:
    assert name in text(render([page(name=name)], size))


@pytest.mark.parametrize("size", SIZES)
def test_a_name_of_sixty_letters_and_more_is_printed_whole(size: Size) -> None:
    name = "Ksor H'Bưk Êban Niê Kđăm Y Thăng Mlô Duôn Du Rơ Chăm H'Yêu Ayŭn Siu Pih"
    assert len(name) > 60
    assert name in text(render([page(name=name)], size))


def test_decomposed_letters_come_out_composed() -> None:
    assert "Nguyễn Thị Thúy" in text(render([page(name=unicodedata.normalize("NFD", "Nguyễn Thị Thúy"))]))


@given(st.lists(st.text(VIETNAMESE, min_size=1, max_size=7), min_size=1, max_size=9), st.sampled_from(SIZES))
@settings(max_examples=40)
def test_any_vietnamese_name_is_kept_whole(words: list[str], size: Size) -> None:
    name = " ".join(word.capitalize() for word in words)
    found = text(render([page(name=name)], size)).replace(" ", "")
    assert unicodedata.normalize("NFC", name).replace(" ", "") in found


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("birth", "shown"), [("1956", "1956"), ("1956-07", "07/1956"), ("1956-07-03", "03/07/1956")])
def test_unknown_parts_of_a_birth_date_are_not_invented(birth: str, shown: str, size: Size) -> None:
    found = text(render([page(birth=PartialDate.parse(birth))], size))
    assert shown in found
    assert "01/01/1956" not in found
    if birth == "1956":
        assert "/1956" not in found


@pytest.mark.parametrize("size", SIZES)
def test_a_second_dose_is_never_called_the_first(size: Size) -> None:
    only_second = page(doses=(dose(2, day=date(2026, 11, 21)),), status_vi="Đã tiêm 1 mũi", status="begun")
    found = text(render([only_second], size))
    assert "Mũi 2" in found
    assert "Mũi 1" not in found
    with pytest.raises(RefusedError):
        page(doses=(dose(1), dose(1, day=date(2026, 11, 21))))


@pytest.mark.parametrize("size", SIZES)
def test_product_is_printed_by_its_licensed_name(size: Size) -> None:
    long = "COVID-19 Vaccine (Vero Cell), Inactivated – Sinopharm"
    found = text(
        render([page(doses=(dose(1, product=long), dose(2, product="Spikevax (COVID-19 Vaccine Moderna)")))], size)
    )
    for product in (long, "Spikevax (COVID-19 Vaccine Moderna)"):
        assert product.replace(" ", "") in found.replace(" ", "")


@pytest.mark.parametrize("size", SIZES)
def test_a_mixed_or_longer_course_is_never_called_two_of_two(size: Size) -> None:
    doses = (dose(1), dose(2, product="Comirnaty"), dose(1, "booster", day=date(2026, 11, 21)))
    found = text(render([page(doses=doses, status_vi="Đã tiêm 3 mũi", status_en="3 doses received")], size))
    assert "2/2" not in found
    assert "of 2" not in found
    assert "Đã tiêm 3 mũi" in found
    if size != "card":
        assert "Doses received: 3" in found


def test_a_dose_that_does_not_count_is_shown_and_not_counted() -> None:
    doses = (dose(1), dose(2, counts=False, note="Không tính: sớm hơn 12 ngày"), dose(2, day=date(2026, 11, 21)))
    found = text(render([page(doses=doses)]))
    assert "Không tính: sớm hơn 12 ngày" in found
    assert "Doses received: 2" in found


@pytest.mark.parametrize("size", SIZES)
def test_a_corrected_paper_names_the_old_and_the_old_one_the_new(size: Size) -> None:
    old = text(render([page(replaced_on=date(2026, 11, 22), replaced_by="B-2")], size))
    assert "ĐÃ ĐƯỢC THAY THẾ" in old
    assert "B-2" in old
    if size != "card":
        assert "Thay thế giấy số A-1" in text(render([page(replaces="A-1")], size))


def test_two_papers_for_one_person_can_be_told_apart() -> None:
    first, second = (text(render([page(number=number)])) for number in ("118-01/2026/000482", "118-02/2026/000011"))
    assert "118-01/2026/000482" in first
    assert "118-02/2026/000011" in second
    assert "118-01/2026/000482" not in second


def test_no_paper_for_a_person_who_was_not_injected() -> None:
    with pytest.raises(RefusedError, match="recorded dose"):
        page(doses=())


@pytest.mark.parametrize("size", SIZES)
def test_dates_are_day_month_year(size: Size) -> None:
    found = text(render([page(doses=(dose(1, day=date(2026, 3, 4)),))], size))
    assert "04/03/2026" in found
    assert "03/04/2026" not in found


@pytest.mark.parametrize("size", SIZES)
def test_unchecked_identity_gives_no_code(size: Size) -> None:
    reason = "Số CCCD chưa đối chiếu với giấy tờ"
    pdf = render([page(code=None, code_valid_until=None, uvci="", no_code_reasons=(reason,))], size)
    assert zxing(pixels(pdf)) is None
    assert reason in text(pdf)


@pytest.mark.parametrize("size", SIZES)
def test_code_survives_a_fax(size: Size) -> None:
    """Fine fax: 200 dots an inch, one bit a dot."""
    picture = pixels(render([page()], size), dpi=200)
    assert zxing(((picture > 128) * 255).astype("uint8")) == page().code


@pytest.mark.parametrize("size", SIZES)
def test_long_texts_lose_nothing(size: Size) -> None:
    address = "Số 1234/56/78 đường Nguyễn Thị Minh Khai nối dài, tổ 12 khu đô thị An Khánh, xã Mường Lạn, tỉnh Sơn La"
    unit = "Trung tâm Y tế khu vực Sốp Cộp, điểm tiêm lưu động bản Nà Khoang, tỉnh Sơn La"
    certificate = page(
        name="Công Tằng Tôn Nữ Nguyễn Thị Hoàng Phương Khánh Vy Công Tằng Tôn Nữ Nguyễn Thị Hoàng",
        address=address,
        doses=tuple(
            dose(number, "primary" if number < 4 else "booster", unit=unit, lot=f"LOT-2026-{number}-ABCDEF")
            for number in range(1, 8)
        ),
        head_lines=("Ủy ban nhân dân xã Mường Lạn – Sốp Cộp", "Trạm Y tế xã Mường Lạn cơ sở 2 điểm tiêm bản Nà Khoang"),
    )
    pdf = render([certificate], size)
    found = text(pdf).replace(" ", "").replace("\ufffe", "")
    for part in (certificate.name, address, "LOT-2026-7-ABCDEF"):
        assert part.replace(" ", "") in found
    assert zxing(pixels(pdf, dpi=200)) == certificate.code


def test_letters_without_a_glyph_are_seen_not_dropped() -> None:
    assert "‹U+738B›" in text(render([page(name="Wang 王")]))
