"""Certificates on a virtual printer: CUPS and an IPP printer of their own on loopback, as root.

Needs the programs of ``support.printing.INSTALL``; without them it is skipped and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from support.printing import QUEUE, VirtualPrinter, missing, virtual_printer
from support.station import TestStation, make_station

from vaxdesk.certificates.pages import Size
from vaxdesk.certificates.verify import verify_text
from vaxdesk.devices import printers
from vaxdesk.devices.printers import Printer
from vaxdesk.errors import KnownError
from vaxdesk.services import certificate_batch, certificates, signing

pytestmark = [pytest.mark.long, pytest.mark.skipif(bool(missing()), reason=missing())]

DPI = 300
MM = DPI / 25.4


@pytest.fixture(scope="module")
def printing() -> Iterator[VirtualPrinter]:
    with virtual_printer() as made:
        yield made


@pytest.fixture
def printer(printing: VirtualPrinter, monkeypatch: pytest.MonkeyPatch) -> VirtualPrinter:
    """The queue, for the program's own calls of ``lp`` as well; nothing lies in it."""
    monkeypatch.setenv("CUPS_SERVER", printing.server)
    for path in printing.spool.iterdir():
        path.unlink()
    return printing


@pytest.fixture
def station(tmp_path: Path) -> Iterator[TestStation]:
    station = make_station(tmp_path)
    station.enrol()
    yield station
    station.database.close()


def pages(data: bytes) -> list[tuple[str, float, str]]:
    """Of each page: its text, the side of its code in millimetres, and what the code says."""
    found = []
    with pypdfium2.PdfDocument(data) as document:
        for page in document:
            picture = page.render(scale=DPI / 72).to_pil().convert("L")
            (code,) = [one for one in zxingcpp.read_barcodes(picture) if one.text.startswith("HC1:")]
            corner, other = code.position.top_left, code.position.top_right
            side = ((corner.x - other.x) ** 2 + (corner.y - other.y) ** 2) ** 0.5
            found.append((page.get_textpage().get_text_bounded(), side / MM, code.text))
    return found


@pytest.mark.parametrize("size", ["A4", "A5"])
def test_a_certificate_arrives_whole_in_its_own_size(printer: VirtualPrinter, station: TestStation, size: Size) -> None:
    person = station.vaccinated(date(2026, 3, 3))
    paper = certificates.issue(station.ctx, person)
    sent = certificates.pdf(station.ctx, [paper.certificate_id], size)
    assert [found.name for found in printers.list_printers()] == [QUEUE]
    done = printers.print_pdf(sent, Printer(QUEUE), title="Giấy xác nhận")
    assert done.job.startswith(QUEUE)
    (received,) = printer.arrived(1)
    ((words, side, code),), ((sent_words, sent_side, _code),) = pages(received), pages(sent)
    assert "NGUYỄN VĂN ANH" in words.upper()
    assert words.split() == sent_words.split(), "no letter is lost at the paper's edge"
    assert side == pytest.approx(sent_side, abs=0.3), "and the code keeps its measure"
    verdict = verify_text(code, signing.trust(station.ctx), station.clock.now())
    assert verdict.verdict.value == "valid"
    if size == "A4":
        with pypdfium2.PdfDocument(received) as document:
            assert document[0].get_size() == pytest.approx((595.3, 841.9), abs=1)


def test_a_batch_arrives_in_one_job_with_every_code(printer: VirtualPrinter, station: TestStation) -> None:
    names = [f"Lò Văn {letter}ng" for letter in "ABCDE"]
    people = [station.vaccinated(date(2026, 3, 3), full_name=name, national_id="") for name in names]
    batch = certificate_batch.make(station.ctx, [certificate_batch.Wanted(one, "") for one in people], "A5")
    printers.print_pdf(batch.data, Printer(QUEUE), copies=1)
    (received,) = printer.arrived(1)
    found = pages(received)
    assert [code for _words, _side, code in found] == [code for _words, _side, code in pages(batch.data)]
    for name, (words, _side, _code) in zip(names, found, strict=True):
        assert name.upper() in words.upper()


def test_a_stopped_or_closed_printer_is_told_in_words_and_nothing_waits_in_it(
    printer: VirtualPrinter, station: TestStation
) -> None:
    paper = certificates.issue(station.ctx, station.vaccinated(date(2026, 3, 3)))
    data = certificates.pdf(station.ctx, [paper.certificate_id], "A5")
    printer.command("cupsdisable", "-r", "out of paper", QUEUE)
    with pytest.raises(KnownError) as stopped:
        printers.print_pdf(data, Printer(QUEUE))
    assert "out of paper" in stopped.value.words()
    assert printer.command("lpstat", "-o", QUEUE) == ""
    printer.command("cupsenable", QUEUE)
    printer.command("cupsreject", QUEUE)
    with pytest.raises(KnownError, match="not accepting jobs"):
        printers.print_pdf(data, Printer(QUEUE))
    printer.command("cupsaccept", QUEUE)
    with pytest.raises(KnownError, match="does not exist"):
        printers.print_pdf(data, Printer("nowhere"))
    printers.print_pdf(data, Printer(QUEUE))
    assert len(printer.arrived(1)) == 1
