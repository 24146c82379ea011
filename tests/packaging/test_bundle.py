"""The PyInstaller folder: built where PyInstaller is installed, then started."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_the_spec_names_what_exists() -> None:
    text = (ROOT / "vaxdesk.spec").read_text(encoding="utf-8")
    ast.parse(text)
    for path in ("ui", "resources", "vaxdesk/db/migrations", "vaxdesk/cli.py", "vaxdesk/app.py", "LICENSE", "NOTICE"):
        assert (ROOT / path).exists(), path


@pytest.mark.long
@pytest.mark.skipif(importlib.util.find_spec("PyInstaller") is None, reason="PyInstaller is not installed")
def test_the_bundle_is_built_and_starts(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR", "vaxdesk.spec"]
    command += ["--distpath", str(tmp_path / "dist"), "--workpath", str(tmp_path / "build")]
    subprocess.run(command, cwd=ROOT, check=True)
    folder = tmp_path / "dist" / "vaxdesk"
    suffix = ".exe" if os.name == "nt" else ""
    done = subprocess.run(
        [str(folder / f"vaxdesk{suffix}"), "--language", "vi", "--help"], capture_output=True, check=True, cwd=tmp_path
    )
    assert "Kiểm tra" in done.stdout.decode()
    beside = {path.name for path in (ROOT / "vaxdesk").rglob("*.html")}
    assert beside <= {path.name for path in folder.rglob("*.html")}
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "VAXDESK_DATA_DIR": str(tmp_path / "data")}
    window = [str(folder / f"vaxdesk-window{suffix}"), "--practice", "--quit-after-first-paint"]
    subprocess.run(window, env=environment, check=True, timeout=120, cwd=tmp_path)
