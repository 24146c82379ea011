"""Registering and changing people: letters, history, versions, households, doubts, groups, conditions."""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.station import PRODUCT, TestStation, details

from vaxdesk.db.tables import AuditEntry, Certificate, Outbox, Person, PersonChange, PersonGroup, PersonToken, Visit
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.eligibility import Facts
from vaxdesk.errors import FieldError, KnownError
from vaxdesk.queries import desk_view
from vaxdesk.queries import people as queries
from vaxdesk.queries.people import PersonCard
from vaxdesk.services import certificates, doses, people
from vaxdesk.services.doses import EarlierDose
from vaxdesk.services.people import RegisterPerson


def card(station: TestStation, person_id: str) -> PersonCard:
    with station.database.reader() as conn:
        found = queries.card(conn, person_id)
    assert found is not None
    return found


def change(station: TestStation, person_id: str, reason: str = "", **changes: object) -> None:
    held = card(station, person_id)
    people.change(station.ctx, person_id, held.details.with_(**changes), held.version, reason)


def test_letters_are_stored_in_one_form_whatever_the_keyboard_made(station: TestStation) -> None:
    apart = unicodedata.normalize("NFD", "Nguyễn  Thị   Ửng ")
    person = station.person(full_name=apart, national_id="")
    assert card(station, person.person_id).details.full_name == "Nguyễn Thị Ửng"
    with station.database.reader() as conn:
        assert [row.id for row in queries.search(conn, "ung nguyen")] == [person.person_id]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    name=st.text(alphabet=st.characters(codec="utf-8", categories=["L", "M", "Zs"]), min_size=1, max_size=30),
    year=st.integers(1890, 2026),
)
def test_whatever_is_typed_is_refused_by_field_or_stored_and_found(station: TestStation, name: str, year: int) -> None:
    try:
        person = station.person(full_name=name, birth=PartialDate(year), national_id="", guardian_name="Lò Thị Mai")
    except FieldError as refused:
        field = refused.field
    else:
        field = ""
    if field:
        assert field in {"full_name", "birth"}
        return
    held = card(station, person.person_id)
    assert held.details.full_name == unicodedata.normalize("NFC", held.details.full_name)
    assert held.details.birth == PartialDate(year)
    with station.database.reader() as conn:
        assert person.person_id in [row.id for row in queries.search(conn, held.code)]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"full_name": "  "}, "full_name"),
        ({"birth": None}, "birth"),
        ({"birth": PartialDate(2027, 1, 1)}, "birth"),
        ({"birth": PartialDate(1880)}, "birth"),
        ({"national_id": "014 09"}, "national_id"),
    ],
)
def test_the_impossible_is_refused_and_nothing_is_written(station: TestStation, changes: dict, field: str) -> None:
    before = len(station.rows(AuditEntry))
    with pytest.raises(FieldError) as refused:
        station.person(**changes)
    assert refused.value.field == field
    assert station.rows(Person) == []
    assert len(station.rows(AuditEntry)) == before


def test_a_person_without_anything_but_a_name_and_a_year_is_registered(station: TestStation) -> None:
    bare = people.PersonDetails(full_name="Giàng A Páo", birth=PartialDate(1956))
    registered = people.register(station.ctx, RegisterPerson(bare))
    held = card(station, registered.person_id)
    assert held.details.birth == PartialDate(1956)
    assert held.identity_doubts == ()
    assert {warning.code for warning in registered.warnings} == {"missing"}


def test_a_doubt_is_kept_by_field_and_goes_with_its_cause(station: TestStation) -> None:
    person = station.person(national_id="014190123456")
    doubts = card(station, person.person_id).identity_doubts
    assert doubts
    assert set(doubts) <= {"sex", "national_id"}
    change(station, person.person_id, "xem lại thẻ", national_id="014090123456")
    assert card(station, person.person_id).identity_doubts == ()


def test_each_changed_field_keeps_old_value_who_when_and_why(station: TestStation) -> None:
    person = station.person()
    station.clock.advance(timedelta(hours=1))
    change(station, person.person_id, "theo căn cước", full_name="Nguyễn Văn Ánh", village="Bản Mới")
    rows = {row.field: row for row in station.rows(PersonChange)}
    assert {name: (row.old, row.new) for name, row in rows.items()} == {
        "full_name": ("Nguyễn Văn Anh", "Nguyễn Văn Ánh"),
        "village": ("Bản Nà Khi", "Bản Mới"),
    }
    row = rows["full_name"]
    assert (row.reason, row.user_id, row.at) == ("theo căn cước", station.ctx.user.id, station.clock.now())
    assert card(station, person.person_id).version == 2
    assert station.row(Person).name_key == "nguyen van anh"
    assert not [token for token in station.rows(PersonToken) if "khi" in token.token]
    (entry,) = station.rows(AuditEntry, action="change", entity_id=person.person_id)
    assert entry.detail == {"fields": ["full_name", "village"], "reason": "theo căn cước"}
    sent = [row for row in station.rows(Outbox, resource_type="Patient") if row.state == "ready"]
    assert [row.version for row in sent] == [2]


