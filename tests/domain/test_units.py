import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaxdesk import assets
from vaxdesk.domain import identity
from vaxdesk.domain.units import Units, matching_key, short_name, units

U = units()


def test_the_tables_are_whole() -> None:
    assert len(U.provinces) == 34
    assert len(U.communes) == 3321
    assert len({commune.code for commune in U.communes}) == 3321
    assert all(len(c.code) == 5 and c.code.isdigit() and U.province(c.province_code) for c in U.communes)
    kinds = [commune.name.split(" ")[0] for commune in U.communes]
    assert (kinds.count("Phường"), kinds.count("Xã"), kinds.count("Đặc")) == (687, 2621, 13)
    assert U.valid_from == date(2025, 7, 1)
    assert all(U.now(row.code) for row in U._old_communes if row.code)
    assert len({row.code for row in U._old_provinces}) == 63


def test_the_files_are_small_and_have_their_licence() -> None:
    folder = assets.resource("units", "2025-07-01")
    assert all(path.stat().st_size < 5_000_000 for path in folder.iterdir())
    assert "MIT" in (folder / "LICENSE").read_text(encoding="utf-8")
    assert json.loads((folder / "about.json").read_text())["source"]


def test_nothing_is_read_before_it_is_asked_for(tmp_path: Path) -> None:
    Units(tmp_path / "none")
    code = "from vaxdesk.domain.units import units; assert set(units().__dict__) == {'_folder'}"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=assets.root())


@pytest.mark.parametrize(
    ("address", "village", "code", "certain"),
    [
        ("Bản Nà Khi, Mường Lạn, Sốp Cộp, Sơn La", "Bản Nà Khi", "04246", True),
        ("Bản Nà Khi, Xã Mường Lạn, Huyện Sốp Cộp, Tỉnh Sơn La", "Bản Nà Khi", "04246", True),
        ("ban na khi, muong lan, sop cop, son la", "ban na khi", "04246", True),
        ("Bản Nà Khi, Mường Lạn, Sơn La", "Bản Nà Khi", "04246", True),
        ("Bản Nà Khi, xã Mường Lạn, tỉnh Sơn La, Việt Nam", "Bản Nà Khi", "04246", True),
        ("Mường Lạn, Sốp Cộp, Sơn La", "", "04246", True),
        ("Bản A, Nậm Lạnh, Sốp Cộp, Sơn La", "Bản A", "04231", True),
        ("Bản Pá, Sốp Cộp, Sơn La", "Bản Pá", "04231", True),
        ("Số 5, ngõ 2, Phúc Xá, Ba Đình, Hà Nội", "Số 5, ngõ 2", "00097", True),
        ("Số 5, P. Phúc Xá, Q. Ba Đình, TP. Hà Nội", "Số 5", "00097", True),
    ],
)
def test_addresses(address: str, village: str, code: str, certain: bool) -> None:
    found = U.suggest(address)
    assert found.commune is not None
    assert (found.village, found.commune.code, found.certain) == (village, code, certain)


def test_an_old_address_of_a_province_that_was_joined() -> None:
    found = U.suggest("Tổ 1, Phường Đồng Tâm, Thành phố Yên Bái, Yên Bái")
    assert found.province is not None
    assert found.province.name == "Tỉnh Lào Cai"
    assert found.old is not None
    assert found.old.province_name == "Tỉnh Yên Bái"


def test_numbered_wards_and_other_writings() -> None:
    for ward in ("Phường 01", "Phường 1", "P. 1", "P1"):
        found = U.suggest(f"12 Lê Lợi, {ward}, Gò Vấp, TP.HCM")
        assert found.old is not None, ward
        assert found.old.name == "Phường 1"
    assert U.suggest("Tổ 2, Phường Kim Long, Thành phố Huế, Thừa Thiên Huế").province.code == "46"  # type: ignore[union-attr]


