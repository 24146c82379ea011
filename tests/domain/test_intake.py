from datetime import date

from vaxdesk.domain import people
from vaxdesk.domain.cards import read_scan
from vaxdesk.domain.intake import fill_form
from vaxdesk.domain.units import units

TODAY = date(2026, 11, 21)
CARD = "014090123456|050812345|Nguyễn Văn Anh|01011990|Nam|{address}|15042021"


def test_one_scan_fills_the_form_of_the_journey() -> None:
    filled = fill_form(read_scan(CARD.format(address="Bản Nà Khi, Mường Lạn, Sốp Cộp, Sơn La"), TODAY), units())
    details = filled.details
    assert filled.warnings == ()
    assert people.check(details, TODAY) == []
    assert (details.full_name, details.sex, details.old_id) == ("Nguyễn Văn Anh", "male", "050812345")
    assert (details.village, details.commune_code, details.province_name) == ("Bản Nà Khi", "04246", "Tỉnh Sơn La")
    assert details.address == "Bản Nà Khi, Mường Lạn, Sốp Cộp, Sơn La"


def test_a_divided_commune_is_asked_about() -> None:
    filled = fill_form(read_scan(CARD.format(address="Tổ 3, Phúc Lợi, Long Biên, Hà Nội"), TODAY), units())
    assert [w.code for w in filled.warnings] == ["divided"]
    assert len(filled.place.candidates) == 2
    assert filled.details.commune_code == "00136"
    assert "Phường" in filled.warnings[0].words()


def test_an_unknown_place_is_asked_for() -> None:
    filled = fill_form(read_scan(CARD.format(address="Bản Nà Khi, Xứ Lạ, Sơn La"), TODAY), units())
    assert [w.code for w in filled.warnings] == ["not_found"]
    assert (filled.details.province_code, filled.details.commune_code) == ("14", "")


def test_a_number_alone_fills_the_number_alone() -> None:
    filled = fill_form(read_scan("014090123456", TODAY), units())
    assert filled.details.national_id == "014090123456"
    assert [w.code for w in filled.warnings] == ["number_only"]
