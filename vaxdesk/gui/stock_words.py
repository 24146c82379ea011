"""What the page of the stock says of lots and movements."""

from __future__ import annotations

from datetime import date

from vaxdesk.domain.dates import format_date, parse_partial
from vaxdesk.errors import FieldError
from vaxdesk.gui import words
from vaxdesk.i18n import N_, _, ngettext
from vaxdesk.queries.sessions import LotRow
from vaxdesk.queries.stock import CardRow
from vaxdesk.services.stock_book import WASTE_REASONS

#: From this many days on the expiry is told in amber.
SOON_DAYS = 30
_NO_LIMIT = date(2199, 12, 31)
KINDS = {
    "received": N_("received"),
    "used": N_("given"),
    "wasted": N_("destroyed"),
    "returned": N_("sent back"),
    "counted": N_("counted"),
    "blocked": N_("taken out of use"),
    "released": N_("in use again"),
    "expiry": N_("expiry changed"),
}


def read_expiry(text: str, field: str) -> date:
    """An expiry as boxes print it: a day, or a month, which means its last day.

    :raises FieldError: it is no date, or a year alone.
    """
    found = parse_partial(text, _NO_LIMIT, field)
    if found.month is None:
        raise FieldError(field, "The month is missing: write the expiry as on the box.")
    return found.latest()


def expiry(lot: LotRow, today: date) -> tuple[str, str]:
    """The expiry in words with its tone."""
    if lot.expiry is None:
        return _("expiry not known"), "warn"
    if lot.expired(today):
        return _("expired {day}").format(day=format_date(lot.expiry)), "bad"
    days = (lot.expiry - today).days
    if days <= SOON_DAYS:
        left = ngettext("{count} day left", "{count} days left", days).format(count=days)
        return f"{format_date(lot.expiry)} · {left}", "warn"
    return format_date(lot.expiry), "ok"


def usable(lot: LotRow, today: date) -> bool:
    """Whether doses of it may still be offered."""
    return not lot.blocked and not lot.expired(today) and lot.balance > 0


def state(lot: LotRow, today: date) -> tuple[str, str]:
    """Out of use, expired with doses left, used up, or nothing to say."""
    if lot.blocked:
        return _("out of use"), "bad"
    if lot.balance < 0:
        return _("book below zero: count"), "bad"
    if lot.balance == 0:
        return _("used up"), ""
    if lot.expired(today):
        return _("destroy what is left"), "bad"
    return "", ""


def facts(lot: LotRow) -> str:
    """Vials and doses of a lot in words."""
    lines = [
        _("received {received} · given {used} · destroyed {wasted}").format(
            received=words.number(lot.received), used=words.number(lot.used), wasted=words.number(lot.wasted)
        ),
        doses_left(lot),
    ]
    return "\n".join(lines)


def doses_left(lot: LotRow) -> str:
    """How much is left, in doses and in full vials."""
    left = ngettext("{count} dose left", "{count} doses left", lot.balance).format(count=words.number(lot.balance))
    if lot.doses_per_vial > 1 and lot.balance > 0:
        vials = lot.balance // lot.doses_per_vial
        full = ngettext("{count} full vial", "{count} full vials", vials).format(count=words.number(vials))
        return f"{left} · {full}"
    return left


def movement(row: CardRow) -> str:
    """What a line of the stock card is about."""
    parts = [_(KINDS[row.kind]) if row.kind in KINDS else row.kind]
    if row.kind == "wasted" and not row.undone:
        parts.append(_(WASTE_REASONS[row.reason]) if row.reason in WASTE_REASONS else row.reason)
    elif row.reason and not row.undone:
        parts.append(row.reason)
    parts += [row.reference, row.place]
    if row.undone:
        parts.append(_("taken back: {reason}").format(reason=row.reason))
    return " · ".join(part for part in parts if part)


def change(row: CardRow) -> str:
    """Doses in or out, with their sign; nothing where no dose moved."""
    if row.undone or not row.doses:
        return ""
    return ("+" if row.doses > 0 else "−") + words.number(abs(row.doses))


def balance(row: CardRow) -> str:
    """The balance after a line; nothing for one that was taken back."""
    return "" if row.undone else words.number(row.balance)