def test_a_change_of_identity_needs_a_reason_and_one_of_the_village_does_not(station: TestStation) -> None:
    person = station.person()
    for changes in ({"full_name": "Lò Văn Anh"}, {"birth": PartialDate(1991)}, {"national_id": ""}):
        with pytest.raises(FieldError) as refused:
            change(station, person.person_id, **changes)
        assert refused.value.field == "reason"
    assert card(station, person.person_id).version == 1
    assert station.rows(PersonChange) == []
    change(station, person.person_id, village="Bản Mới")
    assert card(station, person.person_id).version == 2


def test_nothing_changed_writes_no_version(station: TestStation) -> None:
    person = station.person()
    change(station, person.person_id)
    assert card(station, person.person_id).version == 1
    assert station.rows(AuditEntry, action="change") == []


def test_two_desks_cannot_overwrite_one_another(station: TestStation) -> None:
    person = station.person()
    first = second = card(station, person.person_id)
    people.change(station.ctx, person.person_id, first.details.with_(village="Bản Một"), first.version, "")
    with pytest.raises(KnownError, match="meanwhile"):
        people.change(station.ctx, person.person_id, second.details.with_(village="Bản Hai"), second.version, "")
    assert card(station, person.person_id).details.village == "Bản Một"


def test_a_household_is_made_by_its_second_member(station: TestStation) -> None:
    first = station.person()
    command = RegisterPerson(
        details(full_name="Nguyễn Văn Em", national_id="", birth=PartialDate(2000)), household_of=first.person_id
    )
    second = people.register(station.ctx, command)
    third = people.register(
        station.ctx,
        RegisterPerson(
            details(full_name="Nguyễn Thị Út", national_id="", birth=PartialDate(2004)), household_of=second.person_id
        ),
    )
    households = {card(station, person.person_id).household_id for person in (first, second, third)}
    assert len(households) == 1
    assert households != {""}
    assert card(station, station.person(national_id="", full_name="Lò Văn Lẻ").person_id).household_id == ""
    with pytest.raises(KnownError, match="Search again"):
        people.register(station.ctx, RegisterPerson(details(), household_of="nobody"))


def test_registration_check_in_and_earlier_doses_are_one_act(station: TestStation) -> None:
    session = station.session(station.lot())
    earlier = EarlierDose("", PRODUCT, PartialDate(2026, 8, 1), "paper", lot_number="abx1")
    bad = EarlierDose("", PRODUCT, PartialDate(2027, 8, 1), "paper")
    with pytest.raises(FieldError):
        people.register(station.ctx, RegisterPerson(details(), session_id=session, earlier=(earlier, bad)))
    assert station.rows(Person) == []
    assert station.rows(Visit) == []
    done = people.register(station.ctx, RegisterPerson(details(), session_id=session, earlier=(earlier,)))
    with station.database.reader() as conn:
        facts = desk_view.visit_facts(conn, station.ctx.campaign(), done.visit_id, station.ctx.today())
    assert facts is not None
    assert [(dose.row.lot_number, dose.row.evidence) for dose in facts.doses] == [("ABX1", "paper")]


def test_an_identity_that_changes_revokes_the_paper_and_another_field_does_not(station: TestStation) -> None:
    lot = station.lot()
    person = station.through(station.session(lot), lot)
    certificates.issue(station.ctx, person.person_id)
    change(station, person.person_id, village="Bản Mới")
    assert station.row(Certificate).revoked_at is None
    change(station, person.person_id, "gõ nhầm", full_name="Nguyễn Văn Ánh")
    assert station.row(Certificate).revoked_reason == "gõ nhầm"


# groups


def confirmed(station: TestStation) -> set[str]:
    return {row.group_code for row in station.rows(PersonGroup, kind="confirmed")}


def test_what_is_confirmed_replaces_what_counts_and_the_stated_group_stays(station: TestStation) -> None:
    person = station.person(groups=("15",))
    people.confirm_group(station.ctx, person.person_id, "9")
    held = card(station, person.person_id)
    assert (held.stated_groups, held.confirmed_groups, held.groups_checked) == (("15",), ("9",), True)
    people.confirm_group(station.ctx, person.person_id, "4", "12")
    assert confirmed(station) == {"4", "12"}
    people.confirm_group(station.ctx, person.person_id)
    held = card(station, person.person_id)
    assert (held.stated_groups, held.confirmed_groups, held.groups_checked) == (("15",), (), True)
    said = [row.detail["confirmed"] for row in station.rows(AuditEntry, action="group")]
    assert said == [["9"], ["12", "4"], []]


