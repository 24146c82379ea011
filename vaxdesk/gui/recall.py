"""The day from which somebody deferred is called again: typed as a day, or as a number of days."""

from __future__ import annotations

from datetime import date, timedelta

from vaxdesk.domain.dates import parse_day

#: A deferral over two years is a slip of the pen.
_LONGEST = timedelta(days=731)


def read(text: str, today: date) -> date | None:
    """``28/11/2026``, or ``7`` for in seven days; None for nothing.

    :raises FieldError: ``recall_on`` is no day.
    """
    plain = text.strip().removeprefix("+")
    if not plain:
        return None
    if plain.isdigit() and len(plain) <= 3:
        return today + timedelta(days=int(plain))
    return parse_day(plain, today + _LONGEST, "recall_on")
