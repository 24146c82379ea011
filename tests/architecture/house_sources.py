"""What the architecture tests share: the project's modules and their syntax trees, each parsed once."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "vaxdesk"


@dataclass(frozen=True)
class Module:
    """One module of the program: its dotted name, file and syntax tree."""

    name: str
    path: Path
    tree: ast.Module
    is_package: bool

    @property
    def shown(self) -> str:
        """The path as a failure message shows it."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def room(self) -> str:
        """The part below ``vaxdesk``: ``domain``, ``gui``, ``cli`` … ("" for the package itself)."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 else ""


@cache
def modules() -> dict[str, Module]:
    """Every module of the program by its dotted name."""
    found: dict[str, Module] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if "_assets" in path.parts:
            continue
        parts = list(path.relative_to(ROOT).with_suffix("").parts)
        is_package = parts[-1] == "__init__"
        if is_package:
            parts.pop()
        name = ".".join(parts)
        found[name] = Module(name, path, ast.parse(path.read_text(encoding="utf-8"), str(path)), is_package)
    return found


def imports(name: str, tree: ast.AST, is_package: bool, known: frozenset[str]) -> list[tuple[int, str]]:
    """Every import in a tree as (line, dotted name), those inside functions and behind TYPE_CHECKING too.

    ``from package import module`` counts as the module when ``known`` holds it. ``import_module("…")`` and
    ``__import__("…")`` with a literal count as well.
    """
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = name.split(".")
                above = above[: len(above) - node.level + (1 if is_package else 0)]
                base = ".".join([*above, base] if base else above)
            for alias in node.names:
                full = f"{base}.{alias.name}"
                found.append((node.lineno, full if full in known else base))
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            function = node.func
            called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            if called in {"import_module", "__import__"} and isinstance(node.args[0].value, str):
                found.append((node.lineno, node.args[0].value))
    return found
