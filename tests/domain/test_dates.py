from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaxdesk.domain.dates import (
    PartialDate,
    format_date,
    format_datetime,
    format_number,
    format_time,
    parse_day,
    parse_partial,
)
from vaxdesk.errors import FieldError

TODAY = date(2026, 11, 21)

days = st.dates(date(1890, 1, 1), TODAY)


@pytest.mark.parametrize(
    ("typed", "iso"),
    [
        ("1/9/1956", "1956-09-01"),
        ("01/09/1956", "1956-09-01"),
        ("1-9-1956", "1956-09-01"),
        ("1.9.1956", "1956-09-01"),
        ("1 9 1956", "1956-09-01"),
        (" 01 / 09 / 1956 ", "1956-09-01"),
        ("01091956", "1956-09-01"),
        ("19560901", "1956-09-01"),
        ("1956-09-01", "1956-09-01"),
        ("1956/9/1", "1956-09-01"),
        ("ngày 1 tháng 9 năm 1956", "1956-09-01"),
        ("NGÀY 01 THÁNG 09 NĂM 1956", "1956-09-01"),
        ("09/1956", "1956-09"),
        ("9/1956", "1956-09"),
        ("091956", "1956-09"),
        ("1956-09", "1956-09"),
        ("1956", "1956"),
        ("năm 1956", "1956"),
        ("na\u0306m 1956", "1956"),
        ("00/00/1956", "1956"),
        ("00/09/1956", "1956-09"),
        ("29/2/2024", "2024-02-29"),
        ("20101990", "1990-10-20"),
        ("19122012", "2012-12-19"),
        ("2026", "2026"),
        ("21/11/2026", "2026-11-21"),
    ],
)
def test_typed_dates(typed: str, iso: str) -> None:
    assert parse_partial(typed, TODAY).iso() == iso


@pytest.mark.parametrize(
    ("typed", "part"),
    [
        ("", "missing"),
        ("   ", "missing"),
        ("1/9/56", "19{year}"),
        ("1/9/5", "19{year}"),
        ("56", "19{year}"),
        ("010956", "19{year}"),
        ("1/9", "year is missing"),
        ("31/2/1956", "has no day"),
        ("29/2/2023", "has no day"),
        ("9/31/1956", "no month"),
        ("1/13/1956", "no month"),
        ("5/00/1956", "month is missing"),
        ("22/11/2026", "future"),
        ("2027", "future"),
        ("1/1/1800", "cannot be right"),
        ("hôm qua", "is not a date"),
        ("1/9/1956/2", "is not a date"),
        ("123456789012", "is not a date"),
        ("1/9/1956x", "is not a date"),
        ("٠١٠٩١٩٥٦", "is not a date"),
    ],
)
def test_refused_dates_say_why(typed: str, part: str) -> None:
    with pytest.raises(FieldError) as caught:
        parse_partial(typed, TODAY, "birth")
    assert part in caught.value.message_id
    assert caught.value.field == "birth"
    assert "{" not in caught.value.words()


def test_a_full_day_is_asked_where_it_is_needed() -> None:
    assert parse_day("21/11/2026", TODAY) == TODAY
    with pytest.raises(FieldError):
        parse_day("11/2026", TODAY)


@given(days)
def test_every_day_is_read_in_every_form(day: date) -> None:
    expected = PartialDate.of(day)
    for form in ("%d/%m/%Y", "%d%m%Y", "%d.%m.%Y", "%Y-%m-%d", "%Y%m%d", "%d %m %Y"):
        assert parse_partial(day.strftime(form), TODAY) == expected
    assert parse_partial(day.strftime("%m/%Y"), TODAY) == PartialDate(day.year, day.month)
    assert parse_partial(day.strftime("%m%Y"), TODAY) == PartialDate(day.year, day.month)
    assert parse_partial(day.strftime("%Y"), TODAY) == PartialDate(day.year)


@given(st.text(max_size=20))
def test_any_text_is_a_date_or_a_sentence(text: str) -> None:
    try:
        found = parse_partial(text, TODAY)
    except FieldError:
        return
    assert str(found.year) in text
    assert found.earliest() <= TODAY


@given(days, st.sampled_from(["year", "month", "day"]))
def test_stored_form_round_trips(day: date, precision: str) -> None:
    whole = PartialDate.of(day)
    partial = {"year": PartialDate(day.year), "month": PartialDate(day.year, day.month), "day": whole}[precision]
    assert PartialDate.parse(partial.iso()) == partial
    assert partial.precision == precision
    assert partial.earliest() <= day <= partial.latest()
    assert parse_partial(partial.vietnamese(), TODAY) == partial
    assert partial.may_equal(whole)


@pytest.mark.parametrize("text", ["", "56", "1956-13", "1956-02-30", "1956-2-3", "01/02/1956", "1956-07-03T00:00"])
def test_stored_form_is_strict(text: str) -> None:
    with pytest.raises(ValueError):
        PartialDate.parse(text)


@pytest.mark.parametrize("parts", [(1956, None, 3), (1956, 13, 1), (1956, 0, 1), (1956, 4, 31), (0, None, None)])
def test_impossible_parts(parts: tuple[int, int | None, int | None]) -> None:
    with pytest.raises(ValueError):
        PartialDate(*parts)


def test_shown_as_known() -> None:
    assert PartialDate(1956).vietnamese() == "1956"
    assert PartialDate(1956, 7).vietnamese() == "07/1956"
    assert PartialDate(1956, 7, 3).vietnamese() == "03/07/1956"


def test_age_counts_only_certain_years() -> None:
    assert PartialDate(2008).age_on(date(2026, 11, 21)) == 17
    assert PartialDate(2008).oldest_age_on(date(2026, 11, 21)) == 18
    assert PartialDate(2008, 11, 21).age_on(date(2026, 11, 20)) == 17
    assert PartialDate(2008, 11, 21).age_on(date(2026, 11, 21)) == 18
    assert PartialDate(2008, 2, 29).age_on(date(2026, 2, 28)) == 17
    assert PartialDate(2008, 2, 29).age_on(date(2026, 3, 1)) == 18
    assert PartialDate(2026).age_on(date(2026, 1, 1)) == 0


def test_order_puts_the_less_known_first() -> None:
    dates = [PartialDate(1956, 7, 3), PartialDate(1956), PartialDate(1956, 7), PartialDate(1955, 12, 31)]
    assert [d.iso() for d in sorted(dates)] == ["1955-12-31", "1956", "1956-07", "1956-07-03"]
    with pytest.raises(TypeError):
        assert PartialDate(1956) < "1956"  # type: ignore[operator]


def test_may_equal() -> None:
    assert PartialDate(1956).may_equal(PartialDate(1956, 7, 3))
    assert not PartialDate(1956, 8).may_equal(PartialDate(1956, 7, 3))


def test_vietnamese_output() -> None:
    moment = datetime(2026, 7, 2, 17, 30, tzinfo=UTC)
    assert format_date(date(2026, 7, 3)) == "03/07/2026"
    assert format_time(moment) == "00:30"
    assert format_datetime(moment) == "00:30 03/07/2026"
    assert format_number(1234567) == "1.234.567"
    assert format_number(36.5, 1) == "36,5"
    assert format_number(Decimal("1234.5"), 1) == "1.234,5"
    assert format_number(-1000) == "-1.000"