def test_a_divided_commune_is_not_certain() -> None:
    divided = next(row for row in U._old_communes if len(row.new.split()) > 1)
    district = next(d for d in U._old_districts if d.code == divided.parent)
    province = next(p for p in U._old_provinces if p.code == district.parent)
    found = U.suggest(f"Thôn 1, {divided.name}, {district.name}, {province.name}")
    assert not found.certain
    assert [c.code for c in found.candidates] == divided.new.split()
    assert found.commune == found.candidates[0]


def test_names_that_differ_by_accents_only() -> None:
    assert U.suggest("Thôn 1, Phường Hương Vân, Thị xã Hương Trà, Huế").old.code == "20008"  # type: ignore[union-attr]
    assert U.suggest("Thôn 1, Phường Hương Văn, Thị xã Hương Trà, Huế").old.code == "20011"  # type: ignore[union-attr]


@pytest.mark.parametrize("address", ["", "Bản Nà Khi", "ở nhà, không rõ", "a, b, c, d, e"])
def test_what_says_no_place_suggests_none(address: str) -> None:
    found = U.suggest(address)
    assert found.commune is None
    assert found.village == ", ".join(part.strip() for part in address.split(",") if part)


def test_a_known_province_alone_is_still_said() -> None:
    found = U.suggest("Bản không có, Sơn La")
    assert (found.province.code, found.commune, found.village) == ("14", None, "Bản không có")  # type: ignore[union-attr]


def test_every_old_commune_is_found_from_its_own_address() -> None:
    districts = {district.code: district for district in U._old_districts}
    provinces = {province.code: province for province in U._old_provinces}
    for row in U._old_communes[::7]:
        if not row.name:
            continue
        district = districts[row.parent]
        found = U.suggest(f"Thôn 1, {row.name}, {district.name}, {provinces[district.parent].name}")
        assert found.old is not None, row
        assert found.old.code == row.code
        assert [c.code for c in found.candidates] == row.new.split()


def test_finding_communes_by_beginnings_of_words() -> None:
    assert U.find_communes("mường lạn", "14")[0].code == "04246"
    assert {c.code for c in U.find_communes("muong lan")[:2]} == {"03313", "04246"}
    assert U.find_communes("lan muong son la")[0].code == "04246"
    assert U.find_communes("xã Sốp Cộp")[0].name == "Xã Sốp Cộp"
    assert U.find_communes("") == []
    assert len(U.find_communes("a", limit=5)) == 5
    assert U.find_communes("khongcoxanao") == []


def test_communes_of_a_province_are_in_vietnamese_order() -> None:
    listed = [commune.short for commune in U.communes_of("14")]
    assert len(listed) == 75
    assert listed.index("Bắc Yên") < listed.index("Bình Thuận") < listed.index("Chiềng An") < listed.index("Đoàn Kết")
    assert listed.index("Đoàn Kết") < listed.index("Mộc Châu")


def test_codes_that_changed_their_owner() -> None:
    assert set(U.codes_with_another_owner()) == {"15", "24", "44", "52", "80", "82", "91"}
    assert U.province_name_on("15", date(2025, 6, 30)) == "Tỉnh Yên Bái"
    assert U.province_name_on("15", date(2025, 7, 1)) == "Tỉnh Lào Cai"
    assert U.province_name_on("02", date(2020, 1, 1)) == "Tỉnh Hà Giang"
    assert U.province_name_on("02", date(2026, 1, 1)) == ""


def test_old_codes_agree_with_the_places_of_birth_in_personal_numbers() -> None:
    for row in U._old_provinces:
        said = identity.PROVINCES_OF_BIRTH["0" + row.code]
        assert matching_key(said) == matching_key(row.name) or row.code == "46"


def test_short_names() -> None:
    assert short_name("Thành phố Hồ Chí Minh") == "Hồ Chí Minh"
    assert short_name("Phường 1") == "1"
    assert short_name("Xã Đàn") == "Đàn"
    assert short_name("Quận") == "Quận"
    assert matching_key("P. 01") == matching_key("Phường 1") == "1"
    assert matching_key("Hà Nội") == "hanoi"


@given(st.text(max_size=80))
def test_any_address_gets_an_answer(text: str) -> None:
    found = U.suggest(text)
    assert found.certain is False or found.commune is not None
