"""Large batches of certificates drawn by several processes and joined into one PDF."""

from __future__ import annotations

import io
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager

import pypdfium2

from vaxdesk.certificates.pages import Cancel, Cancelled, CertificatePage, Progress, Size, render

#: Below this number of pages, starting a process costs more than it saves.
WORTHWHILE = 60


@contextmanager
def pool(workers: int = 2) -> Iterator[ProcessPoolExecutor]:
    """Processes that stay warm for several batches. They are spawned, not forked: the window has threads."""
    executor = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_warm)
    try:
        yield executor
    finally:
        executor.shutdown(cancel_futures=True)


def render_parallel(
    pages: Sequence[CertificatePage],
    size: Size = "A5",
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
    workers: int = 2,
    executor: ProcessPoolExecutor | None = None,
) -> bytes:
    """As :func:`vaxdesk.certificates.pages.render`, with ``workers`` processes; the order of pages is kept.

    Small batches are drawn in this process. ``executor`` is a pool kept by the caller (:func:`pool`); without one,
    processes are started and ended here. ``progress`` and ``cancelled`` are called between chunks of pages.
    """
    if (len(pages) < WORTHWHILE and executor is None) or len({page.practice for page in pages}) > 1:
        return render(pages, size, progress, cancelled)
    if executor is None:
        with pool(workers) as own:
            return render_parallel(pages, size, progress, cancelled, workers, own)
    step = -(-len(pages) // (2 * workers))
    # Whole A4 sheets of four cards.
    step += -step % 4 if size == "cards" else 0
    drawing = Drawing(executor, size)
    for start in range(0, len(pages), step):
        drawing.add(pages[start : start + step])
    return drawing.finish(progress, cancelled)


class Drawing:
    """A document whose pages are drawn by a pool's processes while more of them still come."""

    def __init__(self, executor: ProcessPoolExecutor, size: Size) -> None:
        self._executor = executor
        self._size = size
        self._chunks: list[Sequence[CertificatePage]] = []
        self._futures: list[Future[bytes]] = []

    def add(self, pages: Sequence[CertificatePage]) -> None:
        """Begin with further pages; with ``cards`` whole sheets of four but for the last."""
        self._chunks.append(pages)
        self._futures.append(self._executor.submit(_chunk, tuple(pages), self._size))

    def finish(self, progress: Progress | None = None, cancelled: Cancelled | None = None) -> bytes:
        """The document, once everything is drawn; ``progress`` and ``cancelled`` as with :func:`render_parallel`."""
        _follow(self._futures, self._chunks, progress, cancelled)
        return _joined([future.result() for future in self._futures])


def _warm() -> None:
    from vaxdesk.certificates import pages_card, pages_sheet  # noqa: F401 - imported for the time it takes
    from vaxdesk.documents import kit

    kit.load_fonts()


def _chunk(pages: tuple[CertificatePage, ...], size: Size) -> bytes:
    return render(pages, size)


def _follow(
    futures: list[Future[bytes]],
    chunks: Sequence[Sequence[CertificatePage]],
    progress: Progress | None,
    cancelled: Cancelled | None,
) -> None:
    count = sum(len(chunk) for chunk in chunks)
    waiting = set(futures)
    while waiting:
        done, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
        if cancelled is not None and cancelled():
            for future in futures:
                future.cancel()
            raise Cancel
        if done and progress is not None:
            progress(sum(len(chunk) for chunk, future in zip(chunks, futures, strict=True) if future.done()), count)


def _joined(parts: list[bytes]) -> bytes:
    """One document; the first part's catalogue (language, no scaling when printed) stays."""
    with pypdfium2.PdfDocument(parts[0]) as whole:
        for part in parts[1:]:
            with pypdfium2.PdfDocument(part) as other:
                whole.import_pages(other)
        buffer = io.BytesIO()
        whole.save(buffer)
    return buffer.getvalue()
