"""Small readers that several files of a pack share."""

from __future__ import annotations

from vaxdesk.campaigns.tables import Table
from vaxdesk.domain.campaign import LocalText
from vaxdesk.domain.screening_form import HeaderField
from vaxdesk.i18n import N_

MAX_AGE = 150
FIELD_KINDS = ("text", "date", "sex", "phone", "doses")


def fields_of(table: Table, key: str) -> tuple[HeaderField, ...]:
    """The lines of a paper that are filled from the person: ``[[key]]`` with ``id``, ``label``, ``kind``, ``rows``."""
    found = []
    for inner in table.tables(key):
        found.append(
            HeaderField(
                id=inner.text("id"),
                label=inner.local("label"),
                kind=inner.choice("kind", FIELD_KINDS, default="text"),
                rows=inner.whole("rows", minimum=1, maximum=9, default=1),
            )
        )
        inner.finish()
    return tuple(found)


def ages_of(table: Table) -> tuple[int, int | None]:
    """``age_from`` and ``age_to`` in completed years, both included; ``age_to`` may be absent."""
    lowest = table.whole("age_from", maximum=MAX_AGE, default=0)
    highest = table.optional_whole("age_to", maximum=MAX_AGE)
    if highest is not None and highest < lowest:
        table.refuse("age_to", N_("The highest age lies below the lowest."), N_("Expected {age} or more."), age=lowest)
    return lowest, highest


def doubt_of(table: Table) -> LocalText | None:
    """What of the table could not be read for certain; None when it is sure."""
    uncertain, note = table.doubt()
    return note if uncertain else None
