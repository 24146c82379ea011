"""Priority groups: the sixteen of 3355, added ones, and what a person stated and a station confirmed."""

from __future__ import annotations

from datetime import date

import pytest
from pack_samples import covid19

from vaxdesk.domain.campaign import LegalText, LocalText, Source
from vaxdesk.domain.priority import Group, GroupClaim
from vaxdesk.errors import FieldError

PRIORITY = covid19().priority
assert PRIORITY is not None
DAY = date(2021, 8, 1)
LATER = date(2022, 5, 1)


def added(code: str = "17", reference: str = "1234/QĐ-UBND", start: date = date(2021, 9, 1)) -> Group:
    """A group that a province added."""
    source = Source(LegalText("local", reference), start)
    return Group(code, 5, LocalText("Tiểu thương chợ đầu mối", "Traders of the wholesale market"), source, "qd-3355")


def test_the_sixteen_groups_stand_in_their_order() -> None:
    groups = PRIORITY.groups_on(DAY)
    assert [group.code for group in groups] == [str(number) for number in range(1, 17)]
    assert groups[0].label.vi == "Người làm việc trong các cơ sở y tế, ngành y tế (công lập và tư nhân)"
    assert groups[8].label.vi == "Người mắc các bệnh mạn tính; Người trên 65 tuổi"
    assert groups[15].label.vi.startswith("Các đối tượng khác theo Quyết định của Bộ trưởng Bộ Y tế")
    assert {group.source.text.reference for group in groups} == {"3355/QĐ-BYT"}


def test_children_came_later() -> None:
    assert [group.code for group in PRIORITY.groups_on(LATER)][16:] == ["TE12-17", "TE5-11"]


def test_earlier_lists_are_recognised() -> None:
    assert PRIORITY.list_on(date(2021, 2, 10)).id == "plan-02-2021"
    assert PRIORITY.list_on(date(2021, 3, 10)).id == "nq-21"
    # Their codes are never those of the sixteen: "4" was the teachers' number once and is the police's now.
    assert [group.code for group in PRIORITY.groups_on(date(2021, 3, 10))] == [f"NQ21-{n}" for n in range(1, 10)]
    assert [group.code for group in PRIORITY.groups_on(date(2021, 2, 10))] == [f"1210-{n}" for n in range(1, 12)]
    assert PRIORITY.group("4", day=date(2021, 3, 10)) is None
    assert [group.code for group in PRIORITY.proposed(66, date(2021, 3, 10))] == ["NQ21-5"]
    assert PRIORITY.list_on(date(2020, 1, 1)) is None
    assert PRIORITY.groups_on(date(2020, 1, 1)) == ()
    assert PRIORITY.group("9", day=date(2020, 1, 1)) is None


def test_a_group_is_found_by_its_code_alone() -> None:
    assert PRIORITY.group("9").label.vi == "Người mắc các bệnh mạn tính; Người trên 65 tuổi"
    assert PRIORITY.group("no-such-group") is None


def test_four_kinds_of_provinces() -> None:
    assert [area.code for area in PRIORITY.areas_on(DAY)] == ["1", "2", "3", "4"]
    assert PRIORITY.areas_on(date(2021, 7, 7)) == ()


def test_the_strongest_group_counts() -> None:
    assert PRIORITY.strongest({"15", "9", "13"}, DAY).code == "9"
    assert PRIORITY.strongest({"no-such-group"}, DAY) is None
    assert PRIORITY.strongest((), DAY) is None


def test_age_only_proposes_a_group() -> None:
    assert [group.code for group in PRIORITY.proposed(66, DAY)] == ["9"]
    assert PRIORITY.proposed(65, DAY) == ()


def test_stated_and_confirmed_are_both_kept() -> None:
    claim = GroupClaim(frozenset({"1", "15"}))
    assert claim.counting == {"1", "15"}
    checked = claim.confirm({"15"})
    assert checked.stated == {"1", "15"}
    assert checked.counting == {"15"}
    assert claim.confirm(()).counting == frozenset()


def test_a_manager_adds_a_group_and_old_lists_stay() -> None:
    grown = PRIORITY.with_added([added()])
    assert grown.group("17", "qd-3355").added
    assert "17" not in {group.code for group in grown.groups_on(date(2021, 8, 31))}
    assert "17" in {group.code for group in grown.groups_on(date(2021, 9, 1))}
    assert PRIORITY.group("17", "qd-3355") is None
    assert grown.groups_on(DAY) == PRIORITY.groups_on(DAY)
    assert grown.ranks_on(date(2021, 9, 1))["17"] == 5


@pytest.mark.parametrize(
    ("group", "field"),
    [
        (added(reference=" "), "source"),
        (added(code="9"), "code"),
        (added(start=date(2021, 7, 7)), "from"),
        (
            Group("17", 5, LocalText("x", "x"), Source(LegalText("a", "b"), DAY), "no-such-list"),
            "list",
        ),
    ],
)
def test_an_added_group_needs_its_decision_its_day_and_a_free_code(group: Group, field: str) -> None:
    with pytest.raises(FieldError) as refusal:
        PRIORITY.with_added([group])
    assert refusal.value.field == field
