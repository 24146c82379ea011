"""The eligible list out of a real file: histories, groups, consents, screenings, bookings; caches that never lie."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from support.station import PRODUCT, TestStation, make_station

from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.eligibility import Plan, Why
from vaxdesk.domain.screening import nothing_found
from vaxdesk.errors import RefusedError
from vaxdesk.queries.eligibility import Eligible
from vaxdesk.services import consents, doses, people, screenings
from vaxdesk.services.consents import RecordConsent
from vaxdesk.services.screenings import RecordScreening


@pytest.fixture
def station(tmp_path):
    station = make_station(tmp_path)
    yield station
    station.database.close()


def plan(station: TestStation, *groups: str, days: int = 1) -> Plan:
    return Plan(PRODUCT, station.ctx.today() + timedelta(days=days), frozenset(groups))


def against(source: Eligible, station: TestStation, person_id: str, plan_: Plan) -> tuple[Why, ...]:
    found = source.why(station.ctx.campaign(), plan_, person_id)
    assert found is not None
    return found[0].against


def screen(station: TestStation, visit_id: str, reason: str, product: str = PRODUCT, **found: object) -> str:
    form = station.ctx.campaign().screening_forms["adult-5785"]
    answers = {**nothing_found(form, product, "male"), **{key.removeprefix("q"): v for key, v in found.items()}}
    command = RecordScreening(visit_id, form.id, product, answers, {"temperature": 36.6}, reason=reason)
    return screenings.record(station.ctx, command).value


def test_everybody_is_in_or_told_why_not(station: TestStation) -> None:
    campaign = station.ctx.campaign()
    source = Eligible(station.database)
    lot = station.lot()
    session = station.session(lot)
    fresh = station.person(full_name="Lò Văn Mới", national_id="", groups=("9",))
    strong = station.person(full_name="Cà Thị Y", national_id="", sex="female", groups=("1", "15"))
    other = station.person(full_name="Vì Văn Do", national_id="", groups=("15",))
    child = station.person(
        full_name="Tòng Văn Nhỏ",
        national_id="",
        birth=PartialDate(2020, 1, 1),
        groups=("9",),
        guardian_name="Tòng Thị Mẹ",
        guardian_relation="mother",
    )
    done = station.through(session, lot, full_name="Lường Văn Đã", national_id="", groups=("9",))
    refused = station.person(session, full_name="Hoàng Văn Chối", national_id="", groups=("9",))
    consents.record(station.ctx, RecordConsent(refused.person_id, consents.ConsentStatus.REFUSED))
    deferred = station.person(session, full_name="Quàng Văn Hoãn", national_id="", groups=("9",))
    assert screen(station, deferred.visit_id, "đang sốt xuất huyết", q2=True) == "recall"
    forbidden = station.person(session, full_name="Lèo Văn Cấm", national_id="", groups=("9",))
    assert screen(station, forbidden.visit_id, "phản vệ", q1=True) == "contraindicated_same_product"
    referred = station.person(session, full_name="Bạc Văn Chuyển", national_id="", groups=("9",))
    assert screen(station, referred.visit_id, "ong đốt", q4="ong") == "refer_hospital"

    tomorrow = plan(station, "1", "9")
    listed = source.listed(campaign, tomorrow)
    assert [row.person_id for row in listed] == [strong.person_id, fresh.person_id]
    assert [row.person_id for row in source.page(campaign, tomorrow, 1)] == [strong.person_id]
    assert against(source, station, other.person_id, tomorrow) == (Why.OTHER_GROUP,)
    assert against(source, station, child.person_id, tomorrow) == (Why.OTHER_PRODUCT,)
    assert against(source, station, done.person_id, tomorrow) == (Why.NOT_DUE,)
    assert against(source, station, refused.person_id, tomorrow) == (Why.REFUSED,)
    assert against(source, station, deferred.person_id, tomorrow) == (Why.DEFERRED,)
    assert against(source, station, forbidden.person_id, tomorrow) == (Why.CONTRAINDICATED,)
    assert against(source, station, referred.person_id, tomorrow) == (Why.REFERRED,)
    assert source.why(campaign, tomorrow, "nobody") is None
    today = plan(station, "9", days=0)
    assert Why.CLASH in against(source, station, referred.person_id, today)
    told = source.why(campaign, tomorrow, done.person_id)
    assert told is not None
    assert "Mũi 2 sớm nhất từ" in told[1][0].words()


def test_a_reaction_to_an_earlier_dose_concerns_the_vaccine_given_then_and_not_only_the_one_on_the_table(
    station: TestStation,
) -> None:
    source = Eligible(station.database)
    session = station.session(station.lot())
    person = station.person(session, full_name="Lèo Thị Sợ", national_id="", groups=("9",))
    for known in (PartialDate(2021, 7, 1), PartialDate(2021, 9)):
        doses.record_earlier(station.ctx, doses.EarlierDose(person.person_id, PRODUCT, known, "paper"))
    assert screen(station, person.visit_id, "phản vệ", product="comirnaty", q1="AstraZeneca") == (
        "contraindicated_same_product"
    )
    tomorrow = plan(station, "9")
    for product in (PRODUCT, "comirnaty"):
        assert Why.CONTRAINDICATED in against(source, station, person.person_id, replace(tomorrow, product=product))
    assert Why.CONTRAINDICATED not in against(source, station, person.person_id, replace(tomorrow, product="spikevax"))
    # Another finding of the kind says nothing about the doses given before.
    other = station.person(session, full_name="Lèo Văn Khác", national_id="", groups=("9",))
    known = PartialDate(2021, 7, 1)
    doses.record_earlier(station.ctx, doses.EarlierDose(other.person_id, PRODUCT, known, "paper"))
    screen(station, other.visit_id, "tăng tính thấm mao mạch", product="comirnaty", q10="khác")
    assert Why.CONTRAINDICATED not in against(source, station, other.person_id, tomorrow)
    # Screened anew for it, and found fit: it is allowed again, the other one is not.
    assert screen(station, person.visit_id, "", product="comirnaty") == "inject"
    assert Why.CONTRAINDICATED not in against(source, station, person.person_id, replace(tomorrow, product="comirnaty"))


def test_a_change_is_seen_at_once_and_an_emptied_cache_says_the_same(station: TestStation) -> None:
    campaign = station.ctx.campaign()
    source = Eligible(station.database)
    person = station.person(national_id="", groups=("9",))
    tomorrow = plan(station, "9")
    assert [row.person_id for row in source.listed(campaign, tomorrow)] == [person.person_id]
    warm = source.facts(campaign, tomorrow.day)
    assert source.facts(campaign, tomorrow.day) is warm
    consents.record(station.ctx, RecordConsent(person.person_id, consents.ConsentStatus.REFUSED))
    assert source.listed(campaign, tomorrow) == []
    kept = source.facts(campaign, tomorrow.day)
    source.forget()
    assert source.facts(campaign, tomorrow.day) == kept
    assert Eligible(station.database).facts(campaign, tomorrow.day) == kept


def test_a_confirmed_group_replaces_the_stated_one_and_both_are_kept(station: TestStation) -> None:
    source = Eligible(station.database)
    person = station.person(national_id="", groups=("15",))
    assert against(source, station, person.person_id, plan(station, "9")) == (Why.OTHER_GROUP,)
    people.confirm_group(station.ctx, person.person_id, "9")
    assert against(source, station, person.person_id, plan(station, "9")) == ()


def test_a_cancelled_list_keeps_nothing(station: TestStation) -> None:
    campaign = station.ctx.campaign()
    source = Eligible(station.database)
    station.person(national_id="")
    with pytest.raises(RefusedError):
        source.listed(campaign, plan(station), cancelled=lambda: True)
    assert len(source.listed(campaign, plan(station))) == 1
