"""The import rules of the house, on the syntax tree: an import inside a function counts like any other."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from importlib import metadata

import house_rules as rules
import house_sources as sources
import pytest
from packaging.requirements import Requirement


def test_every_import_follows_the_table() -> None:
    known = frozenset(sources.modules())
    wrong = [
        f"{module.shown}:{line}: {why}"
        for module in sources.modules().values()
        for line, imported in sources.imports(module.name, module.tree, module.is_package, known)
        if (why := rules.complaint(module.name, imported))
    ]
    assert not wrong, "\n".join(wrong)


def test_every_package_from_outside_is_declared() -> None:
    project = tomllib.loads((sources.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = project["dependencies"] + [t for extra in ("portal", "postgresql") for t in extra_of(project, extra)]
    declared = {Requirement(text).name.lower().replace("_", "-") for text in texts} | {"vaxdesk"}
    owners = metadata.packages_distributions()
    known = frozenset(sources.modules())
    wrong: set[str] = set()
    for module in sources.modules().values():
        for line, imported in sources.imports(module.name, module.tree, module.is_package, known):
            top = imported.split(".")[0]
            if top in sys.stdlib_module_names or top == "vaxdesk":
                continue
            names = {name.lower().replace("_", "-") for name in owners.get(top, [])}
            # The Essentials wheel brings its binding layer along.
            if top == "shiboken6":
                names = {"pyside6-essentials"}
            if not names & declared:
                wrong.add(f"{module.shown}:{line}: {top} is no declared dependency")
    assert not wrong, "\n".join(sorted(wrong))


def extra_of(project: dict[str, dict[str, list[str]]], name: str) -> list[str]:
    return project["optional-dependencies"].get(name, [])


def test_no_room_stands_outside_the_table() -> None:
    rooms = {module.room for module in sources.modules().values()}
    assert rooms <= rules.BASE | rules.WIRING | set(rules.ALLOWED)


@pytest.mark.parametrize(
    ("importer", "text"),
    [
        ("vaxdesk.domain.names", "import numpy"),
        ("vaxdesk.domain.names", "def f():\n    from vaxdesk.db import engine"),
        ("vaxdesk.domain.names", "from ..services import people"),
        ("vaxdesk.services.people", "from sqlalchemy import select"),
        ("vaxdesk.services.people", "import vaxdesk.sync.client"),
        ("vaxdesk.gui.pages.today", "from vaxdesk.db import engine"),
        ("vaxdesk.gui.pages.today", "from vaxdesk.certificates import keys"),
        ("vaxdesk.gui.pages.today", "from vaxdesk.sync import worker"),
        ("vaxdesk.reports.daily", "from PySide6.QtGui import QPdfWriter"),
        ("vaxdesk.portal.app", "from vaxdesk.sync import client"),
        ("vaxdesk.portal.app", "from vaxdesk.services import people"),
        ("vaxdesk.devices.scan", "import importlib\nimportlib.import_module('vaxdesk.services.people')"),
        ("vaxdesk.errors", "import vaxdesk.domain.names"),
        ("vaxdesk.settings", "import tomlkit"),
    ],
)
def test_the_check_sees_what_is_forbidden(importer: str, text: str) -> None:
    known = frozenset({"vaxdesk.db.engine", "vaxdesk.certificates.keys", "vaxdesk.sync.worker", "vaxdesk.sync.client"})
    found = sources.imports(importer, ast.parse(text), False, known | {"vaxdesk.services.people"})
    assert any(rules.complaint(importer, imported) for _line, imported in found)


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("vaxdesk.app", "vaxdesk.gui.application"),
        ("vaxdesk.cli", "vaxdesk.portal.command"),
        ("vaxdesk.gui.bridges", "vaxdesk.sync.worker"),
        ("vaxdesk.gui.pages.verify", "vaxdesk.certificates.verify"),
        ("vaxdesk.portal.store", "vaxdesk.sync.fhir.patient"),
        ("vaxdesk.portal.store", "sqlalchemy.orm"),
        ("vaxdesk.domain.names", "vaxdesk.errors"),
        ("vaxdesk.domain.names", "unicodedata"),
    ],
)
def test_the_check_lets_pass_what_is_allowed(importer: str, imported: str) -> None:
    assert rules.complaint(importer, imported) is None


def test_the_core_and_the_command_line_start_without_qt() -> None:
    program = (
        "import sys, vaxdesk.cli\n"
        "vaxdesk.cli.build_parser()\n"
        "heavy = {'PySide6', 'sqlalchemy', 'reportlab', 'numpy', 'cryptography', 'starlette', 'requests'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=sources.ROOT)
    assert done.stdout.strip() == "[]"
