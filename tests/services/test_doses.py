"""Sessions, stock, doses and the observation: every warning, what is refused, what an undo gives back."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from support.station import MORNING, PRODUCT, TestStation

from vaxdesk import settings as options
from vaxdesk.db.tables import (
    AuditEntry,
    Immunization,
    Lot,
    Outbox,
    Reaction,
    Release,
    StockMovement,
    VaccinationSession,
    Visit,
)
from vaxdesk.domain.dates import PartialDate
from vaxdesk.errors import FieldError, KnownError, RefusedError
from vaxdesk.queries import sessions as sessions_query
from vaxdesk.queries import visits as visits_query
from vaxdesk.services import consents, doses, observation, visits
from vaxdesk.services.consents import ConsentStatus, RecordConsent
from vaxdesk.services.context import change_setting
from vaxdesk.services.doses import EarlierDose, RecordDose
from vaxdesk.services.observation import RecordReaction


class Bed:
    """A person who may be injected: consented and screened."""

    def __init__(self, station: TestStation, **changes: object) -> None:
        self.station = station
        self.lot = station.lot()
        self.session = station.session(self.lot)
        person = station.person(self.session, **changes)
        self.person, self.visit = person.person_id, person.visit_id

    def ready(self) -> Bed:
        """Consent and screening."""
        self.station.consent(self.person, self.visit)
        self.station.screen(self.visit)
        return self

    def warnings(self, **changes: object) -> list[str]:
        """The codes of what speaks against a dose now."""
        command = RecordDose(**{"visit_id": self.visit, "product_code": PRODUCT, "lot_id": self.lot, **changes})
        return [warning.code for warning in doses.warnings(self.station.ctx, command)]

    def stage(self) -> str:
        """Where she stands."""
        with self.station.database.reader() as conn:
            row = visits_query.one(conn, self.visit)
        assert row is not None
        return row.stage

    def balance(self) -> int:
        """Doses in stock."""
        with self.station.database.reader() as conn:
            return sum(row.balance for row in sessions_query.lots(conn))


@pytest.fixture
def bed(station: TestStation) -> Bed:
    """Somebody at the last step before the injection."""
    return Bed(station).ready()


# warnings before a dose


def test_who_is_consented_and_screened_has_no_warning(bed: Bed) -> None:
    assert bed.warnings() == []
    before = len(bed.station.rows(AuditEntry))
    bed.station.ctx.viewed(bed.person)
    bed.warnings()
    assert len(bed.station.rows(AuditEntry)) == before
    assert [person for person, _at in bed.station.ctx.views] == [bed.person]


def test_nobody_was_asked_and_nothing_was_screened(station: TestStation) -> None:
    assert Bed(station).warnings() == ["consent_not_asked", "no_screening"]


@pytest.mark.parametrize("answer", [ConsentStatus.WITHDRAWN, ConsentStatus.REFUSED])
def test_a_consent_that_is_gone_is_warned_of(bed: Bed, answer: ConsentStatus) -> None:
    bed.station.clock.advance(timedelta(minutes=1))
    consents.record(bed.station.ctx, RecordConsent(bed.person, answer, visit_id=bed.visit, note="đổi ý"))
    assert bed.warnings() == [f"consent_{answer.value}"]
    with pytest.raises(FieldError) as refused:
        bed.station.dose(bed.visit, bed.lot)
    assert refused.value.field == "reason"
    assert bed.balance() == 100
    bed.station.dose(bed.visit, bed.lot, reason="gia đình đồng ý lại qua điện thoại")
    assert bed.station.row(Immunization).override_reason.startswith("gia đình")
    assert bed.station.rows(AuditEntry, action="dose")[0].detail["warnings"] == [f"consent_{answer.value}"]


def test_a_screening_against_it_and_one_for_another_vaccine_are_warned_of(station: TestStation) -> None:
    bed = Bed(station)
    station.consent(bed.person, bed.visit)
    from vaxdesk.domain.screening import nothing_found
    from vaxdesk.services import screenings

    form = station.ctx.campaign().screening_forms["adult-5785"]
    answers = nothing_found(form, PRODUCT, "male")
    ill = screenings.RecordScreening(
        bed.visit, form.id, PRODUCT, {**answers, "2": True}, {"temperature": 36.6}, reason="đang sốt"
    )
    assert screenings.record(station.ctx, ill).value == "recall"
    assert bed.warnings() == ["screening"]
    station.screen(bed.visit, "comirnaty")
    assert bed.warnings() == ["screened_other"]
    station.screen(bed.visit)
    assert bed.warnings() == []


def test_a_lot_out_of_date_or_withdrawn_is_warned_of(bed: Bed) -> None:
    with bed.station.ctx.write() as uow:
        lot = uow.get(Lot, bed.lot)
        lot.expiry, lot.blocked, lot.blocked_reason = date(2026, 11, 20), True, "công văn 12"
        uow.commit()
    assert bed.warnings() == ["expired", "blocked"]
    command = RecordDose(bed.visit, PRODUCT, bed.lot)
    said = [warning.words for warning in doses.warnings(bed.station.ctx, command)]
    assert "20/11/2026" in said[0]
    assert "công văn 12" in said[1]
    with bed.station.ctx.write() as uow:
        lot = uow.get(Lot, bed.lot)
        lot.expiry, lot.blocked = date(2026, 11, 21), False
        uow.commit()
    assert bed.warnings() == []


@pytest.mark.parametrize(
    ("earlier", "code"),
    [(PartialDate(2026, 11, 1), "too_early"), (PartialDate(2026, 11, 21), "duplicate"), (PartialDate(2026, 3, 1), "")],
)
def test_the_schedule_is_asked_with_the_whole_history(bed: Bed, earlier: PartialDate, code: str) -> None:
    doses.record_earlier(bed.station.ctx, EarlierDose(bed.person, PRODUCT, earlier, "paper"))
    assert bed.warnings() == ([code] if code else [])


def test_another_vaccine_on_the_same_day_is_a_duplicate(bed: Bed) -> None:
    other = EarlierDose(bed.person, "vero-cell", PartialDate(2026, 11, 21), "paper")
    doses.record_earlier(bed.station.ctx, other)
    assert bed.warnings() == ["duplicate"]


def test_a_child_under_the_vaccines_age_is_warned_of(station: TestStation) -> None:
    bed = Bed(station, birth=PartialDate(2018, 1, 1), national_id="", guardian_name="Lò Thị Mai")
    assert "wrong_age" in bed.warnings()


def test_a_lot_of_another_vaccine_cannot_be_recorded(bed: Bed) -> None:
    other = bed.station.lot("FK1", product="comirnaty")
    for change in ({"lot_id": other}, {"lot_id": "none"}, {"product_code": "comirnaty"}):
        with pytest.raises(FieldError) as refused:
            bed.warnings(**change)
        assert refused.value.field == "lot"


# recording


def test_a_dose_is_whole_product_lot_arm_time_who_number(bed: Bed) -> None:
    hoa = bed.station.acting("inject")
    command = RecordDose(bed.visit, PRODUCT, bed.lot, site="right-arm", performer_id=hoa.user.id)
    done = doses.record(bed.station.ctx, command)
    row = bed.station.row(Immunization)
    assert (row.lot_number, row.site, row.performer_name, row.dose_number) == ("ABX3107", "right-arm", "Vì Thị Hoa", 1)
    assert (row.occurred, row.occurred_at, row.route) == ("2026-11-21", bed.station.clock.now(), row.route)
    assert row.lot_expiry == bed.station.row(Lot).expiry
    assert done.undo_until == bed.station.clock.now() + timedelta(seconds=10)
    assert (bed.stage(), bed.balance()) == ("observation", 99)
    used = bed.station.row(StockMovement, kind="used")
    assert (used.doses, used.immunization_id) == (-1, row.record_id)


def test_a_second_dose_of_the_same_visit_is_refused_even_with_a_reason(bed: Bed) -> None:
    bed.station.dose(bed.visit, bed.lot)
    with pytest.raises(RefusedError, match="already recorded"):
        bed.station.dose(bed.visit, bed.lot, reason="thêm")
    assert bed.balance() == 99


def test_a_dose_lies_not_in_the_future(bed: Bed) -> None:
    late = bed.station.clock.now() + timedelta(minutes=6)
    with pytest.raises(RefusedError, match="future"):
        doses.record(bed.station.ctx, RecordDose(bed.visit, PRODUCT, bed.lot, occurred_at=late, reason="x"))
    soon = bed.station.clock.now() + timedelta(minutes=4)
    doses.record(bed.station.ctx, RecordDose(bed.visit, PRODUCT, bed.lot, occurred_at=soon))


@pytest.mark.parametrize(("change", "field"), [({"site": "nose"}, "site"), ({"performer_id": "x"}, "performer")])
def test_a_field_that_does_not_fit_is_named(bed: Bed, change: dict, field: str) -> None:
    with pytest.raises(FieldError) as refused:
        doses.record(bed.station.ctx, RecordDose(bed.visit, PRODUCT, bed.lot, **change))
    assert refused.value.field == field
    assert bed.balance() == 100


def test_only_who_may_inject_stands_as_the_one_who_injected(bed: Bed) -> None:
    clerk = bed.station.acting("register")
    with pytest.raises(FieldError) as refused:
        doses.record(bed.station.ctx, RecordDose(bed.visit, PRODUCT, bed.lot, performer_id=clerk.user.id))
    assert refused.value.field == "performer"


# undo, not given, correction


def test_an_undo_gives_everything_back_and_the_dose_can_be_recorded_again(bed: Bed) -> None:
    first = bed.station.dose(bed.visit, bed.lot)
    doses.withdraw(bed.station.ctx, first.immunization_id, "nhầm tay")
    assert (bed.stage(), bed.balance()) == ("dose", 100)
    assert {row.state for row in bed.station.rows(Outbox, resource_type="Immunization")} == {"superseded"}
    assert bed.station.dose(bed.visit, bed.lot).number == 1
    assert bed.balance() == 99
    with pytest.raises(KnownError, match="not there any more"):
        doses.withdraw(bed.station.ctx, first.immunization_id, "nữa")
    with pytest.raises(FieldError):
        doses.withdraw(bed.station.ctx, first.immunization_id, " ")


def test_not_given_after_an_undo_and_given_after_all(bed: Bed) -> None:
    first = bed.station.dose(bed.visit, bed.lot)
    with pytest.raises(RefusedError, match="already recorded"):
        doses.not_given(bed.station.ctx, bed.visit, PRODUCT, "hết vắc xin")
    doses.withdraw(bed.station.ctx, first.immunization_id, "nhầm người")
    with pytest.raises(FieldError):
        doses.not_given(bed.station.ctx, bed.visit, PRODUCT, "")
    record = doses.not_given(bed.station.ctx, bed.visit, PRODUCT, "bỏ về")
    assert bed.stage() == "not-given"
    with pytest.raises(RefusedError):
        doses.not_given(bed.station.ctx, bed.visit, PRODUCT, "bỏ về")
    bed.station.dose(bed.visit, bed.lot)
    assert (bed.stage(), bed.balance()) == ("observation", 99)
    assert bed.station.row(Immunization, record_id=record, current=True).status == "entered-in-error"
    assert len(bed.station.rows(Immunization, current=True, status="completed")) == 1


def test_a_dose_from_the_portal_is_corrected_where_it_was_given(bed: Bed) -> None:
    given = bed.station.dose(bed.visit, bed.lot)
    with bed.station.ctx.write() as uow:
        uow.first(Immunization, record_id=given.immunization_id).origin = "portal"
        uow.commit()
    with pytest.raises(RefusedError, match="elsewhere"):
        doses.withdraw(bed.station.ctx, given.immunization_id, "nhầm")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"product_code": "nothing"}, "product"),
        ({"evidence": "here"}, "evidence"),
        ({"occurred": PartialDate(2026, 12)}, "occurred"),
        ({"occurred": PartialDate(2027)}, "occurred"),
    ],
)
def test_an_earlier_dose_that_does_not_fit_is_refused_by_field(bed: Bed, change: dict, error: str) -> None:
    dose = {"person_id": bed.person, "product_code": PRODUCT, "occurred": PartialDate(2021, 8), "evidence": "paper"}
    with pytest.raises(FieldError) as refused:
        doses.record_earlier(bed.station.ctx, EarlierDose(**{**dose, **change}))
    assert refused.value.field == error


def test_an_earlier_dose_never_moves_stock_and_is_not_entered_twice(bed: Bed) -> None:
    dose = EarlierDose(bed.person, PRODUCT, PartialDate(2021, 8), "spoken", "abx 1", "Bệnh viện huyện")
    record = doses.record_earlier(bed.station.ctx, dose)
    row = bed.station.row(Immunization, record_id=record)
    assert (row.occurred, row.lot_number, row.evidence, row.occurred_at) == ("2021-08", "ABX 1", "spoken", None)
    assert bed.balance() == 100
    with pytest.raises(RefusedError, match="already in the record"):
        doses.record_earlier(bed.station.ctx, dose)
    later = EarlierDose(bed.person, PRODUCT, PartialDate(2021, 11), "paper")
    with pytest.raises(RefusedError):
        doses.record_earlier_doses(bed.station.ctx, [later, later])
    assert len(bed.station.rows(Immunization)) == 1


# check-in


def test_a_second_check_in_is_the_same_visit_and_a_closed_session_takes_nobody(bed: Bed) -> None:
    again = visits.check_in(bed.station.ctx, visits.CheckIn(bed.session, bed.person))
    assert again == bed.visit
    assert len(bed.station.rows(Visit)) == 1
    for command in (
        visits.CheckIn("nothing", bed.person),
        visits.CheckIn(bed.session, "nobody"),
        visits.CheckIn(bed.session, bed.person, "guessed"),
    ):
        with pytest.raises(KnownError):
            visits.check_in(bed.station.ctx, command)
    with bed.station.ctx.write() as uow:
        uow.get(VaccinationSession, bed.session).closed_at = uow.now
        uow.commit()
    other = bed.station.person(national_id="", full_name="Lò Văn Muộn")
    with pytest.raises(RefusedError, match="closed"):
        visits.check_in(bed.station.ctx, visits.CheckIn(bed.session, other.person_id))


def test_a_consent_belongs_to_the_persons_own_visit(bed: Bed) -> None:
    from vaxdesk.errors import BugError

    other = bed.station.person(bed.session, national_id="", full_name="Lò Văn Hai")
    with pytest.raises(BugError):
        bed.station.consent(other.person_id, bed.visit)


# the thirty minutes


def test_nobody_goes_early_without_a_reason_and_the_minutes_left_are_told(bed: Bed) -> None:
    bed.station.dose(bed.visit, bed.lot)
    bed.station.clock.advance(timedelta(minutes=12, seconds=30))
    with pytest.raises(FieldError) as refused:
        observation.release(bed.station.ctx, bed.visit)
    assert refused.value.field == "early_reason"
    assert refused.value.values == {"minutes": 18}
    observation.release(bed.station.ctx, bed.visit, "xe chạy sớm")
    assert bed.station.row(Release).early_reason == "xe chạy sớm"
    assert bed.stage() == "done"


def test_on_time_no_reason_is_kept_and_nobody_goes_twice(bed: Bed) -> None:
    with pytest.raises(RefusedError, match="No dose"):
        observation.release(bed.station.ctx, bed.visit)
    bed.station.dose(bed.visit, bed.lot)
    bed.station.clock.advance(timedelta(minutes=30))
    observation.release(bed.station.ctx, bed.visit, "thừa")
    assert bed.station.row(Release).early_reason == ""
    with pytest.raises(RefusedError, match="already"):
        observation.release(bed.station.ctx, bed.visit)


def test_the_minutes_are_the_stations_setting(bed: Bed) -> None:
    change_setting(bed.station.ctx, options.OBSERVATION_MINUTES, 15)
    bed.station.dose(bed.visit, bed.lot)
    given = bed.station.row(Immunization).occurred_at
    assert observation.ends_at(bed.station.ctx, given) == given + timedelta(minutes=15)
    bed.station.clock.advance(timedelta(minutes=15))
    observation.release(bed.station.ctx, bed.visit)


def test_a_reaction_belongs_to_the_dose_of_the_visit(bed: Bed) -> None:
    ordinary = RecordReaction(bed.visit, "ordinary", ("sore",))
    with pytest.raises(KnownError, match="No dose"):
        observation.record_reaction(bed.station.ctx, ordinary)
    given = bed.station.dose(bed.visit, bed.lot)
    for wrong, field in (
        (RecordReaction(bed.visit, "strange", ("sore",)), "severity"),
        (RecordReaction(bed.visit, "severe", ()), "signs"),
    ):
        with pytest.raises(FieldError) as refused:
            observation.record_reaction(bed.station.ctx, wrong)
        assert refused.value.field == field
    onset: datetime = MORNING + timedelta(minutes=5)
    observation.record_reaction(bed.station.ctx, RecordReaction(bed.visit, "severe", (), onset, note="khó thở"))
    row = bed.station.row(Reaction)
    assert (row.immunization_id, row.onset_at, row.note) == (given.immunization_id, onset, "khó thở")
    assert bed.station.rows(Outbox, resource_type="AdverseEvent")
