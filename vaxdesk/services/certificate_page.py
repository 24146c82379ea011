"""Builds what a certificate's page shows, and keeps it so that a reprint is the same to the letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date
from typing import Any

from vaxdesk import clock
from vaxdesk.certificates import valuesets
from vaxdesk.certificates.pages import FIELDS, CertificatePage, DoseRow
from vaxdesk.db.tables import Certificate, Immunization, Person
from vaxdesk.domain import identity
from vaxdesk.domain.campaign import Campaign, Paper, Product
from vaxdesk.domain.countries import VIET_NAM, country_name
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.schedule import DoseVerdict, Evaluation
from vaxdesk.domain.status import shown as shown_status
from vaxdesk.errors import RefusedError
from vaxdesk.i18n import N_, language, translate
from vaxdesk.services.context import Context

_PAGE_FIELDS = tuple(item.name for item in fields(CertificatePage))
_DOSE_FIELDS = tuple(item.name for item in fields(DoseRow))


def build(
    ctx: Context,
    campaign: Campaign,
    person: Person,
    rows: Sequence[Immunization],
    evaluation: Evaluation,
    number: str,
    **code_part: Any,
) -> CertificatePage:
    """The page for a person's doses as they stand today; ``code_part`` are the fields about the code."""
    station = ctx.station
    paper = paper_of(ctx, campaign)
    status = shown_status(campaign, evaluation)
    ident = person.national_id or person.old_id or person.passport
    return CertificatePage(
        head_lines=tuple(line for line in (station.authority_line, station.name) if line),
        number=number,
        title_vi=paper.title.vi,
        title_en=paper.title.en,
        disease=campaign.disease.name.vi,
        name=person.full_name,
        birth=PartialDate.parse(person.birth_date),
        doses=_dose_rows(campaign, rows, evaluation.doses),
        status=evaluation.status,
        status_vi=status.words("vi"),
        status_en=status.words("en"),
        place=station.commune_name.removeprefix("Xã ").removeprefix("Phường ") or station.name,
        issued_on=ctx.today(),
        nationality=_nationality(person.nationality),
        identity=identity.grouped(ident) if ident.isdigit() else ident,
        phone=person.phone,
        address=person.address
        or ", ".join(part for part in (person.village, person.commune_name, person.province_name) if part),
        doses_received=evaluation.counted,
        guardian=" · ".join(part for part in (person.guardian_name, person.guardian_phone) if part),
        statement_vi=paper.statement.vi,
        statement_en=paper.statement.en,
        fields=_fields(paper),
        signer=ctx.user.full_name,
        colour=status.colour,
        shape=status.shape,
        practice=station.practice,
        **code_part,
    )


def paper_of(ctx: Context, campaign: Campaign) -> Paper:
    """The certificate that the campaign's pack has in force today.

    :raises RefusedError: it has none.
    """
    paper = campaign.paper("certificate", ctx.today())
    if paper is None:
        raise RefusedError(
            "The campaign {campaign} has no certificate in force today.", campaign=campaign.name.text(language())
        )
    return paper


def _fields(paper: Paper) -> tuple[str, ...]:
    """The lines about the person that the form in force has; the name always. A form with a signed code, which says
    what 5772/QĐ-BYT lists, has the nationality after the birth date."""
    named = ["name", *(name for name in paper.fields if name in FIELDS and name != "name")]
    if paper.code == "hc1" and "nationality" not in named:
        named.insert(named.index("birth") + 1 if "birth" in named else 1, "nationality")
    return tuple(named)


def shown(row: Certificate, newer: Certificate | None) -> CertificatePage:
    """A stored paper's page; with ``newer`` it says that it was replaced, when, and by which paper."""
    page = from_json(row.content)
    if newer is None:
        return page
    return replace(page, replaced_on=clock.local_date(newer.issued_at), replaced_by=newer.number)


def _dose_rows(
    campaign: Campaign, rows: Sequence[Immunization], verdicts: Sequence[DoseVerdict]
) -> tuple[DoseRow, ...]:
    waiting = list(rows)
    shown = []
    for verdict in verdicts:
        row = next(
            item
            for item in waiting
            if item.product_code == verdict.product and PartialDate.parse(item.occurred).latest() == verdict.date
        )
        waiting.remove(row)
        product = campaign.products.get(row.product_code)
        shown.append(
            DoseRow(
                kind=verdict.kind or "primary",
                number=verdict.kind_number,
                day=verdict.date,
                product=product.name if product else row.product_code,
                maker=row.manufacturer or (product.manufacturer if product else ""),
                vaccine=_kind_of_vaccine(campaign, product),
                lot=row.lot_number,
                unit=row.place,
                counts=verdict.valid,
                note="" if verdict.valid else verdict.words("vi"),
            )
        )
    return tuple(shown)


def _kind_of_vaccine(campaign: Campaign, product: Product | None) -> str:
    """Field 8 of 5772/QĐ-BYT: the value set's word for the kind, as verifiers show it; else the disease's vaccine."""
    code = product.codes.vp if product is not None else ""
    words = valuesets.display("vp", code) if code else ""
    if words != code and "deprecated" not in words:
        return words
    return translate(N_("{disease} vaccine"), "vi").format(disease=campaign.disease.name.vi)


def to_json(page: CertificatePage) -> dict[str, Any]:
    """A page as the station's file keeps it, so that a reprint is the same to the letter."""
    data = {name: getattr(page, name) for name in _PAGE_FIELDS}
    data["birth"] = page.birth.iso()
    for name in ("issued_on", "code_valid_until", "replaced_on"):
        data[name] = data[name].isoformat() if data[name] else None
    data["doses"] = [
        {name: getattr(dose, name) for name in _DOSE_FIELDS} | {"day": dose.day.isoformat()} for dose in page.doses
    ]
    return data


def from_json(data: dict[str, Any]) -> CertificatePage:
    """The page from :func:`to_json`."""
    values = dict(data)
    values["birth"] = PartialDate.parse(values["birth"])
    for name in ("issued_on", "code_valid_until", "replaced_on"):
        values[name] = date.fromisoformat(values[name]) if values[name] else None
    values["doses"] = tuple(DoseRow(**{**dose, "day": date.fromisoformat(dose["day"])}) for dose in values["doses"])
    for name in ("head_lines", "no_code_reasons", "fields"):
        if name in values:  # a paper of an earlier version of the program has fewer
            values[name] = tuple(values[name])
    return CertificatePage(**values)


def _nationality(code: str) -> str:
    """As a paper says it that is read abroad as well: both names, where they differ."""
    if code == VIET_NAM:
        return country_name(code, "vi")
    return " / ".join(dict.fromkeys(country_name(code, language) for language in ("vi", "en")))
