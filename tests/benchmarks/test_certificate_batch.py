"""How fast certificates are drawn, as ratios to the obvious program in the same run.

Rows, signing and audit are measured where the services are; here only the drawing is.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import naive_certificates
import pytest
from document_reading import page_count
from document_samples import hc1, page

from vaxdesk.certificates.pages import CertificatePage, Size, render
from vaxdesk.certificates.pages_parallel import pool, render_parallel

pytestmark = pytest.mark.long
BATCH = 200


@pytest.fixture(scope="module")
def batch() -> list[CertificatePage]:
    families = ("Giàng A", "Lò Thị", "Vừ Bá", "Nguyễn Văn", "Đỗ Thị Ngọc", "Quàng Văn", "Tòng Thị")
    return [
        page(
            code=hc1(number, 603 + number % 11),
            number=f"118-01/2026/{number:06}",
            name=f"{families[number % len(families)]} {chr(65 + number % 26)}ạnh {number}",
            identity=f"0140560{number:05}",
            uvci=f"URN:UVCI:01:VN:118/01/{number:08}#F",
        )
        for number in range(BATCH)
    ]


@pytest.fixture(scope="module")
def naive(batch: list[CertificatePage]) -> float:
    """Seconds a page of the naive program, warm."""
    naive_certificates.register_fonts()
    naive_certificates.one_pdf(batch[0])
    return naive_certificates.seconds_a_page(batch[:25])


def seconds(work: Callable[[], object], rounds: int = 3) -> float:
    """The median of a few rounds."""
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def test_batch_in_one_process(batch: list[CertificatePage], naive: float, capsys: pytest.CaptureFixture[str]) -> None:
    render(batch[:2])
    ours = seconds(lambda: render(batch)) / BATCH
    again = naive_certificates.seconds_a_page(batch[:15])
    base = statistics.mean((naive, again))
    with capsys.disabled():
        print(f"\nnaive {base * 1000:.1f} ms a page, one process {ours * 1000:.2f} ms, {base / ours:.1f} times as fast")
    assert base / ours >= 10


def test_batch_in_two_processes(batch: list[CertificatePage], naive: float, capsys: pytest.CaptureFixture[str]) -> None:
    start = time.perf_counter()
    cold_pdf = render_parallel(batch, workers=2)
    cold = (time.perf_counter() - start) / BATCH
    with pool(2) as executor:
        render_parallel(batch, executor=executor)
        warm = seconds(lambda: render_parallel(batch, executor=executor)) / BATCH
    again = naive_certificates.seconds_a_page(batch[:15])
    base = statistics.mean((naive, again))
    with capsys.disabled():
        print(
            f"\nnaive {base * 1000:.1f} ms a page, two processes {warm * 1000:.2f} ms, {base / warm:.1f} times; "
            f"with starting them {cold * 1000:.2f} ms, {base / cold:.1f} times"
        )
    assert page_count(cold_pdf) == BATCH
    assert len(cold_pdf) / BATCH <= 12_000
    assert base / warm >= 15


@pytest.mark.parametrize("size", ["A4", "A5", "card"])
def test_single_certificate(
    batch: list[CertificatePage], naive: float, size: Size, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = iter(batch * 2)
    render([next(pages)], size)
    taken = []
    for _ in range(30):
        start = time.perf_counter()
        pdf = render([next(pages)], size)
        taken.append(time.perf_counter() - start)
    median = statistics.median(taken)
    with capsys.disabled():
        print(f"\nsingle {size}: {median * 1000:.1f} ms, {len(pdf)} bytes; naive {naive * 1000:.1f} ms")
    assert median <= 0.030
    assert median <= 0.5 * naive
    assert len(pdf) <= 50_000


def test_batch_figure(benchmark: object, batch: list[CertificatePage]) -> None:
    pdf = benchmark.pedantic(lambda: render(batch), rounds=3)  # type: ignore[attr-defined]  # pytest-benchmark's fixture
    assert len(pdf) / BATCH <= 12_000
