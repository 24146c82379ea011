"""Numbers, days and moments as people here write them."""

from __future__ import annotations

from datetime import datetime

from vaxdesk import i18n
from vaxdesk.clock import VIET_NAM, local_date
from vaxdesk.i18n import N_, _

_WEEKDAYS = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)


def number(value: int) -> str:
    """A count with its thousands grouped: 6.204 in Vietnamese, 6,204 in English."""
    grouped = f"{value:,}"
    return grouped.replace(",", ".") if i18n.language() == "vi" else grouped


def moment(when: datetime | None, now: datetime) -> str:
    """``today 06:58``, ``19/11 17:42``, ``19/11/2025 17:42``, or ``never``."""
    if when is None:
        return _("never")
    here = when.astimezone(VIET_NAM)
    if local_date(when) == local_date(now):
        return _("today {time}").format(time=f"{here:%H:%M}")
    if here.year == now.astimezone(VIET_NAM).year:
        return f"{here:%d/%m %H:%M}"
    return f"{here:%d/%m/%Y %H:%M}"


def weekday(when: datetime) -> str:
    """The day of the week of a moment, in Viet Nam."""
    return _(_WEEKDAYS[when.astimezone(VIET_NAM).weekday()])
