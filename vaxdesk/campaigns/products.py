"""Reads ``products.toml``: the products of a pack with codes, ages, vials and storage."""

from __future__ import annotations

from collections.abc import Mapping

from vaxdesk.campaigns.folder import Folder
from vaxdesk.campaigns.limits import either, rising
from vaxdesk.campaigns.tables import Table
from vaxdesk.domain.campaign import Approval, Duration, Product, ProductCodes, Storage
from vaxdesk.domain.schedule_rules import OtherVaccine
from vaxdesk.i18n import N_

FILE = "products.toml"
CODE_KEYS = ("cvx", "vp", "mp", "ma", "icd11")
SEXES = ("male", "female")


def read(folder: Folder, age_grace_days: int) -> Mapping[str, Product]:
    """The products in the order of the file; ``age_grace_days`` is the pack's default grace on least ages."""
    root = folder.file(FILE, required=True)
    if root is None:
        folder.lost.add("products")
        return {}
    found = {
        code: _product(code, table, age_grace_days) for code, table in root.named("products", required=True).items()
    }
    folder.others.update(_others(root))
    if not found or root.strangers("products", "others"):
        folder.lost.add("products")
    if not found and "products" in root:
        root.refuse("products", N_("The pack has no product."), N_("Expected at least one table [products.CODE]."))
    root.finish()
    return found


def _others(root: Table) -> Mapping[str, OtherVaccine]:
    """The vaccines against other diseases that the pack knows: only their days matter, for spacings."""
    found = {}
    for code, table in root.named("others").items():
        found[code] = OtherVaccine(code, table.local("label"), table.text("cvx", default=""))
        table.finish()
    return found


def _product(code: str, table: Table, age_grace_days: int) -> Product:
    product = Product(
        code=code,
        family=table.code("family", default=code),
        name=table.text("name"),
        label=table.local("label"),
        manufacturer=table.text("manufacturer"),
        codes=_codes(table),
        approvals=tuple(_approval(inner, age_grace_days) for inner in table.tables("approvals", required=True)),
        doses_per_vial=table.whole("doses_per_vial", minimum=1, maximum=100, default=1),
        dose_ml=table.number("dose_ml", minimum=0.01, maximum=10, default=0.5),
        route=table.text("route", default="IM"),
        sites=table.texts("sites") or ("LA", "RA"),
        storage=tuple(_storage(inner) for inner in table.tables("storage")),
        opened_minutes=table.optional_whole("opened_minutes", minimum=1, maximum=60 * 24 * 60),
        diluent_ml=table.optional_number("diluent_ml", minimum=0.1, maximum=50),
        component=table.text("component", default=""),
        notes=tuple(inner.local("text") for inner in table.tables("notes")),
    )
    if not product.approvals:
        table.refuse("approvals", N_("The product has no approval."), N_("Expected at least one table [[approvals]]."))
    table.doubt()
    table.finish()
    return product


def _codes(table: Table) -> ProductCodes:
    inner = table.table("codes")
    if inner is None:
        return ProductCodes()
    cvx, vp, mp, ma, icd11 = (inner.text(key, default="") for key in CODE_KEYS)
    doubted = inner.texts("uncertain_codes", choices=CODE_KEYS)
    inner.doubt()
    inner.finish()
    return ProductCodes(cvx, vp, mp, ma, icd11, doubted)


def _approval(table: Table, age_grace_days: int) -> Approval:
    approval = Approval(
        source=table.source(),
        min_age=table.optional_duration("min_age"),
        below_age=table.optional_duration("below_age"),
        dose_ml=table.optional_number("dose_ml", minimum=0.01, maximum=10),
        sex=table.choice("sex", SEXES, default=""),
        age_grace_days=table.whole("age_grace_days", maximum=31, default=age_grace_days),
        absolute_min_age=table.optional_duration("absolute_min_age"),
    )
    absolute_age(table, approval.min_age, approval.absolute_min_age)
    rising(table, ("min_age", approval.min_age), ("below_age", approval.below_age), strictly=True)
    table.finish()
    return approval


def absolute_age(table: Table, least: Duration | None, absolute: Duration | None) -> None:
    """``absolute_min_age`` needs a ``min_age`` that is not lower, and says what days of grace would say."""
    if absolute is None:
        return
    if least is None:
        table.refuse("min_age", N_("The key is missing."), N_("Expected it beside {key}."), key="absolute_min_age")
    rising(table, ("absolute_min_age", absolute), ("min_age", least))
    either(table, "absolute_min_age", "age_grace_days")


def _storage(table: Table) -> Storage:
    storage = Storage(
        label=table.local("label"),
        min_celsius=table.number("min_celsius", minimum=-200, maximum=60),
        max_celsius=table.number("max_celsius", minimum=-200, maximum=60),
        life=table.optional_duration("life"),
    )
    if storage.max_celsius < storage.min_celsius:
        table.refuse(
            "max_celsius",
            N_("The number {value} is out of range."),
            N_("Expected a number from {minimum} to {maximum}."),
            value=storage.max_celsius,
            minimum=storage.min_celsius,
            maximum=60,
        )
    table.doubt()
    table.finish()
    return storage
