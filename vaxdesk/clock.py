"""The one source of time, replaceable in tests."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Protocol

#: Viet Nam's time: UTC+7 all year, no daylight saving.
VIET_NAM = timezone(timedelta(hours=7), "+07")


class Clock(Protocol):
    """Gives the present moment."""

    def now(self) -> datetime:
        """The present moment, timezone-aware, in UTC."""
        ...


class SystemClock:
    """The PC's own clock."""

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is moved: for tests and for the practice day."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment.astimezone(UTC)

    def now(self) -> datetime:
        """The set moment in UTC."""
        return self.moment

    def advance(self, step: timedelta) -> None:
        """Move the clock by ``step``."""
        self.moment += step


def local_date(moment: datetime) -> date:
    """The calendar day in Viet Nam of an aware moment."""
    return moment.astimezone(VIET_NAM).date()


def today(clock: Clock) -> date:
    """The calendar day in Viet Nam now."""
    return local_date(clock.now())
