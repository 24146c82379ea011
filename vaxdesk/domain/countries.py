"""Countries by the three-letter codes of ISO 3166-1, with their names (``resources/countries``)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache

from vaxdesk import assets

VIET_NAM = "VNM"


@cache
def countries() -> Mapping[str, Mapping[str, str]]:
    """Code to language (``vi``, ``en``) to name. Nothing is read before it is asked for."""
    with assets.resource("countries", "countries.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: {"vi": row["vi"], "en": row["en"]} for row in csv.DictReader(file)}


def country_name(code: str, language: str) -> str:
    """A country's name, or the code itself where it is none of ISO 3166-1."""
    if code == VIET_NAM:
        return "Việt Nam" if language == "vi" else "Viet Nam"
    named = countries().get(code)
    return named[language] if named is not None else code
