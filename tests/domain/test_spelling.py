import pytest

from vaxdesk.domain import spelling

WORDS = [
    *("Nguyễn", "Văn", "Anh", "Thị", "Đặng", "Hoàng", "Quyết", "Khuyến", "Nghiêm", "Gìn", "Quý", "Huỳnh", "Uyên"),
    *("Ước", "Mường", "Lường", "Quàng", "Cầm", "Tòng", "Vì", "Giàng", "Sùng", "Thào", "Mùa", "Páo", "Sính", "Nênh"),
    *("Chứ", "Dơ", "Lầu", "Hờ", "Tủa", "Say", "Xoong", "Ý", "Yên", "Khuê", "Thuở", "Loan", "Hoài", "Xoáy", "Duệ"),
    *("Ngọc", "Kỷ", "Ghi", "Khuya", "Khuỷu", "Thuế", "Toàn", "Thuận", "Nguyệt", "Hươu", "Yêu", "Oanh", "Huy", "Ái"),
]


@pytest.mark.parametrize("word", WORDS)
def test_syllables(word: str) -> None:
    assert spelling.is_syllable(word)
    assert spelling.damage_in_name(word) == ""


NO_SYLLABLES = [
    "Ksor",
    "Kỏ",
    "Rmah",
    "Blơr",
    "Nguyeenx",
    "Vn",
    "Nguyn",
    "Va8n",
    "Smith",
    "Ce",
    "Nguyễ",
    "Vă",
    "Kiế",
    "",
]


@pytest.mark.parametrize("word", NO_SYLLABLES)
def test_other_words(word: str) -> None:
    assert not spelling.is_syllable(word)


OTHERS = ["H'Hen Niê", "Y Bliă Niê", "K’Brêu", "Siu Blơr", "Nguyễn Văn-Anh", "Rơ Ơ̆ Mah", "Jean Müller"]


@pytest.mark.parametrize("name", OTHERS)
def test_names_of_others_are_not_called_damaged(name: str) -> None:
    assert spelling.damage_in_name(name) == ""


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("Nguy?n V?n Anh", "lost_letter"),
        ("Nguy\ufffdn Anh", "debris"),
        ("Nguyá»…n VÄƒn Anh", "debris"),
        ("Nguyn Vn Anh", "lost_letter"),
        ("nGUYỄN vĂN aNH", "caps_lock"),
        ("NguyÔn Anh", "case"),
        ("Nguye6n4 Anh", "sign"),
        ("Нгуен", "script"),
        ("Nguye\u0302\u0303\u0303n", "marks"),
        ("Hòá", "marks"),
        ("Lò\u0007 Văn", "script"),
        ("Lò | Văn", "sign"),
    ],
)
def test_signs_of_damage(name: str, sign: str) -> None:
    assert spelling.damage_in_name(name) == sign


@pytest.mark.parametrize("text", ["Nguyeenx Vawn Anh", "Nguye6n4 Va8n Anh", "Ddawngj Thij DDaof", "Tra62n Quo61c"])
def test_keystrokes_of_an_input_method(text: str) -> None:
    assert spelling.typed_by_input_method(text)


@pytest.mark.parametrize("text", ["Cao Minh Anh", "Nguyễn Văn Anh", "Tran Van Ba", "Lo Thi Lan"])
def test_plain_text_is_not_taken_for_keystrokes(text: str) -> None:
    assert not spelling.typed_by_input_method(text)


@pytest.mark.parametrize("codec", ["latin-1", "cp437"])
@pytest.mark.parametrize("times", [1, 2])
def test_code_pages_are_repaired(codec: str, times: int) -> None:
    text = "Nguyễn Văn Đức, Bản Nà Khi"
    damaged = text
    for _ in range(times):
        damaged = damaged.encode().decode(codec)
    assert spelling.repair_code_page(damaged) == text
    assert spelling.repair_code_page(text) == text
    assert spelling.repair_code_page("Nguyen") == "Nguyen"
