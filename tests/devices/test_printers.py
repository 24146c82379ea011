import os
import stat
import sys
from pathlib import Path

import pytest

from vaxdesk.devices import printers
from vaxdesk.devices.printers import Printer
from vaxdesk.errors import KnownError

PDF = b"%PDF-1.4 page"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="CUPS commands")


@pytest.fixture
def spooler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A printing system of shell scripts that keeps what it was given."""
    programs = tmp_path / "bin"
    programs.mkdir()
    scripts = {
        "lp": f'echo "$@" > {tmp_path}/arguments; cat > {tmp_path}/page; echo "request id is Canon-17 (1 file(s))"',
        "lpstat": '[ "$1" = -e ] && printf "Canon\\nHP_Laser\\n" || echo "system default destination: HP_Laser"',
    }
    for name, body in scripts.items():
        path = programs / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def test_printers_are_listed_default_first(spooler: Path) -> None:
    assert printers.list_printers() == [Printer("HP_Laser", True), Printer("Canon")]


def test_a_page_goes_through_the_pipe_in_its_own_size(spooler: Path) -> None:
    done = printers.print_pdf(PDF, Printer("Canon"), title="Giấy xác nhận", copies=2)
    assert done.job == "Canon-17"
    assert (spooler / "page").read_bytes() == PDF
    assert (spooler / "arguments").read_text().strip() == "-t Giấy xác nhận -n 2 -o print-scaling=none -d Canon -- -"


def test_a_file_on_the_default_printer(spooler: Path) -> None:
    path = spooler / "a.pdf"
    path.write_bytes(PDF)
    printers.print_pdf(path)
    assert (spooler / "page").read_bytes() == PDF
    assert "-d" not in (spooler / "arguments").read_text().split()
    with pytest.raises(KnownError, match="cannot be read"):
        printers.print_pdf(spooler / "none.pdf")


def test_an_a4_page_asks_for_a4_paper(spooler: Path) -> None:
    for box, asked in ((b"0 0 595.27 841.88", True), (b"0 0 841.9 595.3", True), (b"0 0 419.5 595.3", False)):
        printers.print_pdf(b"%PDF-1.4 /MediaBox [ " + box + b" ]", Printer("Canon"))
        assert ("media=A4" in (spooler / "arguments").read_text()) is asked


def test_a_stopped_printer_is_told_before_anything_is_sent(spooler: Path) -> None:
    said = "printer Canon disabled since Sat Nov 21 08:00:00 2026 -\\n\\tout of paper\\n"
    (spooler / "bin" / "lpstat").write_text(f'#!/bin/sh\n[ "$1" = -p ] && printf "{said}"\n')
    with pytest.raises(KnownError) as caught:
        printers.print_pdf(PDF, Printer("Canon"))
    assert "out of paper" in caught.value.words()
    assert not (spooler / "page").exists()


def test_a_refusal_says_why(spooler: Path) -> None:
    (spooler / "bin" / "lp").write_text("#!/bin/sh\ncat > /dev/null\necho 'lp: Error - no paper' >&2\nexit 1\n")
    with pytest.raises(KnownError) as caught:
        printers.print_pdf(PDF)
    assert "no paper" in caught.value.words()


def test_no_printing_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert printers.list_printers() == []
    with pytest.raises(KnownError, match="no printing system"):
        printers.print_pdf(PDF)


def test_saving_to_a_folder_never_writes_over(tmp_path: Path) -> None:
    target = printers.folder_printer(tmp_path / "pages")
    paths = [printers.print_pdf(PDF, target, title="Giấy / xác nhận").path for _ in range(3)]
    assert len(set(paths)) == 3
    assert all(path and path.read_bytes() == PDF and path.name.startswith("Giấy-xác-nhận-") for path in paths)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(KnownError, match="cannot be saved"):
        printers.print_pdf(PDF, printers.folder_printer(tmp_path / "file" / "pages"))
