import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaxdesk.domain import cards, personal_code
from vaxdesk.domain.cards import Scan, read_scan
from vaxdesk.domain.dates import PartialDate

TODAY = date(2026, 11, 21)
CARD = "014090123456|050812345|Nguyễn Văn Anh|01011990|Nam|Bản Nà Khi, Mường Lạn, Sốp Cộp, Sơn La|15042021"
FIELDS = {
    "national_id": "014090123456",
    "old_id": "050812345",
    "full_name": "Nguyễn Văn Anh",
    "birth_date": "1990-01-01",
    "sex": "male",
    "address": "Bản Nà Khi, Mường Lạn, Sốp Cộp, Sơn La",
    "card_issued": "2021-04-15",
}

NAMES = ["Nguyễn Văn Anh", "Lò Thị Hoa", "Giàng A Páo", "Đặng Thị Đào", "QUÀNG VĂN ỔN", "Tòng Thị Xoong", "Vì Văn Ước"]
PLACES = [
    "Bản Nà Khi, Mường Lạn, Sốp Cộp, Sơn La",
    "Số 5A, Tổ 12, Phường Chiềng Lề, Thành phố Sơn La, Sơn La",
    "Thôn Đoài, Xã Long An, Huyện Cần Giuộc, Long An",
]


@st.composite
def card_fields(draw: st.DrawFn) -> list[str]:
    born = draw(st.dates(date(1905, 1, 1), date(2020, 12, 31)))
    sex = draw(st.sampled_from(["Nam", "Nữ"]))
    digit = (born.year // 100 - 19) * 2 + (sex == "Nữ")
    number = f"014{digit}{born.year % 100:02d}{draw(st.integers(0, 999999)):06d}"
    old = draw(st.sampled_from(["", "050812345"]))
    issued = draw(st.dates(date(2021, 1, 1), date(2026, 1, 1)))
    name, place = draw(st.sampled_from(NAMES)), draw(st.sampled_from(PLACES))
    return [number, old, name, born.strftime("%d%m%Y"), sex, place, issued.strftime("%d%m%Y")]


def is_right(scan: Scan, parts: list[str]) -> bool:
    said = scan.fields
    born = date(int(parts[3][4:]), int(parts[3][2:4]), int(parts[3][:2])).isoformat()
    sex = {"Nam": "male", "Nữ": "female"}[parts[4]]
    wanted = (parts[0], parts[2], born, sex)
    return (said["national_id"], said["full_name"], said["birth_date"], said["sex"]) == wanted


def is_refused(scan: Scan) -> bool:
    return scan.kind == "unknown" and not scan.fields and bool(scan.warnings) and bool(scan.warnings[0].words())


def test_the_card_of_the_journey() -> None:
    scan = read_scan(CARD, TODAY)
    assert scan.kind == "cccd"
    assert dict(scan.fields) == FIELDS
    assert scan.warnings == ()
    person = scan.details()
    assert person.birth == PartialDate(1990, 1, 1)
    assert person.card_issued == date(2021, 4, 15)
    assert (person.full_name, person.sex, person.identity_source) == ("Nguyễn Văn Anh", "male", "cccd")


@pytest.mark.parametrize(
    "data",
    [
        CARD.encode(),
        "\ufeff" + CARD,
        CARD.encode("utf-8-sig"),
        CARD.encode("utf-16"),
        CARD + "\r\n",
        "\r\n" + CARD + "\r",
        CARD + "\t",
        CARD + "\n" + CARD + "\n",
        "]Q1" + CARD,
        "]Q3" + CARD,
        CARD + "   ",
        CARD.replace("|", " | "),
        CARD.replace("01011990", "01/01/1990").replace("15042021", "15/04/2021"),
        CARD.replace("01011990", "1990-01-01").replace("15042021", "2021-04-15"),
        unicodedata.normalize("NFD", CARD),
        unicodedata.normalize("NFD", CARD).encode(),
        CARD + "|",
    ],
)
def test_harmless_differences(data: str | bytes) -> None:
    scan = read_scan(data, TODAY)
    assert (scan.kind, dict(scan.fields), scan.warnings) == ("cccd", FIELDS, ())


@pytest.mark.parametrize("codec", ["latin-1", "cp437"])
def test_utf8_read_in_a_wrong_code_page_is_repaired_and_said(codec: str) -> None:
    scan = read_scan(CARD.encode("utf-8-sig").decode(codec), TODAY)
    assert dict(scan.fields) == FIELDS
    assert [w.code for w in scan.warnings] == ["repaired"]


def test_windows_vietnamese_bytes_are_read_and_said() -> None:
    # The code page has letters of the alphabet composed, and tones apart.
    text = "".join(
        unicodedata.normalize("NFC", c[0] + "".join(m for m in c[1:] if m not in "\u0300\u0301\u0303\u0309\u0323"))
        + "".join(m for m in c[1:] if m in "\u0300\u0301\u0303\u0309\u0323")
        for c in (unicodedata.normalize("NFD", d) for d in CARD)
    )
    scan = read_scan(text.encode("cp1258"), TODAY)
    assert dict(scan.fields) == FIELDS
    assert [w.code for w in scan.warnings] == ["repaired"]


def test_old_number_missing_and_six_field_records() -> None:
    for data in (CARD.replace("|050812345|", "||"), CARD.replace("|050812345|", "|")):
        assert dict(read_scan(data, TODAY).fields) == {**FIELDS, "old_id": ""}


def test_a_newer_card_keeps_its_further_fields_raw() -> None:
    data = CARD.replace("15042021", "01072024") + "||014090999999|Nguyễn Văn Bình|Lò Thị Xuân"
    scan = read_scan(data, TODAY)
    assert scan.kind == "can_cuoc"
    assert scan.extras == ("", "014090999999", "Nguyễn Văn Bình", "Lò Thị Xuân")
    assert scan.fields["national_id"] == "014090123456"
    assert read_scan(CARD.replace("15042021", "01072024"), TODAY).kind == "can_cuoc"


def test_a_number_that_disagrees_warns_with_both_values() -> None:
    scan = read_scan(CARD.replace("01011990", "01011991").replace("Nam", "Nữ"), TODAY)
    assert scan.fields["birth_date"] == "1991-01-01"
    assert [w.code for w in scan.warnings] == ["birth_year", "sex"]
    assert scan.warnings[0].values == {"said": 1990, "stated": 1991}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("", "empty"),
        (" \r\n", "empty"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\xd2", "unknown"),
        ("xin chào", "unknown"),
        ("x" * 9000, "too_long"),
        (CARD[1:], "number"),
        ("a" + CARD, "number"),
        (CARD + "\n" + CARD.replace("Anh", "Ba"), "two_scans"),
        (CARD + CARD, "issued"),
        ("014090123456|050812345|Nguyễn Văn Anh|0101", "broken_off"),
        ("014090123456|050812345|Nguyễn Văn Anh|01011990|Nam", "broken_off"),
        (CARD.replace("01011990", "31021990"), "birth"),
        (CARD.replace("01011990", "0101199"), "birth"),
        (CARD.replace("01011990", "01012027"), "birth"),
        (CARD.replace("|Nam|", "|N?|"), "garbled"),
        (CARD.replace("|Nam|", "|Nu|"), "sex"),
        (CARD.replace("|Nam|", "||"), "sex"),
        (CARD.replace("15042021", "1504202"), "issued"),
        (CARD.replace("15042021", "2021"), "issued"),
        (CARD.replace("Nguyễn Văn Anh", ""), "name"),
        (CARD.replace("Nguyễn Văn Anh", "Nguy?n V?n Anh"), "garbled"),
        (CARD.replace("Nguyễn Văn Anh", "Nguyn Vn Anh"), "garbled"),
        (CARD.replace("Nguyễn Văn Anh", "nGUYỄN vĂN aNH").replace("Nam", "nAM"), "caps_lock"),
        (CARD.replace("Nguyễn Văn Anh", "12"), "garbled"),
        (CARD.replace("050812345", "0508123"), "garbled"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(data: str | bytes, code: str) -> None:
    scan = read_scan(data, TODAY)
    assert is_refused(scan)
    assert scan.warnings[0].code == code


@given(card_fields())
def test_whole_cards_are_read_whole(parts: list[str]) -> None:
    scan = read_scan("|".join(parts), TODAY)
    assert is_right(scan, parts)
    assert scan.fields["address"] == parts[5]
    assert not [w for w in scan.warnings if w.code in ("birth_year", "sex")]


@given(card_fields(), st.data())
def test_a_broken_off_scan_is_refused_or_said(parts: list[str], data: st.DataObject) -> None:
    text = "|".join(parts)
    scan = read_scan(text[: data.draw(st.integers(0, len(text) - 1))], TODAY)
    assert is_refused(scan) or scan.warnings
    if scan.kind == "cccd" and "full_name" in scan.fields:
        assert is_right(scan, parts)


@given(
    card_fields(),
    st.sampled_from(["drop", "question", "bare", "caps", "latin-1", "cp1252", "cp1258", "cp437", "ascii"]),
)
def test_damaged_letters_are_never_silently_taken(parts: list[str], way: str) -> None:
    text = "|".join(parts)
    damaged = {
        "drop": lambda: "".join(c for c in text if c.isascii()),
        "question": lambda: "".join(c if c.isascii() else "?" for c in text),
        "bare": lambda: "".join(c for c in unicodedata.normalize("NFD", text) if c.isascii()),
        "caps": text.swapcase,
        "ascii": lambda: text.encode("ascii", "replace").decode(),
        "latin-1": lambda: text.encode().decode("latin-1"),
        "cp1252": lambda: text.encode().decode("cp1252", "ignore"),
        "cp1258": lambda: text.encode().decode("cp1258", "replace"),
        "cp437": lambda: text.encode().decode("cp437"),
    }[way]()
    scan = read_scan(damaged, TODAY)
    if not is_refused(scan):
        assert is_right(scan, parts)
        assert scan.warnings


TELEX = {"aa": "â", "ee": "ê", "oo": "ô", "dd": "đ", "aw": "ă", "ow": "ơ", "uw": "ư", "DD": "Đ"}
TONES = {"s": "\u0301", "f": "\u0300", "r": "\u0309", "x": "\u0303", "j": "\u0323"}
VNI = {"1": "\u0301", "2": "\u0300", "3": "\u0309", "4": "\u0303", "5": "\u0323"}


def through_input_method(text: str, tones: dict[str, str], pairs: dict[str, str]) -> str:
    """What an input method makes of a scanner's keys: composed letters pass, pairs and tone keys change the word."""
    out = ""
    for character in text:
        word_at = max((i + 1 for i, c in enumerate(out) if not c.isalpha()), default=0)
        vowels = [i for i in range(word_at, len(out)) if unicodedata.normalize("NFD", out[i])[0].lower() in "aeiouy"]
        if out[-1:] + character in pairs:
            out = out[:-1] + pairs[out[-1:] + character]
        elif character in tones and vowels:
            out = unicodedata.normalize("NFC", out[: vowels[-1] + 1] + tones[character] + out[vowels[-1] + 1 :])
        else:
            out += character
    return out


@pytest.mark.parametrize(("tones", "pairs"), [(TONES, TELEX), (VNI, {})])
@given(parts=card_fields(), name=st.sampled_from([*NAMES, "Ksor H'Bia", "Siu Blơr", "Nay Djer", "Rmah Pơr"]))
def test_an_input_method_never_changes_a_name_unnoticed(
    parts: list[str], name: str, tones: dict[str, str], pairs: dict[str, str]
) -> None:
    parts[2] = name
    garbled = through_input_method("|".join(parts), tones, pairs)
    seen = read_scan(garbled, TODAY, input_method=True)
    assert is_refused(seen) or any(w.field == "full_name" for w in seen.warnings)
    if "oo" in name and pairs:
        return  # "Xoong" becomes "Xông", as well spelled: only the keys themselves show it
    scan = read_scan(garbled, TODAY)
    assert is_refused(scan) or is_right(scan, parts) or any(w.field == "full_name" for w in scan.warnings)


@pytest.mark.parametrize("name", ["Nguyeenx Vawn Anh", "Nguye6n4 Va8n Anh"])
def test_keystrokes_in_place_of_letters_are_refused(name: str) -> None:
    assert is_refused(read_scan(f"014090123456||{name}|01011990|Nam|Long An|15042021", TODAY))


@given(st.one_of(st.text(max_size=200), st.binary(max_size=200), st.text("0123456789|NamữLòVă/", max_size=80)))
def test_anything_gets_an_answer(data: str | bytes) -> None:
    scan = read_scan(data, TODAY)
    assert scan.kind in cards.KIND_WORDS
    assert scan.kind != "unknown" or is_refused(scan)


def test_other_codes() -> None:
    code = personal_code.new_code()
    assert dict(read_scan(code.lower() + "\r").fields) == {"code": code}
    assert read_scan("HC1:6BFOXN*TS0BI$ZD. \r\n").raw == "HC1:6BFOXN*TS0BI$ZD. "
    assert read_scan("HC1:6BFOXN*TS0BI$ZD.").kind == "hc1"
    assert read_scan("shc:/5676290952").kind == "shc"
    assert dict(read_scan("https://tiemchung.gov.vn/x?y=1\r").fields) == {"url": "https://tiemchung.gov.vn/x?y=1"}
    assert dict(read_scan("VXP:01-000123\r").fields) == {"number": "01-000123"}
    assert dict(read_scan("014 090 123 456").fields) == {"national_id": "014090123456"}
    assert [w.code for w in read_scan("014090123456").warnings] == ["number_only"]
    assert dict(read_scan("DN4141234567890").fields) == {"insurance_no": "DN4141234567890"}
    assert dict(read_scan("1234567890").fields) == {"insurance_no": "1234567890"}


def test_an_old_insurance_card() -> None:
    name, address = "Lò Thị Hoa".encode().hex(), "Bản Nà Khi, Mường Lạn".encode().hex()
    scan = read_scan(f"DN4141234567890|{name}|01/02/1980|2|{address}|14 - 001|01/01/2018|31/12/2018|-$", TODAY)
    assert scan.kind == "bhyt"
    assert scan.warnings == ()
    assert scan.details().full_name == "Lò Thị Hoa"
    assert (scan.fields["birth_date"], scan.fields["sex"]) == ("1980-02-01", "female")
    assert scan.fields["address"] == "Bản Nà Khi, Mường Lạn"
    broken = read_scan(f"DN4141234567890|{name[:-1]}|01/02/1980|2", TODAY)
    assert dict(broken.fields) == {"insurance_no": "DN4141234567890"}
    assert [w.code for w in broken.warnings] == ["unreadable"]
    bare = read_scan(f"DN4141234567890|{name}||", TODAY)
    assert {w.code for w in bare.warnings} == {"missing"}


def test_all_sentences_can_be_filled() -> None:
    for data in ("", "x", CARD[1:], CARD.replace("1990", "1991"), "014090123456", "DN4141234567890"):
        for warning in read_scan(data, TODAY).warnings:
            assert "{" not in warning.words()
