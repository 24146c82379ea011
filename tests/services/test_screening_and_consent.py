"""Screening and consent as stored: decisions, conditions, capabilities, answers again, recent vaccinations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from support.station import PRODUCT, TestStation, details

from vaxdesk import settings
from vaxdesk.clock import VIET_NAM
from vaxdesk.db.tables import AuditEntry, Consent, Outbox, Screening
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.screening import nothing_found
from vaxdesk.errors import FieldError, KnownError
from vaxdesk.queries import desk_view
from vaxdesk.services import consents, doses, people, screenings
from vaxdesk.services.consents import ConsentStatus, RecordConsent
from vaxdesk.services.context import change_setting
from vaxdesk.services.doses import EarlierDose
from vaxdesk.services.people import Registered, RegisterPerson
from vaxdesk.services.screenings import RecordScreening

#: A day on which the declaration about the past fourteen days was in force.
DECLARED = datetime(2021, 10, 1, 8, 0, tzinfo=VIET_NAM).astimezone(UTC)
WELL = {"temperature": 36.6}


def filled(station: TestStation, visit: str, found: Mapping[str, Any], **more: Any) -> RecordScreening:
    form = station.ctx.campaign().screening_forms["adult-5785"]
    answers = {**nothing_found(form, PRODUCT, more.pop("sex", "male")), **found}
    return RecordScreening(visit, form.id, PRODUCT, answers, more.pop("vitals", WELL), **more)


@pytest.fixture
def woman(station: TestStation) -> Registered:
    """A pregnant woman in the session."""
    session = station.session(station.lot())
    return station.person(session, sex="female", full_name="Lò Thị Hoa", national_id="")


def test_what_the_judgement_stood_on_is_stored_with_it(station: TestStation, woman: Registered) -> None:
    people.set_conditions(station.ctx, woman.person_id, ["immunodeficiency"])
    command = filled(station, woman.visit_id, {}, sex="female", conditions=("hypertension",))
    screenings.record(station.ctx, command)
    row = station.row(Screening)
    assert (row.conditions, row.capabilities, row.decisions) == (["hypertension", "immunodeficiency"], [], {})
    assert row.campaign_version == station.ctx.campaign().version


def test_a_pregnant_woman_goes_to_a_hospital_unless_the_station_is_that_place(
    station: TestStation, woman: Registered
) -> None:
    command = filled(station, woman.visit_id, {"3b": True}, sex="female", reason="thai 20 tuần, đã ký cam kết")
    assert screenings.record(station.ctx, command).value == "refer_hospital"
    change_setting(station.ctx, settings.CAPABILITIES, ["obstetric_emergency"])
    assert screenings.record(station.ctx, command).value == "inject"
    rows = sorted(station.rows(Screening), key=lambda row: row.version)
    assert [(row.version, row.current, row.capabilities) for row in rows] == [
        (1, False, []),
        (2, True, ["obstetric_emergency"]),
    ]
    assert rows[0].record_id == rows[1].record_id
    with station.database.reader() as conn:
        facts = desk_view.visit_facts(conn, station.ctx.campaign(), woman.visit_id, station.ctx.today())
    assert facts is not None
    assert facts.capabilities == ("obstetric_emergency",)


def test_a_decision_that_the_form_leaves_to_the_screener_is_stored(station: TestStation, woman: Registered) -> None:
    form = station.ctx.campaign().screening_forms["adult-5785"]
    open_questions = [question for question in form.questions if question.decision]
    assert open_questions, "the form leaves at least one outcome to the screener"
    question = open_questions[0]
    choice = question.decision[0]
    command = filled(
        station,
        woman.visit_id,
        {question.id: "khác"},
        sex="female",
        decisions={question.id: choice},
        reason="đã hội chẩn",
    )
    screenings.record(station.ctx, command)
    assert station.row(Screening).decisions == {question.id: choice}
    with station.database.reader() as conn:
        facts = desk_view.visit_facts(conn, station.ctx.campaign(), woman.visit_id, station.ctx.today())
    assert facts is not None
    assert facts.screening is not None
    assert facts.screening.decisions == {question.id: choice}


def test_what_is_not_answered_is_named_and_nothing_is_stored(station: TestStation, woman: Registered) -> None:
    form = station.ctx.campaign().screening_forms["adult-5785"]
    with pytest.raises(FieldError) as refused:
        screenings.record(station.ctx, RecordScreening(woman.visit_id, form.id, PRODUCT, {}, WELL))
    assert refused.value.field in form.by_id
    with pytest.raises(FieldError) as refused:
        screenings.record(station.ctx, filled(station, woman.visit_id, {}, sex="female", vitals={}))
    assert refused.value.field == "temperature"
    with pytest.raises(FieldError) as refused:
        screenings.record(station.ctx, RecordScreening(woman.visit_id, "no-form", PRODUCT, {}, {}))
    assert refused.value.field == "form"
    with pytest.raises(KnownError):
        screenings.record(station.ctx, filled(station, "no visit", {}))
    assert station.rows(Screening) == []


def test_another_outcome_than_the_rules_say_needs_its_reason(station: TestStation, woman: Registered) -> None:
    command = filled(station, woman.visit_id, {}, sex="female", outcome="deferral")
    with pytest.raises(FieldError) as refused:
        screenings.record(station.ctx, command)
    assert refused.value.field == "reason"
    screenings.record(
        station.ctx, filled(station, woman.visit_id, {}, sex="female", outcome="deferral", reason="xin hoãn")
    )
    row = station.row(Screening)
    assert (row.outcome, row.override_reason, row.next_list) == ("deferral", "xin hoãn", "recall")


# consent


def test_each_answer_is_a_fact_of_its_own_and_the_latest_counts(station: TestStation, woman: Registered) -> None:
    for minutes, answer in enumerate((ConsentStatus.GIVEN, ConsentStatus.WITHDRAWN, ConsentStatus.GIVEN)):
        station.clock.advance(timedelta(minutes=minutes))
        note = "đổi ý" if answer is ConsentStatus.WITHDRAWN else ""
        command = RecordConsent(woman.person_id, answer, visit_id=woman.visit_id, note=note)
        consents.record(station.ctx, command)
    assert [row.answer for row in station.rows(Consent)] == ["given", "withdrawn", "given"]
    with station.ctx.read() as uow:
        history = consents.history(uow, woman.person_id, "covid19")
    from vaxdesk.domain import consent as rules

    assert rules.current(history) is ConsentStatus.GIVEN
    assert len(station.rows(AuditEntry, action="consent")) == 3
    assert len({row.resource_id for row in station.rows(Outbox, resource_type="Consent")}) == 3


def test_a_child_is_answered_for_by_a_guardian(station: TestStation) -> None:
    session = station.session(station.lot())
    child = station.person(
        session, birth=PartialDate(2014, 9, 1), national_id="", guardian_name="Lò Thị Mai", full_name="Lò Văn Bé"
    )
    with pytest.raises(FieldError) as refused:
        consents.record(station.ctx, RecordConsent(child.person_id, ConsentStatus.GIVEN, visit_id=child.visit_id))
    assert refused.value.field == "who"
    command = RecordConsent(
        child.person_id,
        ConsentStatus.GIVEN,
        who=consents.Who.GUARDIAN,
        guardian_name="Lò Thị Mai",
        guardian_relation="mother",
    )
    consents.record(station.ctx, command)
    row = station.row(Consent)
    assert (row.guardian_name, row.guardian_relation, row.by) == ("Lò Thị Mai", "mother", "guardian")
    assert row.text_id
    assert row.text_version


# vaccinated within fourteen days


def recent(station: TestStation, person: Registered) -> tuple[list[str], list[str]]:
    """The warnings with both dates, at the consent and at the screening."""
    command = RecordConsent(person.person_id, ConsentStatus.GIVEN, visit_id=person.visit_id)
    at_consent = [w.words("en") for w in consents.record(station.ctx, command) if w.code == "recent_dose"]
    with station.database.reader() as conn:
        facts = desk_view.visit_facts(conn, station.ctx.campaign(), person.visit_id, station.ctx.today())
    assert facts is not None
    form = next(
        form
        for form in station.ctx.campaign().screening_forms.values()
        if form.source.in_force(station.ctx.today()) and form.covers_age(30)
    )
    _form, result = screenings.judge(
        station.ctx.campaign(),
        RecordScreening(person.visit_id, form.id, PRODUCT, {}, {}),
        PartialDate(1990),
        "male",
        station.ctx.today(),
        recent=facts.recent_vaccination,
    )
    return at_consent, [w.words("en") for w in result.warnings if w.code == "recent_dose"]


@pytest.mark.parametrize(
    ("day", "warned"),
    [(date(2021, 9, 20), True), (date(2021, 9, 18), True), (date(2021, 9, 17), False), (None, False)],
)
def test_another_vaccine_inside_fourteen_days_is_warned_of_with_both_dates(
    station: TestStation, day: date | None, warned: bool
) -> None:
    station.clock.moment = DECLARED
    session = station.session(station.lot())
    command = RegisterPerson(details(), session_id=session, other_vaccine_on=day)
    person = people.register(station.ctx, command)
    for said in recent(station, person):
        assert bool(said) == warned
        if warned and day is not None:
            assert day.strftime("%d/%m/%Y") in said[0]
            assert "01/10/2021" in said[0]


def test_a_dose_on_record_counts_as_well_and_a_day_that_is_not_known_does_not(station: TestStation) -> None:
    station.clock.moment = DECLARED
    session = station.session(station.lot())
    person = station.person(session)
    doses.record_earlier(station.ctx, EarlierDose(person.person_id, PRODUCT, PartialDate(2021, 9), "spoken"))
    assert recent(station, person) == ([], [])
    doses.record_earlier(station.ctx, EarlierDose(person.person_id, PRODUCT, PartialDate(2021, 9, 25), "paper"))
    at_consent, at_screening = recent(station, person)
    assert "25/09/2021" in at_consent[0]
    assert at_consent == at_screening


def test_after_the_declaration_ended_nothing_is_asked(station: TestStation) -> None:
    session = station.session(station.lot())
    command = RegisterPerson(details(), session_id=session, other_vaccine_on=date(2026, 11, 20))
    assert recent(station, people.register(station.ctx, command)) == ([], [])
