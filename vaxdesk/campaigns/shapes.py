"""What the readers ask of a pack, remembered while they read, and turned into a JSON Schema.

So the published schema (``resources/campaigns/schema/pack.schema.json``) cannot differ from the checker: a test makes
it anew from the packs of the program and of the tests and compares.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: Files of which a pack may have several, by the prefix of their names.
PREFIXES = ("screening-",)
DAY = {"type": "string", "format": "date", "description": "a TOML day, written 2021-12-17 without quotes"}
DURATION = {"type": "string", "pattern": r"^\d{1,4} (day|week|month|year)s?( \d{1,4} (day|week)s?)?$"}
LOCAL = {
    "anyOf": [
        {"type": "string", "minLength": 1},
        {
            "type": "object",
            "properties": {"vi": {"type": "string", "minLength": 1}, "en": {"type": "string", "minLength": 1}},
            "required": ["vi", "en"],
            "additionalProperties": False,
        },
    ]
}


@dataclass
class Asked:
    """How one key was asked for; ``required`` counts the tables that had to have it."""

    kind: str
    required: int = 0
    facts: dict[str, Any] = field(default_factory=dict)


class Shapes:
    """The tables that were opened and the keys that were asked for, by file and place."""

    def __init__(self) -> None:
        self.tables: dict[tuple[str, str], int] = {}
        self.keys: dict[tuple[str, str], dict[str, Asked]] = {}

    def open(self, file: str, shape: str) -> None:
        """Note a table at a place of a file."""
        place = family(file), shape
        self.tables[place] = self.tables.get(place, 0) + 1

    def ask(self, file: str, shape: str, key: str, kind: str, required: bool, facts: Mapping[str, Any]) -> None:
        """Note that a key was asked for."""
        asked = self.keys.setdefault((family(file), shape), {}).setdefault(key, Asked(kind))
        asked.required += required
        asked.facts.update({name: fact for name, fact in facts.items() if fact is not None})

    def add(self, other: Shapes) -> None:
        """Take in what was asked of another pack."""
        for place, count in other.tables.items():
            self.tables[place] = self.tables.get(place, 0) + count
        for place, keys in other.keys.items():
            mine = self.keys.setdefault(place, {})
            for key, asked in keys.items():
                known = mine.setdefault(key, Asked(asked.kind))
                known.required += asked.required
                known.facts.update(asked.facts)

    def schema(self) -> dict[str, Any]:
        """A JSON Schema (2020-12) of a pack as an object from file name to content, days written as texts."""
        single: dict[str, Any] = {}
        several: dict[str, Any] = {}
        for file, shape in sorted(self.tables):
            if shape:
                continue
            if file.endswith("*.toml"):
                several["^" + re.escape(file.removesuffix("*.toml")) + r".*\.toml$"] = self._object(file, "")
            else:
                single[file] = self._object(file, "")
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "VaxDesk campaign pack",
            "type": "object",
            "properties": single,
            "patternProperties": several,
            "required": ["campaign.toml", "products.toml", "schedule.toml"],
            "$defs": {"day": DAY, "duration": DURATION, "local": LOCAL},
        }

    def _object(self, file: str, shape: str) -> dict[str, Any]:
        keys = self.keys.get((file, shape), {})
        if any(asked.kind == "any" for asked in keys.values()):
            return {"type": "object"}
        count = self.tables.get((file, shape), 0)
        required = sorted(key for key, asked in keys.items() if asked.required >= count)
        found: dict[str, Any] = {
            "type": "object",
            "properties": {key: self._value(file, shape, key, keys[key]) for key in sorted(keys)},
            "additionalProperties": False,
        }
        if required:
            found["required"] = required
        return found

    def _value(self, file: str, shape: str, key: str, asked: Asked) -> dict[str, Any]:
        facts = asked.facts
        if asked.kind in ("day", "duration", "local"):
            return {"$ref": f"#/$defs/{asked.kind}"}
        if asked.kind == "local_list":
            return {"type": "array", "items": {"$ref": "#/$defs/local"}}
        if asked.kind == "table":
            return self._object(file, f"{shape}.{key}")
        if asked.kind == "tables":
            return {"type": "array", "items": self._object(file, f"{shape}.{key}[]")}
        if asked.kind == "named":
            return {"type": "object", "additionalProperties": self._object(file, f"{shape}.{key}.*")}
        if asked.kind == "locals":
            return {"type": "object", "additionalProperties": {"$ref": "#/$defs/local"}}
        if asked.kind == "flag":
            return {"type": "boolean"}
        if asked.kind in ("whole", "number"):
            limits = {name: facts[name] for name in ("minimum", "maximum")}
            return {"type": "integer" if asked.kind == "whole" else "number", **limits}
        text: dict[str, Any] = {"type": "string"}
        if "choices" in facts:
            text["enum"] = sorted(facts["choices"])
        if "pattern" in facts:
            text["pattern"] = f"^(?:{facts['pattern']})$"
        if asked.kind == "texts":
            return {"anyOf": [text, {"type": "array", "items": text}]}
        return text


def family(file: str) -> str:
    """The name under which a file's shape is kept: itself, or ``screening-*.toml`` for all files of that kind."""
    for prefix in PREFIXES:
        if file.startswith(prefix):
            return f"{prefix}*.toml"
    return file
