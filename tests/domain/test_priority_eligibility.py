"""Who is on a list, why, and why not."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pack_samples import covid19

from vaxdesk import i18n
from vaxdesk.domain.eligibility import (
    NO_RANK,
    OPEN_END,
    ORDER_WORDS,
    WORDS,
    Due,
    Facts,
    Judge,
    Plan,
    Why,
    eligible_list,
    first_page,
    judge,
    judge_all,
    reasons,
    refused,
)
from vaxdesk.errors import FieldError

DAY = date(2021, 10, 1)
PRIORITY = covid19().priority
assert PRIORITY is not None
RANKS = PRIORITY.ranks_on(DAY)
PLAN = Plan("astrazeneca", DAY, frozenset({"1", "9"}), "1")
READY = Facts(
    "p1",
    date(1950, 1, 1),
    "an nguyen van",
    "thon 1",
    frozenset({"9", "15"}),
    True,
    "given",
    2,
    (Due("astrazeneca", date(2021, 9, 20), date(2021, 12, 1)), Due("spikevax", date(2021, 9, 20), None, True)),
)


def test_who_is_due_and_in_a_called_group_is_in() -> None:
    found = judge(READY, PLAN, RANKS)
    assert found.eligible
    assert found.group == "9"
    assert found.against == ()
    told = [reason.words() for reason in reasons(found, READY, PLAN, PRIORITY)]
    assert told[0].startswith("Nhóm ưu tiên 9 – Người mắc các bệnh mạn tính")
    assert told[1] == "Mũi 2 đến hạn từ 20/09/2021"


@pytest.mark.parametrize(
    ("change", "why", "words"),
    [
        ({"groups": frozenset()}, Why.NO_GROUP, "Chưa khai"),
        ({"groups": frozenset({"15"})}, Why.OTHER_GROUP, "không gọi nhóm 15"),
        ({"due": (), "complete": True}, Why.COMPLETE, "Đã tiêm đủ"),
        ({"due": ()}, Why.NOTHING_DUE, "không có mũi nào"),
        ({"due": (Due("astrazeneca", date(2021, 10, 2)),)}, Why.NOT_DUE, "sớm nhất từ 02/10/2021"),
        ({"due": (Due("spikevax", DAY),)}, Why.OTHER_PRODUCT, "spikevax"),
        ({"deferred_until": date(2021, 10, 15)}, Why.DEFERRED, "15/10/2021"),
        ({"deferred_until": OPEN_END}, Why.DEFERRED, "chưa định ngày"),
        ({"referred": True}, Why.REFERRED, "bệnh viện"),
        ({"contraindicated": frozenset({"astrazeneca"})}, Why.CONTRAINDICATED, "chống chỉ định"),
        ({"consent": "refused"}, Why.REFUSED, "không đồng ý"),
        ({"consent": "withdrawn"}, Why.WITHDRAWN, "rút lại"),
        ({"booked": "Kế hoạch 05/10"}, Why.CLASH, "Kế hoạch 05/10"),
        ({"inactive": "đã chuyển đi"}, Why.INACTIVE, "đã chuyển đi"),
    ],
)
def test_each_reason_against_is_told(change: dict, why: Why, words: str) -> None:
    facts = READY._replace(**change)
    found = judge(facts, PLAN, RANKS)
    assert not found.eligible
    assert found.against == (why,)
    assert words in reasons(found, facts, PLAN, PRIORITY)[0].words()


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"consent": "not_asked"}, Why.NOT_ASKED),
        ({"confirmed": False}, Why.NOT_CONFIRMED),
        ({"due": (Due("astrazeneca", DAY, None, True),)}, Why.AGREEMENT),
        ({"due": (Due("astrazeneca", date(2021, 8, 1), date(2021, 9, 30)),)}, Why.OVERDUE),
    ],
)
def test_notes_do_not_take_anybody_off(change: dict, note: Why) -> None:
    facts = READY._replace(**change)
    found = judge(facts, PLAN, RANKS)
    assert found.eligible
    assert found.notes == (note,)
    assert reasons(found, facts, PLAN, PRIORITY)[-1].words()


def test_all_reasons_are_told_not_only_the_first() -> None:
    facts = READY._replace(groups=frozenset(), consent="refused", booked="x", deferred_until=OPEN_END)
    assert set(judge(facts, PLAN, RANKS).against) == {Why.REFUSED, Why.NO_GROUP, Why.DEFERRED, Why.CLASH}
    assert refused(facts)


def test_a_deferral_ends_on_its_day() -> None:
    assert judge(READY._replace(deferred_until=DAY), PLAN, RANKS).eligible


def test_a_hospital_takes_the_referred() -> None:
    plan = Plan("astrazeneca", DAY, hospital=True)
    assert judge(READY._replace(referred=True), plan, RANKS).eligible


def test_a_plan_without_groups_takes_everybody() -> None:
    found = judge(READY._replace(groups=frozenset()), Plan("astrazeneca", DAY), RANKS)
    assert found.eligible
    assert found.key[0] == NO_RANK


def test_registration_time_orders_no_list() -> None:
    with pytest.raises(FieldError) as refusal:
        Plan("astrazeneca", DAY, order=("registered",))
    assert refusal.value.field == "order"
    assert not any("regist" in name or "creat" in name for name in Facts._fields)
    assert not any("regist" in field.name for field in fields(Plan))


def test_the_order_is_printed_in_words() -> None:
    assert PLAN.order_words() == (
        "nhóm ưu tiên cao trước; người đến hạn lâu hơn trước; người lớn tuổi hơn trước; theo tên"
    )


def test_the_strongest_group_goes_first_then_the_longest_due_then_the_oldest() -> None:
    people = [
        READY._replace(person_id="young", birth=date(1990, 1, 1)),
        READY._replace(person_id="old", birth=date(1940, 1, 1)),
        READY._replace(person_id="long-due", birth=date(1991, 1, 1), due=(Due("astrazeneca", date(2021, 9, 1)),)),
        READY._replace(person_id="strong", birth=date(1995, 1, 1), groups=frozenset({"1"})),
        READY._replace(person_id="out", consent="refused"),
    ]
    assert [row.person_id for row in eligible_list(people, PLAN, RANKS)] == ["strong", "long-due", "old", "young"]
    assert [row.person_id for row in first_page(people, PLAN, RANKS, 2)] == ["strong", "long-due"]
    by_place = Plan("astrazeneca", DAY, order=("place", "name"))
    assert [row.person_id for row in eligible_list(people[:2], by_place, RANKS)] == ["old", "young"]


def test_taking_can_stop_at_any_person() -> None:
    def people():
        yield READY
        raise AssertionError("the second person was asked for")

    assert next(iter(judge_all(people(), PLAN, RANKS))).eligible


people = st.builds(
    Facts,
    person_id=st.text("0123456789abcdef", min_size=4, max_size=8),
    birth=st.dates(date(1920, 1, 1), date(2016, 1, 1)),
    name_key=st.sampled_from(["an", "binh", "chi"]),
    place_key=st.sampled_from(["", "thon 1", "thon 2"]),
    groups=st.frozensets(st.sampled_from(["1", "9", "15", "x"])),
    confirmed=st.booleans(),
    consent=st.sampled_from(["given", "refused", "withdrawn", "not_asked"]),
    number=st.just(1),
    due=st.lists(
        st.builds(Due, st.sampled_from(["astrazeneca", "spikevax"]), st.dates(date(2021, 9, 1), date(2021, 11, 1))),
        max_size=2,
    ).map(tuple),
    complete=st.booleans(),
    deferred_until=st.none() | st.dates(date(2021, 9, 1), date(2021, 11, 1)),
    referred=st.booleans(),
    contraindicated=st.frozensets(st.sampled_from(["astrazeneca", "spikevax"])),
    booked=st.sampled_from(["", "x"]),
    inactive=st.sampled_from(["", "", "đã mất"]),
)


@given(st.lists(people, unique_by=lambda facts: facts.person_id), st.randoms(use_true_random=False))
def test_the_list_does_not_depend_on_the_order_of_the_input(crowd: list, chance: object) -> None:
    turned = list(crowd)
    chance.shuffle(turned)
    assert eligible_list(turned, PLAN, RANKS) == eligible_list(crowd, PLAN, RANKS)
    assert first_page(crowd, PLAN, RANKS, 3) == eligible_list(crowd, PLAN, RANKS)[:3]


@given(people)
def test_everybody_is_in_or_has_a_reason_in_words(facts: Facts) -> None:
    found = Judge(PLAN, RANKS)(facts)
    assert found.eligible is not bool(found.against)
    for reason in reasons(found, facts, PLAN, PRIORITY):
        assert "{" not in reason.words()
    if not found.eligible:
        assert reasons(found, facts, PLAN, PRIORITY)[0].code in found.against


def test_every_reason_has_words_in_vietnamese() -> None:
    assert set(WORDS) == set(Why)
    for words in (*WORDS.values(), *ORDER_WORDS.values()):
        assert i18n.translate(words, "vi") != words
