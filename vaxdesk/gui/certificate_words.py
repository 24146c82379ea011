"""What the page of the certificates says of one row."""

from __future__ import annotations

from datetime import datetime

from vaxdesk.clock import local_date
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import format_date, format_datetime
from vaxdesk.gui import person_words
from vaxdesk.i18n import N_, _, ngettext
from vaxdesk.queries.certificates import CertificateRow, EarlierRow

#: Why a row stands in its list: words and tone.
WHY = {
    "no_paper": (N_("no paper yet"), "info"),
    "new_dose": (N_("new dose since the paper"), "info"),
    "not_printed": (N_("issued, not printed"), "warn"),
    "corrected": (N_("corrected: print anew"), "warn"),
    "no_dose": (N_("no dose left: take the paper back"), "bad"),
    "expired": (N_("code expired"), "warn"),
    "possible": (N_("a code is possible now"), "info"),
    "national": (N_("national code has come"), "ok"),
    "revoked": (N_("certificate withdrawn"), "bad"),
    "replaced": (N_("certificate replaced"), ""),
}
KINDS = {
    "station": N_("Paper with a provisional code of this station"),
    "national": N_("Paper with the Ministry's code"),
    "paper": N_("Paper without a signed code"),
}
#: What stands in the way of a code, by field.
BLOCKERS = {
    "signing_key": N_("the station's key"),
    "clock": N_("the clock"),
    "campaign": N_("the campaign has no code"),
    "doses": N_("the doses"),
    "product": N_("the product"),
    "full_name": N_("the name"),
    "birth": N_("the birth date"),
    "sex": N_("the sex"),
    "national_id": N_("the personal number"),
    "old_id": N_("the old identity number"),
    "passport": N_("the passport number"),
}


def badges(row: CertificateRow, now: datetime) -> list[tuple[str, str]]:
    """The reason of the row as a badge."""
    if row.why == "expiring" and row.code_until is not None:
        days = max(0, (row.code_until - now).days)
        return [(ngettext("code: {count} day left", "code: {count} days left", days).format(count=days), "warn")]
    if row.why not in WHY:
        return []
    words, tone = WHY[row.why]
    return [(_(words), tone)]


def about(row: CertificateRow, campaign: Campaign) -> str:
    """Birth, village and the dose that the paper is for."""
    parts = [person_words.day(row.birth_date), row.village]
    if row.dose_day:
        product = person_words.product_name(campaign, row.product_code)
        parts.append(_("dose of {day}: {product}").format(day=person_words.day(row.dose_day), product=product))
    return " · ".join(part for part in parts if part)


def paper(row: CertificateRow) -> str:
    """The paper's number, or that there is none."""
    return _("No. {number}").format(number=row.number) if row.number else _("No paper has been issued yet.")


def facts(row: CertificateRow) -> str:
    """Kind, day, code and prints of the paper, one a line."""
    if not row.number:
        return ""
    lines = [_(KINDS[row.kind]) if row.kind in KINDS else row.kind]
    if row.issued_at is not None:
        lines.append(_("Issued {moment}").format(moment=format_datetime(row.issued_at)))
    if row.code_until is not None:
        lines.append(_("Code until {day}").format(day=format_date(local_date(row.code_until))))
    elif row.reasons:
        names = ", ".join(_(BLOCKERS[name]) if name in BLOCKERS else name for name in dict.fromkeys(row.reasons))
        lines.append(_("In the way of a code: {what}").format(what=names))
    lines.append(ngettext("printed {count} time", "printed {count} times", row.prints).format(count=row.prints))
    if row.revoked_at is not None:
        day = format_date(local_date(row.revoked_at))
        lines.append(_("Withdrawn {day}: {reason}").format(day=day, reason=row.revoked_reason))
    if row.replaced_at is not None:
        day = format_date(local_date(row.replaced_at))
        lines.append(_("Replaced on {day} by no. {number}").format(day=day, number=row.follower))
    return "\n".join(lines)


def earlier(rows: tuple[EarlierRow, ...]) -> str:
    """Papers of other issuers, one a line."""
    lines = []
    for row in rows:
        parts = [row.issuer, row.number]
        if row.doses_stated:
            parts.append(ngettext("{count} dose", "{count} doses", row.doses_stated).format(count=row.doses_stated))
        parts.append(row.note)
        if row.replaced_at is not None:
            day = format_date(local_date(row.replaced_at))
            parts.append(_("replaced on {day} by no. {number}").format(day=day, number=row.replaced_by))
        lines.append(_("Earlier paper: {what}").format(what=" · ".join(part for part in parts if part)))
    return "\n".join(lines)
