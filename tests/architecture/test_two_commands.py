"""The two commands of the README, and the script behind them."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import house_sources as sources
import pytest
from packaging.requirements import Requirement

from vaxdesk import cli

RUN = "python3 run.py"
TEST = "python3 run.py test"


@pytest.fixture
def script() -> ModuleType:
    """``run.py`` as a module of its own."""
    spec = importlib.util.spec_from_file_location("vaxdesk_run_script", sources.ROOT / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_readme_begins_with_the_two_commands() -> None:
    text = (sources.ROOT / "README.md").read_text(encoding="utf-8")
    fences = re.findall(r"^```(?:sh)?\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert [fence.strip() for fence in fences[:2]] == [RUN, TEST]


def test_the_readme_names_every_command() -> None:
    text = (sources.ROOT / "README.md").read_text(encoding="utf-8")
    table = text.partition("## The command line")[2].partition("##")[0]
    named = set(re.findall(r"`([a-z]+)[ `]", "\n".join(line for line in table.splitlines() if line.startswith("|"))))
    assert named == set(cli.COMMANDS)


def test_continuous_integration_runs_the_test_command_and_nothing_else() -> None:
    lines = (sources.ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    commands = [line for line in lines if line and not line.startswith(("#", "set ", "cd "))]
    assert commands == [f"exec {TEST}"]


def test_the_script_needs_the_standard_library_only_and_is_read_by_an_older_python() -> None:
    tree = ast.parse((sources.ROOT / "run.py").read_text(encoding="utf-8"), feature_version=(3, 9))
    known: frozenset[str] = frozenset()
    tops = {name.split(".")[0] for _line, name in sources.imports("run", tree, False, known)}
    assert tops <= sys.stdlib_module_names


def test_an_older_python_is_told_what_is_needed(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(script, "OLDEST", (99, 1))
    monkeypatch.setattr(script, "better_python", lambda: False)
    assert script.main() == 2
    assert "needs Python 99.1" in capsys.readouterr().out


def test_an_unknown_command_shows_the_help(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["run.py", "nonsense"])
    assert script.main() == 2
    assert "test-long" in capsys.readouterr().out


def test_a_set_up_is_done_anew_when_what_it_depends_on_changed(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(script, "ROOT", tmp_path)
    (tmp_path / "pyproject.toml").write_text("a")
    (tmp_path / "requirements.lock").write_text("b")
    first = script.fingerprint("run", ["libgl1"])
    assert script.fingerprint("run", ["libgl1"]) == first
    assert script.fingerprint("run", ["libgl1", "libegl1"]) != first
    (tmp_path / "requirements.lock").write_text("c")
    assert script.fingerprint("run", ["libgl1"]) != first


def set_up(script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """A pretended checkout whose set-up only notes its steps."""
    monkeypatch.setattr(script, "ROOT", tmp_path)
    monkeypatch.setattr(script, "VENV", tmp_path)
    monkeypatch.setattr(script, "PYTHON", Path(sys.executable))
    done: list[str] = []
    monkeypatch.setattr(script, "install_debian_packages", lambda names: done.append("system"))
    monkeypatch.setattr(script, "make_venv", lambda: done.append("venv"))
    monkeypatch.setattr(script, "install_python_packages", lambda kind: done.append(kind))
    monkeypatch.setattr(script, "check_qt", lambda: None)
    return done


def test_nothing_is_installed_where_nothing_changed(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done = set_up(script, monkeypatch, tmp_path)
    script.prepare("run", script.QT_PACKAGES)
    assert done == ["system", "venv", "run"]
    script.prepare("run", script.QT_PACKAGES)
    assert len(done) == 3
    script.prepare("test", script.QT_PACKAGES + script.TEST_PACKAGES)
    assert done[3:] == ["system", "venv", "test"]


def test_what_the_tests_installed_is_enough_for_the_window(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done = set_up(script, monkeypatch, tmp_path)
    script.prepare("test", script.QT_PACKAGES + script.TEST_PACKAGES)
    script.prepare("run", script.QT_PACKAGES)
    assert done == ["system", "venv", "test"]


def test_without_rights_the_exact_command_is_named(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(script.shutil, "which", lambda name: None if name == "sudo" else "/usr/bin/" + name)
    monkeypatch.setattr(script.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(script, "can_make_venv", lambda: True)
    monkeypatch.setattr(script, "missing_packages", lambda names: list(names))
    script.install_debian_packages(["libgl1", "libegl1"])
    assert "apt-get update && apt-get install -y --no-install-recommends libgl1 libegl1" in capsys.readouterr().out


@pytest.mark.parametrize(("status", "missing"), [("installed", []), ("config-files", ["liba"])])
def test_a_renamed_package_counts(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, status: str, missing: list[str]
) -> None:
    answer = subprocess.CompletedProcess([], 1, stdout=f"libat64 {status}\nlibb installed\n")
    monkeypatch.setattr(script.subprocess, "run", lambda *_args, **_named: answer)
    assert script.missing_packages(["liba", "libb"]) == missing


@pytest.mark.parametrize(("name", "extras"), [("requirements.lock", ["portal"]), ("requirements-dev.lock", ["dev"])])
def test_the_lock_file_holds_what_the_project_asks_for(name: str, extras: list[str]) -> None:
    """Each declared range is met by the pinned version of each Python, and every file has its hash."""
    text = (sources.ROOT / name).read_text(encoding="utf-8")
    blocks = [block for block in text.replace("\\\n", " ").splitlines() if block and not block.startswith("#")]
    assert all("--hash=sha256:" in block for block in blocks)
    pinned = [Requirement(block.split(" --hash")[0]) for block in blocks]
    project = tomllib.loads((sources.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + [t for extra in extras for t in project["optional-dependencies"][extra]]
    for python in ("3.11", "3.12", "3.13"):
        here = {"python_version": python, "python_full_version": f"{python}.2", "extra": ""}
        versions = {
            canonical(r.name): next(iter(r.specifier)).version
            for r in pinned
            if r.marker is None or r.marker.evaluate(here)
        }
        for requirement in map(Requirement, wanted):
            if canonical(requirement.name) == "vaxdesk" or (
                requirement.marker is not None and not requirement.marker.evaluate(here)
            ):
                continue
            assert versions.get(canonical(requirement.name), "") in requirement.specifier, (python, str(requirement))


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_what_both_lock_files_hold_is_the_same_version() -> None:
    pins = [
        dict(
            re.findall(
                r"^([\w.-]+)(?:\[[\w,]+\])?==(\S+)(?= \\| ;)",
                (sources.ROOT / name).read_text(encoding="utf-8").replace(" ; python_full_version", "@"),
                re.MULTILINE,
            )
        )
        for name in ("requirements.lock", "requirements-dev.lock")
    ]
    assert pins[0].items() <= pins[1].items()
