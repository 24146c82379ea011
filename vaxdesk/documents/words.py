"""The fixed words of printed papers, as the Ministry's forms word them: data in ``resources/documents``.

They are not texts of the window: a paper for a citizen is Vietnamese (or bilingual) whatever language the
desk works in, so they stand outside the catalogue.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from vaxdesk import assets


@dataclass(frozen=True)
class Words:
    """One label or sentence in both languages, with ``{placeholders}``."""

    vi: str
    en: str


@cache
def load(name: str) -> Mapping[str, Words]:
    """The words of ``resources/documents/<name>.toml``; ``KeyError`` on use means that the file lacks one."""
    table = tomllib.loads(assets.resource("documents", f"{name}.toml").read_text(encoding="utf-8"))
    return MappingProxyType({key: Words(entry["vi"], entry.get("en", "")) for key, entry in table.items()})
