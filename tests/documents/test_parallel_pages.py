"""Batches drawn by two processes: the same pages in the same order."""

from __future__ import annotations

import pytest
from document_reading import page_count, pixels, text, zxing
from document_samples import hc1, page

from vaxdesk.certificates import pages_parallel
from vaxdesk.certificates.pages import Cancel, render


def test_small_batches_stay_in_this_process() -> None:
    batch = [page(number=f"{number}") for number in range(3)]
    assert page_count(pages_parallel.render_parallel(batch)) == 3


def test_order_codes_progress_and_cancel() -> None:
    batch = [page(code=hc1(number), name=f"Người Thứ {number}", number=f"118/{number}") for number in range(22)]
    seen: list[tuple[int, int]] = []
    with pages_parallel.pool(2) as executor:
        pdf = pages_parallel.render_parallel(
            batch, "A5", lambda done, count: seen.append((done, count)), executor=executor
        )
        with pytest.raises(Cancel):
            pages_parallel.render_parallel(batch, cancelled=lambda: True, executor=executor)
    assert page_count(pdf) == 22
    assert seen[-1] == (22, 22)
    for number in (0, 5, 11, 21):
        assert f"Người Thứ {number}" in text(pdf, number)
        assert zxing(pixels(pdf, number)) == batch[number].code
    assert b"/PrintScaling" in pdf
    assert text(pdf, 21) == text(render(batch), 21)
