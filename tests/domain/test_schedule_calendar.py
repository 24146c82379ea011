"""Calendar arithmetic: month ends, 29 February, inexact birth dates."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaxdesk import assets
from vaxdesk.campaigns import load
from vaxdesk.domain.campaign import Campaign, Duration
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.schedule import GivenDose, evaluate
from vaxdesk.domain.schedule_spans import Ages, Span

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))
SPANS = st.builds(Duration, st.integers(0, 240), st.sampled_from(["days", "weeks", "months", "years"]))


@cache
def pack(name: str = "") -> Campaign:
    folder = (
        Path(__file__).parents[1] / "campaigns" / "packs" / name if name else assets.resource("campaigns", "covid19")
    )
    return load(folder)


@pytest.mark.parametrize(
    ("start", "span", "end"),
    [
        ("2021-05-03", "8 weeks", "2021-06-28"),
        ("2021-05-03", "28 days", "2021-05-31"),
        ("2021-05-03", "0 days", "2021-05-03"),
        ("2021-11-30", "3 months", "2022-03-01"),  # there is no 30 February
        ("2021-08-31", "6 months", "2022-03-01"),
        ("2023-08-31", "6 months", "2024-03-01"),  # nor in a leap year
        ("2023-08-29", "6 months", "2024-02-29"),
        ("2021-10-31", "1 month", "2021-12-01"),
        ("2021-12-31", "1 month", "2022-01-31"),
        ("2021-12-31", "2 months", "2022-03-01"),
        ("2004-02-29", "18 years", "2022-03-01"),
        ("2004-02-29", "20 years", "2024-02-29"),
        ("2021-12-15", "12 months", "2022-12-15"),
    ],
)
def test_spans(start: str, span: str, end: str) -> None:
    assert Duration.parse(span).after(date.fromisoformat(start)) == date.fromisoformat(end)


@pytest.mark.parametrize(
    "text", ["", "8", "weeks", "8 wochen", "-1 days", "1.5 months", "8 weeks ", "99999 days", "8weeks"]
)
def test_what_is_no_span(text: str) -> None:
    with pytest.raises(ValueError):
        Duration.parse(text)


@given(SPANS)
def test_a_span_is_read_as_it_is_written(span: Duration) -> None:
    assert Duration.parse(str(span)) == span


@given(DAYS, DAYS, SPANS)
def test_a_later_start_never_ends_earlier(first: date, second: date, span: Duration) -> None:
    low, high = sorted((first, second))
    assert span.after(low) <= span.after(high)


@given(DAYS, SPANS)
def test_compiled_spans_agree_and_are_bounded(start: date, span: Duration) -> None:
    compiled = Span(span)
    end = compiled.after(start.toordinal())
    assert date.fromordinal(end) == span.after(start)
    assert end - start.toordinal() <= compiled.most


@given(DAYS, st.integers(0, 400), st.integers(0, 80), DAYS, st.integers(0, 5))
def test_ages_agree_with_the_calendar(birth: date, unsure: int, years: int, day: date, grace: int) -> None:
    first, last = birth.toordinal(), birth.toordinal() + unsure
    minimum, below = Duration(years, "years"), Duration(years + 1, "years")
    possible = [date.fromordinal(n) for n in range(first, last + 1)]
    right = [minimum.after(b) - timedelta(days=grace) <= day < below.after(b) for b in possible]
    fits = Ages(minimum, below, grace).fits(day.toordinal(), first, last)
    if all(right):
        assert fits == 2
    if fits == 2:
        assert all(right)
    if any(right):
        assert fits > 0


@pytest.mark.parametrize(("day", "reason"), [(date(2022, 2, 28), "wrong_age"), (date(2022, 3, 1), "valid")])
def test_born_on_29_february(day: date, reason: str) -> None:
    doses = [GivenDose(day, "astrazeneca")]
    assert evaluate(pack(), PartialDate(2004, 2, 29), "", doses, date(2022, 4, 1)).doses[0].reason == reason


def test_an_inexact_birth_date_is_wrong_only_when_surely_wrong() -> None:
    def of(birth: str, day: str) -> tuple[str, bool]:
        verdict = evaluate(
            pack(), PartialDate.parse(birth), "", [GivenDose(date.fromisoformat(day), "astrazeneca")], date(2023, 1, 1)
        ).doses[0]
        return verdict.reason, verdict.age_doubtful

    assert of("2004", "2021-12-31") == ("wrong_age", False)
    assert of("2004", "2022-06-15") == ("valid", True)
    assert of("2004", "2022-12-31") == ("valid", False)
    assert of("2004-06", "2022-05-31") == ("wrong_age", False)
    assert of("2004-06", "2022-06-15") == ("valid", True)
    assert of("2004-06", "2022-06-30") == ("valid", False)


def test_a_forecast_waits_until_the_age_is_sure() -> None:
    def earliest(birth: str) -> date | None:
        upcoming = evaluate(pack("measles-rubella"), PartialDate.parse(birth), "", [], date(2026, 2, 1)).next
        return None if upcoming is None else upcoming.earliest

    assert earliest("2025-10-15") == date(2026, 7, 15)
    assert earliest("2025-10") == date(2026, 7, 31)
    assert earliest("2025") == date(
        2026, 12, 31
    )  # the combined product's year; the measles one's nine months end before


def test_months_in_a_course() -> None:
    first = GivenDose(date(2026, 1, 31), "measles-rubella")
    upcoming = evaluate(pack("measles-rubella"), PartialDate(2024, 1, 1), "", [first], date(2026, 2, 1)).next
    assert upcoming is not None
    assert upcoming.earliest == date(2026, 3, 1)  # 31 January plus 1 month
