"""Calendar days as people know and write them: partial birth dates, tolerant input, Vietnamese output.

A birth date may be known by its year only; it is kept and shown so, never as the first of January.
Nothing is guessed: a two-digit year is asked for again.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import total_ordering

from vaxdesk.clock import VIET_NAM, local_date
from vaxdesk.errors import FieldError

__all__ = [
    "MINIMUM_YEAR",
    "PartialDate",
    "format_date",
    "format_datetime",
    "format_number",
    "format_time",
    "parse_day",
    "parse_partial",
]

#: No living person is older than this; an earlier year is a slip of the finger.
MINIMUM_YEAR = 1890
MAXIMUM_YEAR = 2199

_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_WORDS = {"ngay", "thang", "nam", "sinh", "s", "sn", "n", "t", "khong", "ro"}


@total_ordering
@dataclass(frozen=True)
class PartialDate:
    """A calendar day of which the day, or the month and the day, may be unknown.

    Raises ``ValueError`` when the parts do not make a day that exists.
    """

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.year <= 9999:
            raise ValueError(f"year {self.year}")
        if self.month is None:
            if self.day is not None:
                raise ValueError("a day without a month")
            return
        if not 1 <= self.month <= 12:
            raise ValueError(f"month {self.month}")
        if self.day is not None and not 1 <= self.day <= calendar.monthrange(self.year, self.month)[1]:
            raise ValueError(f"day {self.day}")

    @classmethod
    def parse(cls, text: str) -> PartialDate:
        """Read the stored form ``1956``, ``1956-07`` or ``1956-07-03``; ``ValueError`` for anything else."""
        match = _ISO.fullmatch(text)
        if match is None:
            raise ValueError(f"not a stored date: {text!r}")
        year, month, day = match.groups()
        return cls(int(year), int(month) if month else None, int(day) if day else None)

    @classmethod
    def of(cls, day: date) -> PartialDate:
        """The fully known date ``day``."""
        return cls(day.year, day.month, day.day)

    @property
    def is_full(self) -> bool:
        """True when year, month and day are known."""
        return self.day is not None

    @property
    def precision(self) -> str:
        """``year``, ``month`` or ``day``."""
        if self.month is None:
            return "year"
        return "month" if self.day is None else "day"

    def iso(self) -> str:
        """The stored form, which is FHIR's and the EU DCC's too: ``1956``, ``1956-07``, ``1956-07-03``."""
        if self.month is None:
            return f"{self.year:04d}"
        if self.day is None:
            return f"{self.year:04d}-{self.month:02d}"
        return f"{self.year:04d}-{self.month:02d}-{self.day:02d}"

    def vietnamese(self) -> str:
        """As it is written in Viet Nam: ``03/07/1956``, ``07/1956`` or ``1956``."""
        if self.month is None:
            return f"{self.year:04d}"
        if self.day is None:
            return f"{self.month:02d}/{self.year:04d}"
        return f"{self.day:02d}/{self.month:02d}/{self.year:04d}"

    def earliest(self) -> date:
        """The first calendar day that this can be."""
        return date(self.year, self.month or 1, self.day or 1)

    def latest(self) -> date:
        """The last calendar day that this can be."""
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    def age_on(self, day: date) -> int:
        """Completed years on ``day`` that are certain: counted from :meth:`latest`; 0 before the birth.

        A rule "from 18 years" is then never met by a person who may still be 17. Someone born on 29 February
        grows a year older on 1 March of a common year (Bộ luật Dân sự 2015, Điều 148: a full year has passed).
        """
        return max(0, _years(self.latest(), day))

    def oldest_age_on(self, day: date) -> int:
        """The highest number of completed years possible on ``day``, counted from :meth:`earliest`."""
        return max(0, _years(self.earliest(), day))

    def may_equal(self, other: PartialDate) -> bool:
        """True when both can be the same day: the known parts agree."""
        return self.earliest() <= other.latest() and other.earliest() <= self.latest()

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, PartialDate):
            return NotImplemented
        return self._order() < other._order()

    def _order(self) -> tuple[int, int, int]:
        return (self.year, self.month or 0, self.day or 0)

    def __str__(self) -> str:
        return self.iso()


def _years(birth: date, day: date) -> int:
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def parse_partial(text: str, today: date, field: str = "birth") -> PartialDate:
    """Read a birth date as people type it; day before month, any separator, words such as ``năm`` allowed.

    ``1/9/1956``, ``01091956``, ``1.9.1956``, ``09/1956``, ``091956``, ``1956``, ``ngày 1 tháng 9 năm 1956``,
    ``00/00/1956`` (unknown parts), ``1956-09-01``. Raises :class:`FieldError` for ``field`` with a sentence that says
    what is missing or wrong. A two-digit year is never completed, a date after ``today`` never taken.
    """
    year, month, day = _parts(text, field)
    if not MINIMUM_YEAR <= year <= MAXIMUM_YEAR:
        raise FieldError(field, "The year {year} cannot be right. Check it and write four digits.", year=f"{year:04d}")
    if day and not month:
        raise FieldError(field, "The month is missing in “{text}”. Write day/month/year, or only the year.", text=text)
    if month > 12:
        raise FieldError(field, "There is no month {month}. Write the day first, then the month.", month=month)
    if day and day > calendar.monthrange(year, month)[1]:
        raise FieldError(field, "Month {month}/{year} has no day {day}.", month=month, year=year, day=day)
    found = PartialDate(year, month or None, day or None)
    if found.earliest() > today:
        raise FieldError(field, "{date} lies in the future. Check the date.", date=found.vietnamese())
    return found


def parse_day(text: str, today: date, field: str = "date") -> date:
    """Read a full day, not later than ``today``; raises :class:`FieldError` when a part is missing."""
    found = parse_partial(text, today, field)
    if not found.is_full:
        raise FieldError(field, "The day or the month is missing in “{text}”. Write day/month/year.", text=text)
    return found.earliest()


def _parts(text: str, field: str) -> tuple[int, int, int]:
    """Year, month and day as written; 0 for an unknown month or day."""
    plain = unicodedata.normalize("NFC", text).strip()
    if not plain:
        raise FieldError(field, "The date is missing. Write day/month/year, or only the year.")
    groups = re.findall(r"\d+", plain)
    letters = re.findall(r"[^\W\d_]+", plain)
    if not groups or any(_bare(word) not in _WORDS for word in letters) or not plain.isprintable():
        raise FieldError(field, "“{text}” is not a date. Write day/month/year, for example 01/09/1956.", text=plain)
    if any(not group.isascii() for group in groups):
        raise FieldError(field, "“{text}” is not a date. Write day/month/year, for example 01/09/1956.", text=plain)
    lengths = [len(group) for group in groups]
    if len(groups) == 1:
        return _run(groups[0], plain, field)
    if len(groups) == 2 and lengths[1] == 4 and lengths[0] <= 2:
        return int(groups[1]), int(groups[0]), 0
    if len(groups) == 2 and lengths[0] == 4 and lengths[1] <= 2:
        return int(groups[0]), int(groups[1]), 0
    if len(groups) == 3 and lengths[2] == 4 and max(lengths[:2]) <= 2:
        return int(groups[2]), int(groups[1]), int(groups[0])
    if len(groups) == 3 and lengths[0] == 4 and max(lengths[1:]) <= 2:
        return int(groups[0]), int(groups[1]), int(groups[2])
    if len(groups) <= 3 and lengths[-1] <= 2 and max(lengths) <= 2:
        if len(groups) == 2:
            raise FieldError(field, "The year is missing in “{text}”. Write it with four digits.", text=plain)
        raise _two_digits(groups[2], field)
    raise FieldError(field, "“{text}” is not a date. Write day/month/year, for example 01/09/1956.", text=plain)


def _run(digits: str, text: str, field: str) -> tuple[int, int, int]:
    """A run of digits without separators. The century decides: no day or month begins with 19 or 20 twice over."""
    if len(digits) == 4:
        return int(digits), 0, 0
    if len(digits) == 8:
        day_first = (int(digits[4:]), int(digits[2:4]), int(digits[:2]))
        year_first = (int(digits[:4]), int(digits[4:6]), int(digits[6:]))
        if not _plausible(day_first) and _plausible(year_first):
            return year_first
        return day_first
    if len(digits) == 6:
        month_year = (int(digits[2:]), int(digits[:2]), 0)
        if _plausible(month_year):
            return month_year
        raise _two_digits(digits[4:], field)
    if len(digits) == 2:
        raise _two_digits(digits, field)
    raise FieldError(field, "“{text}” is not a date. Write day/month/year, for example 01/09/1956.", text=text)


def _plausible(parts: tuple[int, int, int]) -> bool:
    return MINIMUM_YEAR <= parts[0] <= MAXIMUM_YEAR and parts[1] <= 12 and parts[2] <= 31


def _two_digits(year: str, field: str) -> FieldError:
    return FieldError(
        field,
        "The year “{year}” has only two digits: write all four, for example 19{year} or 20{year}.",
        year=year.zfill(2),
    )


def _bare(word: str) -> str:
    decomposed = unicodedata.normalize("NFD", word.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def format_date(day: date) -> str:
    """``03/07/1956``."""
    return f"{day.day:02d}/{day.month:02d}/{day.year:04d}"


def format_time(moment: datetime) -> str:
    """Hours and minutes in Viet Nam of an aware moment: ``07:30``."""
    local = moment.astimezone(VIET_NAM)
    return f"{local.hour:02d}:{local.minute:02d}"


def format_datetime(moment: datetime) -> str:
    """``07:30 03/07/2026``: time before the day, as Vietnamese forms have it."""
    return f"{format_time(moment)} {format_date(local_date(moment))}"


def format_number(number: int | float | Decimal, decimals: int = 0) -> str:
    """A number with a point between thousands and a comma before decimals: ``1.234.567``, ``36,5``."""
    return f"{number:,.{decimals}f}".translate(str.maketrans(",.", ".,"))
