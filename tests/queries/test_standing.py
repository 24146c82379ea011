"""Figures and the lists behind them come from one rule; what is kept in memory for it never lies."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from support.station import TestStation, copied_station, make_template

from vaxdesk.domain import schedule
from vaxdesk.domain.dates import PartialDate
from vaxdesk.queries import figures, people_lists, standing


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory):
    return make_template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def station(template, tmp_path: Path):
    standing.forget()
    made = copied_station(template, tmp_path)
    today = made.ctx.today()
    made.person(national_id="")
    made.vaccinated(today - timedelta(days=100), national_id="", birth=PartialDate(1956), village="")
    made.vaccinated(today - timedelta(days=90), today - timedelta(days=2), national_id="", birth=PartialDate(1980))
    made.vaccinated(today - timedelta(days=3), national_id="", birth=PartialDate(1991), village="Bản Huổi")
    yield made
    made.database.close()


def look(station: TestStation, on: date | None = None) -> figures.Figures:
    with station.database.reader() as conn:
        return figures.figures(conn, station.ctx.campaign(), on or station.ctx.today())


def test_each_figure_counts_the_people_behind_it(station: TestStation) -> None:
    found = look(station)
    assert (found.registered, found.people_begun, found.doses_given) == (4, 3, 4)
    counted = {
        "registered": found.registered,
        "begun": found.people_begun,
        "complete": found.people_complete,
        "without": found.people_without,
        "due_next": found.people_due_next,
        "due_now": found.people_due_now,
    }
    with station.database.reader() as conn:
        campaign, on = station.ctx.campaign(), station.ctx.today()
        assert {kind: people_lists.behind(conn, campaign, on, kind)[1] for kind in counted} == counted
        for row in found.villages:
            assert people_lists.behind(conn, campaign, on, "village", row.village)[1] == row.people


def test_what_is_kept_says_the_same_as_judging_anew(station: TestStation) -> None:
    for on in (station.ctx.today(), station.ctx.today() + timedelta(days=60), station.ctx.today()):
        kept = look(station, on)
        standing.forget()
        assert look(station, on) == kept
    before = look(station)
    station.vaccinated(station.ctx.today() - timedelta(days=50), national_id="", birth=PartialDate(2000))
    assert look(station).people_begun == before.people_begun + 1


def test_a_second_look_judges_nobody(station: TestStation, monkeypatch: pytest.MonkeyPatch) -> None:
    judged = []
    evaluate = schedule.evaluate
    monkeypatch.setattr(schedule, "evaluate", lambda *given: judged.append(given) or evaluate(*given))
    first = look(station)
    assert len(judged) == 3
    assert look(station) == first
    assert len(judged) == 3
