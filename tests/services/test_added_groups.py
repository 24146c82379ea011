"""A priority group that the province adds by a decision: with its source and first day, and old lists unchanged."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from support.station import TestStation

from vaxdesk.db.engine import Database
from vaxdesk.db.tables import AuditEntry, VaccinationSession
from vaxdesk.domain.eligibility import Plan, Why
from vaxdesk.errors import FieldError, RefusedError
from vaxdesk.queries.eligibility import Eligible
from vaxdesk.services import added_groups, people
from vaxdesk.services.group_book import AddedGroup
from vaxdesk.services.session_plan import ChangeList, change_list

PRODUCT = "astrazeneca"


def decision(station: TestStation, **changes: object) -> AddedGroup:
    today = station.ctx.today()
    made = AddedGroup("SL1", "Người bán hàng tại chợ biên giới", "12/QĐ-UBND", today, today + timedelta(days=3), "2")
    return replace(made, **changes)


def test_a_group_is_called_from_its_first_day_on_and_carries_its_decision(station: TestStation) -> None:
    command = decision(station)
    added_groups.add(station.ctx, command)
    before = station.ctx.campaign(day=command.start - timedelta(days=1)).priority
    after = station.ctx.campaign(day=command.start).priority
    assert before is not None
    assert after is not None
    assert before.group("SL1", day=command.start - timedelta(days=1)) is not None  # of the list, not yet in force
    assert "SL1" not in before.ranks_on(command.start - timedelta(days=1))
    assert after.ranks_on(command.start)["SL1"] == after.ranks_on(command.start)["2"]
    group = after.group("SL1", day=command.start)
    assert group is not None
    assert (group.source.text.reference, group.source.start, group.added) == ("12/QĐ-UBND", command.start, True)
    assert station.rows(AuditEntry, action="add-group")
    # One object for the same groups: what is compiled from a pack is kept by it.
    assert station.ctx.campaign() is station.ctx.campaign()


def test_the_lists_of_old_days_and_plans_stay_as_they_were(station: TestStation) -> None:
    session = station.session(station.lot())
    change_list(station.ctx, ChangeList(session, groups=("1", "2")))
    old = station.ctx.campaign(day=date(2021, 8, 1)).priority
    assert old is not None
    codes = [group.code for group in old.groups_on(date(2021, 8, 1))]
    added_groups.add(station.ctx, decision(station))
    assert station.row(VaccinationSession).called_groups == ["1", "2"]
    now = station.ctx.campaign(day=date(2021, 8, 1)).priority
    assert now is not None
    assert [group.code for group in now.groups_on(date(2021, 8, 1))] == codes


def test_a_person_of_the_new_group_stands_on_its_list_after_her_group_is_confirmed(station: TestStation) -> None:
    command = decision(station, start=station.ctx.today())
    added_groups.add(station.ctx, command)
    person = station.person()
    people.confirm_group(station.ctx, person.person_id, "SL1")
    plan = Plan(PRODUCT, station.ctx.today(), frozenset({"SL1"}))
    found, reasons = Eligible(station.database).why(station.ctx.campaign(), plan, person.person_id) or (None, ())
    assert found is not None
    assert found.eligible
    assert next(each for each in reasons if each.code is Why.GROUP).values["group"].startswith("SL1")


def test_the_groups_are_there_after_the_file_was_opened_anew(station: TestStation) -> None:
    added_groups.add(station.ctx, decision(station))
    again = Database(station.ctx.paths.database, station.database.key)
    try:
        ctx = replace(station.ctx, database=again)
        assert [group.code for group in added_groups.added(ctx)] == ["SL1"]
        priority = ctx.campaign().priority
        assert priority is not None
        assert "qd-3355:SL1" in priority.by_code
    finally:
        again.close()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": " "}, "code"),
        ({"code": "1,2"}, "code"),
        ({"code": "16"}, "code"),
        ({"label": ""}, "label"),
        ({"reference": " "}, "source"),
        ({"beside": "99"}, "beside"),
        ({"start": date(2019, 1, 1), "decided": date(2019, 1, 1)}, "start"),
        ({"start": date(2026, 11, 1)}, "start"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_stored(
    station: TestStation, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(FieldError) as caught:
        added_groups.add(station.ctx, decision(station, **changes))
    assert caught.value.field == field
    assert added_groups.added(station.ctx) == ()


def test_only_a_manager_adds_a_group(station: TestStation) -> None:
    with pytest.raises(RefusedError):
        added_groups.add(station.acting("register", "screen", "inject"), decision(station))
