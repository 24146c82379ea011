"""The published schema is what the readers ask for, and the packs agree with it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from vaxdesk import assets
from vaxdesk.campaigns.folder import Folder
from vaxdesk.campaigns.load import read
from vaxdesk.campaigns.shapes import Shapes

PACKS = Path(__file__).parent / "packs"
CDSI = Path(__file__).parent / "cdsi"
ALL = [
    assets.resource("campaigns", "covid19"),
    PACKS / "measles-rubella",
    PACKS / "two-dose-grace",
    *(CDSI / name for name in ("covid19", "hpv", "mmr")),
]
SCHEMA = assets.resource("campaigns", "schema", "pack.schema.json")


def made() -> dict[str, Any]:
    shapes = Shapes()
    for path in ALL:
        folder = Folder.open(path)
        campaign, _problems = read(folder)
        assert campaign is not None
        shapes.add(folder.shapes)
    return shapes.schema()


def text() -> str:
    return json.dumps(made(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def as_json(path: Path) -> dict[str, Any]:
    def plain(value: object) -> object:
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [plain(inner) for inner in value]
        return value.isoformat() if isinstance(value, date) else value

    return {file.name: plain(tomllib.loads(file.read_text(encoding="utf-8"))) for file in path.glob("*.toml")}


def test_the_published_schema_is_what_the_readers_ask() -> None:
    # To make it anew after a change of a reader: run this file.
    assert SCHEMA.read_text(encoding="utf-8") == text()


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_every_pack_agrees_with_the_schema(path: Path) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(as_json(path))


def test_the_schema_refuses_what_the_checker_refuses() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    pack = as_json(ALL[2])
    pack["schedule.toml"]["rules"][0]["intervall"] = "28 days"
    with pytest.raises(jsonschema.ValidationError, match="intervall"):
        jsonschema.Draft202012Validator(schema).validate(pack)


def keys(node: dict[str, Any]) -> Iterator[str]:
    for key, value in node.get("properties", {}).items():
        yield key
        yield from keys(value)
        for inner in (value.get("items"), value.get("additionalProperties")):
            if isinstance(inner, dict):
                yield from keys(inner)


def test_the_page_names_every_file_and_key() -> None:
    page = (Path(__file__).parents[2] / "docs" / "campaign-packs.md").read_text(encoding="utf-8")
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    files = {**schema["properties"], **schema["patternProperties"]}
    assert [file for file in schema["properties"] if f"### {file}" not in page] == []
    words = set(re.findall(r"[\w-]+", page))
    assert sorted({key for node in files.values() for key in keys(node)} - words - {"vi", "en"}) == []


if __name__ == "__main__":
    SCHEMA.write_text(text(), encoding="utf-8")
