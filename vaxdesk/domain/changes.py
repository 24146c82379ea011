"""What a version of a campaign changes against another one: for whoever is to bring it into force. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vaxdesk.domain.campaign import Campaign


@dataclass(frozen=True)
class Changes:
    """Names of what is new, gone or different. Rules by id, vaccines by code, documents by reference, texts by kind."""

    rules_new: tuple[str, ...]
    rules_gone: tuple[str, ...]
    rules_changed: tuple[str, ...]
    products_new: tuple[str, ...]
    products_gone: tuple[str, ...]
    products_changed: tuple[str, ...]
    sources_new: tuple[str, ...]
    parts: tuple[str, ...]

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__dataclass_fields__)


#: Parts of a pack that are compared whole.
PARTS = ("screening_forms", "consents", "priority", "advice", "papers", "statuses")


def changes(before: Campaign, after: Campaign) -> Changes:
    """What ``after`` says otherwise than ``before``."""
    rules = _compared({rule.id: rule for rule in before.rules}, {rule.id: rule for rule in after.rules})
    products = _compared(before.products, after.products)
    known = {text.reference for text in before.sources.values()}
    return Changes(
        rules_new=rules[0],
        rules_gone=rules[1],
        rules_changed=rules[2],
        products_new=products[0],
        products_gone=products[1],
        products_changed=products[2],
        sources_new=tuple(text.reference for text in after.sources.values() if text.reference not in known),
        parts=tuple(name for name in PARTS if getattr(before, name) != getattr(after, name)),
    )


def _compared(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """What is new, gone, different."""
    return (
        tuple(key for key in after if key not in before),
        tuple(key for key in before if key not in after),
        tuple(key for key, value in after.items() if key in before and before[key] != value),
    )
