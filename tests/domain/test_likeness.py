import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.likeness import REASONS, VERY_LIKELY, differing_letters, one_edit_apart, similarity
from vaxdesk.domain.people import PersonDetails

ANH = PersonDetails(
    full_name="Nguyễn Văn Anh",
    birth=PartialDate(1990, 1, 1),
    sex="male",
    national_id="014090123456",
    old_id="050812345",
    insurance_no="DN4141234567890",
    phone="0912345678",
    village="Nà Khi",
)
BARE = PersonDetails(full_name="Nguyễn Văn Anh", birth=PartialDate(1990, 1, 1), sex="male")


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (ANH, "same_national_id"),
        (
            PersonDetails(full_name="Lò Thị Hoa", birth=PartialDate(1970), national_id="014090123456"),
            "same_national_id",
        ),
        (PersonDetails(full_name="Lò Thị Hoa", birth=PartialDate(1970), old_id="050 812 345"), "same_old_id"),
        (PersonDetails(full_name="Lò Thị Hoa", birth=PartialDate(1970), insurance_no="1234567890"), "same_insurance"),
        (BARE, "same_name_and_birth"),
        (BARE.with_(full_name="nguyen van anh"), "same_name_and_birth"),
        (BARE.with_(birth=PartialDate(1990)), "same_name_and_birth"),
        (BARE.with_(birth=PartialDate(1991, 5, 5)), "same_name_near_year"),
        (BARE.with_(birth=PartialDate(1990, 5, 5)), "same_name_near_year"),
        (BARE.with_(full_name="Nguyễn Văn Ánh"), "same_name_and_birth"),
        (BARE.with_(full_name="Nguyễn Văn Oanh"), "near_name_and_birth"),
        (BARE.with_(full_name="Nguyễn VănAnh"), "near_name_and_birth"),
        (BARE.with_(full_name="Anh Nguyễn Văn"), "words_in_other_order"),
        (BARE.with_(full_name="Trần Quốc Anh", village="Nà Khi"), "same_given_and_village"),
    ],
)
def test_reasons(other: PersonDetails, reason: str) -> None:
    found = similarity(ANH, other)
    assert reason in found.reasons
    assert found.worth_showing
    back = similarity(other, ANH)
    assert (back.score, back.reasons) == (found.score, found.reasons)


@pytest.mark.parametrize(
    "other",
    [
        PersonDetails(full_name="Lò Thị Hoa", birth=PartialDate(1970), phone="0912345678"),
        BARE.with_(birth=PartialDate(1993)),
        PersonDetails(),
        PersonDetails(full_name="Nguyễn Văn Bình", birth=PartialDate(1990, 1, 1)),
    ],
)
def test_a_phone_a_year_or_a_family_name_alone_say_nothing(other: PersonDetails) -> None:
    assert not similarity(ANH, other).worth_showing


def test_scores_are_in_the_order_of_certainty() -> None:
    scores = [
        similarity(ANH, ANH).score,
        similarity(ANH, BARE.with_(phone="0912 345 678")).score,
        similarity(ANH, BARE).score,
        similarity(ANH, BARE.with_(full_name="Nguyễn Văn Oanh")).score,
        similarity(ANH, BARE.with_(birth=PartialDate(1991))).score,
    ]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == 100
    assert scores[1] >= VERY_LIKELY


def test_two_numbers_and_another_sex_lower_the_score() -> None:
    twin = BARE.with_(national_id="014190123456", sex="female")
    found = similarity(ANH, twin)
    assert {"other_sex", "other_national_id"} <= set(found.reasons)
    assert not found.worth_showing


def test_places_of_differing_letters() -> None:
    assert differing_letters("Nguyễn Văn Anh", "Nguyễn Văn Ánh") == ((11,), (11,))
    assert differing_letters("Lò Văn Hoa", "LÒ VĂN HOA") == ((), ())
    assert differing_letters("Lò Thị Hoà", "Lò Thị Hòa") == ((8, 9), (8, 9))
    found = similarity(BARE, BARE.with_(full_name="Nguyễn Văn Oanh"))
    assert (found.differing_in_first, found.differing_in_second) == ((), (11,))


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_one_edit_agrees_with_the_definition(first: str, second: str) -> None:
    expected = first != second and second in _edits(first)
    assert one_edit_apart(first, second) == expected


def _edits(word: str) -> set[str]:
    splits = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    made = {a + b[1:] for a, b in splits if b}
    made |= {a + b[1] + b[0] + b[2:] for a, b in splits if len(b) > 1}
    made |= {a + c + b[1:] for a, b in splits if b for c in "abc"}
    return made | {a + c + b for a, b in splits for c in "abc"}


def test_every_reason_has_a_sentence() -> None:
    assert all(REASONS.values())
