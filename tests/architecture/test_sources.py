"""House rules that a reader would otherwise have to watch for: size, print, names of the campaign in code."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import house_sources as sources
import pytest

TOO_LONG = 500
LONG = 400
#: Products, makers and their codes belong to campaign packs.
PRODUCTS = re.compile(
    r"comirnaty|pfizer|biontech|astra\s?zeneca|vaxzevria|covishield|moderna|spikevax|sputnik|gam-?covid|vero\s?cell"
    r"|sinopharm|hayat-?vax|\babdala\b|janssen|sinovac|coronavac|nanocovax|EU/1/2\d/\d{4}|ORG-1000\d{5}",
    re.IGNORECASE,
)


def written_files() -> list[Path]:
    """The hand-written Python files of the program and of its tests."""
    files = [*sources.PACKAGE.rglob("*.py"), *(sources.ROOT / "tests").rglob("*.py"), sources.ROOT / "run.py"]
    # A migration step is generated from the tables and then never changed.
    return [path for path in files if "_assets" not in path.parts and path.parent.name != "versions"]


def test_files_stay_readable() -> None:
    lengths = {
        path.relative_to(sources.ROOT).as_posix(): path.read_text(encoding="utf-8").count("\n")
        for path in written_files()
    }
    long = sorted(f"{path} {n}" for path, n in lengths.items() if LONG < n <= TOO_LONG)
    if long:
        warnings.warn(f"over {LONG} lines, split soon: {', '.join(long)}", stacklevel=1)
    too_long = sorted(f"{path}: {n} lines" for path, n in lengths.items() if n > TOO_LONG)
    assert not too_long, "\n".join(too_long)


def may_print(module: sources.Module) -> bool:
    """The command line prints: ``cli``, ``commands`` and the ``…command.py`` of a room."""
    return module.room in {"cli", "commands"} or module.name.endswith("command")


def test_only_the_command_line_prints() -> None:
    wrong = [
        f"{module.shown}:{node.lineno}"
        for module in sources.modules().values()
        if not may_print(module)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not wrong, "\n".join(wrong)


def names_and_texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every identifier and every string of a tree with its line, documentation strings apart."""
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.lineno, node.value
        elif isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg | ast.keyword):
            yield node.lineno, node.arg or ""


def test_products_stand_in_packs_and_not_in_code() -> None:
    wrong = [
        f"{module.shown}:{line}: {text[:60]!r}"
        for module in sources.modules().values()
        for line, text in names_and_texts(module.tree)
        if PRODUCTS.search(text)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("text", ["x = 'Comirnaty'", "is_astrazeneca = 1", "f(vero_cell_days=2)", "x = 'EU/1/20/1528'"])
def test_the_check_for_products_sees_them(text: str) -> None:
    shown = [found.replace("_", " ") for _line, found in names_and_texts(ast.parse(text))]
    assert any(PRODUCTS.search(found) for found in shown)


def test_nobody_swallows_every_error() -> None:
    """``except:`` and ``except BaseException`` only where it is raised again."""
    wrong = [
        f"{module.shown}:{node.lineno}"
        for module in sources.modules().values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id == "BaseException"))
        and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
    ]
    assert not wrong, "\n".join(wrong)


def test_the_project_names_no_place_of_its_own_making() -> None:
    """No path of a developer's machine and no package index host in what ships."""
    places = re.compile(r"(?<![\w.])/(?:work|root)/|pypi\.org|files\.pythonhosted|deb\.debian\.org")
    texts = [path for path in written_files() if path != Path(__file__)]
    texts += [*sources.ROOT.glob("*.md"), *sources.ROOT.glob("*.toml"), *sources.ROOT.glob("*.lock")]
    texts += [*(sources.ROOT / "docs").rglob("*.md"), *(sources.ROOT / ".ci").iterdir()]
    wrong = [
        f"{path.relative_to(sources.ROOT).as_posix()}: {found.group()}"
        for path in texts
        for found in places.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_is_left_to_do_later() -> None:
    marks = re.compile(r"\b(?:TODO|FIXME|NotImplemented" + r"Error)\b")
    wrong = [
        f"{path.relative_to(sources.ROOT).as_posix()}:{number}"
        for path in written_files()
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if marks.search(line)
    ]
    assert not wrong, "\n".join(wrong)


def test_tests_wait_for_what_happens_and_never_sleep() -> None:
    sleepers = {("time", "sleep"), ("QTest", "qWait"), ("QTest", "qSleep"), ("qtbot", "wait")}
    wrong = [
        f"{path.relative_to(sources.ROOT).as_posix()}:{node.lineno}"
        for path in sorted((sources.ROOT / "tests").rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and (node.func.value.id, node.func.attr) in sleepers
    ]
    assert not wrong, "\n".join(wrong)


def test_test_files_have_names_of_their_own() -> None:
    """The test folders are no packages, so two files of one name would hide one another."""
    seen: dict[str, str] = {}
    doubled: list[str] = []
    for path in sorted((sources.ROOT / "tests").rglob("*.py")):
        here = path.relative_to(sources.ROOT).as_posix()
        before = seen.setdefault(path.name, here)
        if before != here and path.name != "conftest.py":
            doubled.append(f"{before} and {here}")
    assert not doubled, "\n".join(doubled)
