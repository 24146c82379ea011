"""Every sentence of this room's modules stands in the Vietnamese catalogue with the same placeholders."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest

from vaxdesk import certificates, i18n

MODULES = sorted(Path(certificates.__file__).parent.glob("*.py"))


def message_ids(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "N_":
            assert isinstance(node.args[0], ast.Constant)
            found.add(str(node.args[0].value))
    return found


def placeholders(text: str) -> set[str]:
    return {name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_sentences_have_their_vietnamese(path: Path) -> None:
    catalogue = i18n.catalogue("vi")
    for message_id in message_ids(path):
        translated = catalogue.get(message_id)
        assert isinstance(translated, str), message_id
        assert placeholders(translated) == placeholders(message_id), message_id
