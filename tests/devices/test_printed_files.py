"""Pages that lie in a file while another program prints them, and do not stay there."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from vaxdesk.devices import printed_files, printers
from vaxdesk.errors import KnownError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    printed_files.discard()


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_page_lies_there_until_the_end(folder: Path) -> None:
    path = printed_files.keep(b"%PDF-")
    assert path.read_bytes() == b"%PDF-"
    printed_files.discard()
    assert left(folder) == []


def test_what_an_earlier_process_left_goes_and_what_is_fresh_or_anothers_stays(folder: Path) -> None:
    (folder / "letter.pdf").write_bytes(b"")
    old = folder / f"{printed_files.PREFIX}old.pdf"
    old.write_bytes(b"")
    os.utime(old, (1, 1))
    os.utime(folder / "letter.pdf", (1, 1))
    fresh = printed_files.keep(b"")
    assert left(folder) == sorted(["letter.pdf", fresh.name])


def test_the_processs_end_deletes_its_pages(tmp_path: Path) -> None:
    code = "from vaxdesk.devices import printed_files; print(printed_files.keep(b'%PDF-').exists())"
    environment = {**os.environ, "TMPDIR": str(tmp_path), "TEMP": str(tmp_path), "TMP": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"
    assert left(tmp_path) == []


def test_windows_prints_from_a_file_that_goes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []
    monkeypatch.setattr(os, "startfile", lambda path, *_how: given.append(path), raising=False)
    printers._print_windows(b"%PDF-", None, 1)
    assert left(folder) == [Path(given[0]).name]
    printed_files.discard()
    assert left(folder) == []

    def refuse(*_arguments: str) -> None:
        raise OSError("no program for PDF files")

    monkeypatch.setattr(os, "startfile", refuse, raising=False)
    with pytest.raises(KnownError):
        printers._print_windows(b"%PDF-", None, 1)
    assert left(folder) == [], "nobody reads a page that could not be handed over"
