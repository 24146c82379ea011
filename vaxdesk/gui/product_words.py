"""A product of a pack in a manager's words: approvals and ages, vial, storage, codes of other systems."""

from __future__ import annotations

from vaxdesk import i18n
from vaxdesk.domain.campaign import Approval, Campaign, Duration, Product
from vaxdesk.domain.dates import format_date
from vaxdesk.i18n import _, ngettext


def rows(campaign: Campaign) -> list[tuple[str, str, str, str, str]]:
    """Code, label, one line, all lines and the product's code for every product of the pack."""
    language = i18n.language()
    found = []
    for product in campaign.products.values():
        lines = of_product(product)
        short = " · ".join((product.manufacturer, _vial(product)))
        found.append((product.code, product.label.text(language), short, "\n".join(lines), product.code))
    return found


def of_product(product: Product) -> list[str]:
    """All that the pack says about a product, a line each."""
    language = i18n.language()
    lines = [product.name, product.manufacturer]
    lines += [_approved(approval, product) for approval in product.approvals]
    each = _("{volume} ml a dose").format(volume=number(product.dose_ml))
    lines.append(" · ".join((_vial(product), each)))
    if product.diluent_ml is not None:
        lines.append(_("diluent: {volume} ml a vial").format(volume=number(product.diluent_ml)))
    if product.opened_minutes is None:
        lines.append(_("opened vial: use at once"))
    else:
        lines.append(_("opened vial: {hours} hours").format(hours=number(product.opened_minutes / 60)))
    for keep in product.storage:
        line = _("{place}: {low} to {high} °C").format(
            place=keep.label.text(language), low=number(keep.min_celsius), high=number(keep.max_celsius)
        )
        lines.append(line if keep.life is None else f"{line}, {span(keep.life)}")
    return [*lines, *_codes(product), *(note.text(language) for note in product.notes)]


def span(duration: Duration) -> str:
    """A span such as ``31 days`` in words."""
    words = {
        "days": ngettext("{count} day", "{count} days", duration.count),
        "weeks": ngettext("{count} week", "{count} weeks", duration.count),
        "months": ngettext("{count} month", "{count} months", duration.count),
        "years": ngettext("{count} year", "{count} years", duration.count),
    }[duration.unit].format(count=duration.count)
    if not duration.more:
        return words
    return f"{words} {ngettext('{count} day', '{count} days', duration.more).format(count=duration.more)}"


def age(duration: Duration) -> str:
    """An age: in Vietnamese years of age have a word of their own."""
    if duration.unit != "years" or duration.more:
        return span(duration)
    return ngettext("{count} year of age", "{count} years of age", duration.count).format(count=duration.count)


def number(value: float) -> str:
    """A number with the comma or the point of the language."""
    written = f"{value:g}"
    return written.replace(".", ",") if i18n.language() == "vi" else written


def _vial(product: Product) -> str:
    return ngettext("{count} dose a vial", "{count} doses a vial", product.doses_per_vial).format(
        count=product.doses_per_vial
    )


def _approved(approval: Approval, product: Product) -> str:
    """Whose decision lets the product be given, since when, and to which ages."""
    young, old = approval.min_age, approval.below_age
    if young is not None and old is not None:
        ages = _("from {low} to under {high}").format(low=age(young), high=age(old))
    elif young is not None:
        ages = _("from {low} on").format(low=age(young))
    else:
        ages = _("to under {high}").format(high=age(old)) if old is not None else _("all ages")
    if approval.dose_ml is not None and approval.dose_ml != product.dose_ml:
        ages += " · " + _("{volume} ml a dose").format(volume=number(approval.dose_ml))
    days = format_date(approval.source.start)
    if approval.source.end is not None:
        days += f" – {format_date(approval.source.end)}"
    return f"{approval.source.text.reference} ({days}): {ages}"


def _codes(product: Product) -> list[str]:
    """The codes of other systems; those that are not confirmed carry a question mark."""
    codes = product.codes
    shown = {
        "CVX": (("cvx", codes.cvx),),
        "EU DCC": (("mp", codes.mp), ("ma", codes.ma), ("vp", codes.vp)),
        "ICD-11": (("icd11", codes.icd11),),
    }
    parts = []
    for system, entries in shown.items():
        written = [code + (" (?)" if key in codes.uncertain else "") for key, code in entries if code]
        if written:
            parts.append(f"{system} {', '.join(written)}")
    return [" · ".join(parts)] if parts else []
