"""Checks of keys of one table against each other: spans in rising order, keys that exclude each other."""

from __future__ import annotations

from itertools import pairwise

from vaxdesk.campaigns.tables import Table
from vaxdesk.domain.campaign import Duration
from vaxdesk.i18n import N_

#: The average length of a month; a run of months is never further than the slack from so many times it.
_MONTH, _SLACK = 30.4375, 3


def rising(table: Table, *spans: tuple[str, Duration | None], strictly: bool = False) -> None:
    """Refuse each span that is surely shorter (or, ``strictly``, not longer) than the one named before it."""
    present = [(key, span) for key, span in spans if span is not None]
    for (before, shorter), (key, longer) in pairwise(present):
        if _surely_shorter(longer, shorter) or (strictly and longer == shorter):
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


def _surely_shorter(span: Duration, other: Duration) -> bool:
    """Whether ``span`` is shorter than ``other`` from whatever day they run."""
    (months, days), (other_months, other_days) = _parts(span), _parts(other)
    slack = _SLACK if months != other_months else 0
    return months * _MONTH + days < other_months * _MONTH + other_days - slack


def _parts(span: Duration) -> tuple[int, int]:
    """A span as months and days."""
    if span.unit in ("months", "years"):
        return span.count * (12 if span.unit == "years" else 1), span.more
    return 0, span.count * (7 if span.unit == "weeks" else 1) + span.more