def test_a_group_that_is_added_alone_is_audited_and_sent(station: TestStation) -> None:
    person = station.person(groups=("15",))
    details = card(station, person.person_id).details
    waiting = len(station.rows(Outbox, resource_type="Patient"))
    people.change(station.ctx, person.person_id, details.with_(groups=("15", "9")), 1, "")
    assert [row.detail for row in station.rows(AuditEntry, action="group")] == [{"stated": ["9"]}]
    assert station.rows(Outbox, resource_type="Patient")
    people.change(station.ctx, person.person_id, details.with_(groups=("15", "9")), 1, "")
    assert len(station.rows(AuditEntry, action="group")) == 1
    assert len(station.rows(Outbox, resource_type="Patient")) <= waiting + 1


def test_confirming_the_same_again_writes_nothing_and_an_unknown_group_is_refused(station: TestStation) -> None:
    person = station.person()
    people.confirm_group(station.ctx, person.person_id, "9")
    before = len(station.rows(AuditEntry))
    people.confirm_group(station.ctx, person.person_id, "9")
    assert len(station.rows(AuditEntry)) == before
    with pytest.raises(FieldError):
        people.confirm_group(station.ctx, person.person_id, "99")
    with pytest.raises(KnownError, match="Search again"):
        people.confirm_group(station.ctx, "nobody", "9")


# conditions


def complete(station: TestStation, person_id: str) -> bool:
    campaign: Campaign = station.ctx.campaign()
    with station.database.reader() as conn:
        _doses, evaluation = desk_view.judged(conn, campaign, card(station, person_id), station.ctx.today())
    return evaluation.required > 2 or (evaluation.next is not None and evaluation.next.kind == "additional")


def test_a_condition_changes_the_schedule_is_kept_in_the_history_and_is_never_sent(station: TestStation) -> None:
    person = station.person()
    for day in (PartialDate(2026, 3, 1), PartialDate(2026, 5, 1)):
        doses.record_earlier(station.ctx, EarlierDose(person.person_id, PRODUCT, day, "paper"))
    outbox = [row.seq for row in station.rows(Outbox)]
    assert not complete(station, person.person_id)
    people.set_conditions(station.ctx, person.person_id, ["immunodeficiency"], "giấy ra viện")
    held = card(station, person.person_id)
    assert (held.conditions, held.version) == (("immunodeficiency",), 2)
    assert complete(station, person.person_id)
    assert [row.seq for row in station.rows(Outbox)] == outbox
    row = station.row(PersonChange, field="conditions")
    assert (row.old, row.new, row.reason) == ("", "immunodeficiency", "giấy ra viện")
    people.set_conditions(station.ctx, person.person_id, ["immunodeficiency"])
    assert card(station, person.person_id).version == 2
    with pytest.raises(FieldError):
        people.set_conditions(station.ctx, person.person_id, ["bad-luck"])


def test_the_day_of_another_vaccine_is_kept_with_the_registration(station: TestStation) -> None:
    person = people.register(station.ctx, RegisterPerson(details(), other_vaccine_on=date(2026, 11, 12)))
    from vaxdesk.queries import person_view

    with station.database.reader() as conn:
        facts = person_view.person_facts(conn, station.ctx.campaign(), person.person_id, station.ctx.today())
    assert facts is not None
    assert facts.other_vaccine_on == date(2026, 11, 12)


def test_the_eligible_list_follows_what_was_confirmed_and_what_is_known(station: TestStation) -> None:
    from vaxdesk.queries.eligibility import Eligible

    person = station.person(groups=("15",))
    for day in (PartialDate(2026, 3, 1), PartialDate(2026, 5, 1)):
        doses.record_earlier(station.ctx, EarlierDose(person.person_id, PRODUCT, day, "paper"))
    lists = Eligible(station.database)

    def facts() -> Facts:
        (found,) = lists.facts(station.ctx.campaign(), station.ctx.today())
        return found

    before = facts()
    assert (before.groups, before.confirmed) == (frozenset({"15"}), False)
    people.confirm_group(station.ctx, person.person_id)
    assert (facts().groups, facts().confirmed) == (frozenset(), True)
    people.confirm_group(station.ctx, person.person_id, "9")
    assert facts().groups == frozenset({"9"})
    people.set_conditions(station.ctx, person.person_id, ["immunodeficiency"])
    after = facts()
    assert (after.complete, after.due) != (before.complete, before.due)
    lists.forget()
    assert facts() == after
