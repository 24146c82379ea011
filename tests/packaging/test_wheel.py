"""The wheel holds everything that the program reads at run time, and works where no checkout is."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from the checkout, with the build backend that is installed here."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def shipped(folder: str) -> set[str]:
    """The files of a folder of the checkout."""
    files = (ROOT / folder).rglob("*")
    return {p.relative_to(ROOT).as_posix() for p in files if p.is_file() and "__pycache__" not in p.parts}


def test_the_wheel_holds_forms_resources_and_every_module(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"vaxdesk/_assets/{name}" for name in shipped("ui") | shipped("resources")} <= names
    modules = {name for name in shipped("vaxdesk") if "/_assets/" not in name and not name.endswith(".pyc")}
    assert modules <= names
    assert any(name.startswith("vaxdesk/db/migrations/versions/") for name in names)


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"vaxdesk"}


def test_the_wheel_says_its_licence_and_commands(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    about = {name.rsplit("/", 1)[-1]: name for name in archive.namelist() if ".dist-info/" in name}
    assert "License-Expression: Apache-2.0" in archive.read(about["METADATA"]).decode()
    assert {"LICENSE", "NOTICE"} <= set(about)
    entries = archive.read(about["entry_points.txt"]).decode()
    assert "vaxdesk = vaxdesk.cli:main" in entries
    assert "vaxdesk-window = vaxdesk.app:main" in entries


def test_no_shipped_file_is_huge(wheel: Path) -> None:
    large = [i.filename for i in zipfile.ZipFile(wheel).infolist() if i.file_size > 5_000_000]
    assert not large


def test_unpacked_the_program_finds_its_files(wheel: Path, tmp_path: Path) -> None:
    """The wheel's tree alone on the path (dependencies from here): no checkout is looked at."""
    zipfile.ZipFile(wheel).extractall(tmp_path)
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from vaxdesk import assets, i18n\n"
        "assert assets.root().is_relative_to(sys.argv[1]), assets.root()\n"
        "assert i18n.catalogue('vi')\n"
        "assert assets.resource('fonts').is_dir()\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, cwd=tmp_path)


@pytest.mark.long
def test_installed_into_an_empty_environment_it_runs(wheel: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    programs = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    python = programs / "python"
    subprocess.run([str(python), "-m", "pip", "install", "-q", f"{wheel}[portal]"], check=True)
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [str(programs / "vaxdesk"), "--help"], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert "verify" in done.stdout
    program = "import vaxdesk.app, vaxdesk.portal, PySide6.QtWidgets"
    subprocess.run([str(python), "-c", program], check=True, cwd=tmp_path, env=environment)
