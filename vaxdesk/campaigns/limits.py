"""Checks of keys of one table against each other: spans in rising order, keys that exclude each other."""

from __future__ import annotations

from itertools import pairwise

from vaxdesk.campaigns.tables import Table
from vaxdesk.domain.campaign import Duration
from vaxdesk.i18n import N_

#: A run of months is never further than this from its average length.
_SLACK = 3


def rising(table: Table, *spans: tuple[str, Duration | None], strictly: bool = False) -> None:
    """Refuse each span that is surely shorter (or, ``strictly``, not longer) than the one named before it."""
    present = [(key, span) for key, span in spans if span is not None]
    for (before, shorter), (key, longer) in pairwise(present):
        (least, _), (_, most) = _days(shorter), _days(longer)
        if most < least or (strictly and most == least):
            table.refuse(
                key,
                N_("The span {value} is shorter than the one before it."),
                N_("Expected {keys} in rising order."),
                value=str(longer),
                keys=f"{before}, {key}",
            )


def either(table: Table, key: str, other: str) -> None:
    """Refuse ``key`` where ``other`` stands beside it: both say the same in different ways."""
    if key in table and other in table:
        table.refuse(
            key, N_("The keys {keys} say the same thing twice."), N_("Expected one of them."), keys=f"{other}, {key}"
        )


def _days(span: Duration) -> tuple[float, float]:
    """How many days a span has at least and at most."""
    days = {"days": 1, "weeks": 7}.get(span.unit)
    if days is not None:
        return span.count * days + span.more, span.count * days + span.more
    average = span.count * (12 if span.unit == "years" else 1) * 30.4375
    slack = _SLACK if span.count else 0
    return average - slack + span.more, average + slack + span.more
