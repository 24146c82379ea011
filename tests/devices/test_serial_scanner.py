import os
import sys

import pytest

from vaxdesk.devices.serial_scanner import ScanLines, SerialScanner
from vaxdesk.domain.cards import read_scan
from vaxdesk.errors import KnownError

CARD = "014090123456|050812345|Nguyễn Văn Anh|01011990|Nam|Bản Nà Khi, Mường Lạn|15042021"


def test_lines_are_cut_at_cr_lf_and_silence() -> None:
    lines = ScanLines()
    assert lines.feed(b"abc\r\ndef\rgh") == [b"abc", b"def"]
    assert lines.feed(b"i\n\n") == [b"ghi"]
    assert lines.feed(b"jkl") == []
    assert lines.silence() == [b"jkl"]
    assert lines.silence() == []


def test_a_line_without_end_is_cut() -> None:
    lines = ScanLines()
    lines.feed(b"1" * 50_000)
    assert len(lines.silence()[0]) == 10_000


@pytest.mark.skipif(sys.platform == "win32", reason="serial lines of POSIX")
def test_a_real_line() -> None:
    import pty

    master, slave = pty.openpty()
    try:
        with SerialScanner(os.ttyname(slave), baud=9600) as scanner:
            os.write(master, CARD.encode() + b"\r\n")
            scans = list(scanner.read(timeout=2))
            assert [dict(read_scan(scan).fields)["full_name"] for scan in scans] == ["Nguyễn Văn Anh"]
            assert list(scanner.read(timeout=0.01)) == []
            os.write(master, b"VXP:01-1")
            assert list(scanner.read(timeout=2)) == []
            assert list(scanner.read(timeout=0.01)) == [b"VXP:01-1"]
    finally:
        os.close(master)
        os.close(slave)


@pytest.mark.skipif(sys.platform == "win32", reason="serial lines of POSIX")
def test_an_unplugged_scanner_is_said() -> None:
    import pty

    master, slave = pty.openpty()
    with SerialScanner(os.ttyname(slave)) as scanner:
        os.close(slave)
        os.close(master)
        with pytest.raises(KnownError, match="unplugged"):
            list(scanner.read(timeout=2))


@pytest.mark.skipif(sys.platform == "win32", reason="serial lines of POSIX")
def test_what_is_no_scanner_is_refused(tmp_path) -> None:
    with pytest.raises(KnownError, match="cannot be opened"):
        SerialScanner(tmp_path / "none")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(KnownError, match="not a serial scanner"):
        SerialScanner(tmp_path / "file")
