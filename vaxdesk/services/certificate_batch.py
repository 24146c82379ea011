"""Certificates for a whole session, village or list: issued in short transactions, all in one PDF."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vaxdesk.certificates.pages import Cancel, Size
from vaxdesk.errors import KnownError, RefusedError
from vaxdesk.services import certificates
from vaxdesk.services.certificates import Issued
from vaxdesk.services.context import Context

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

    from vaxdesk.certificates.pages_parallel import Drawing

Progress = Callable[[int, int], None]
#: So many pages go to another process at a time.
AHEAD = 25


@dataclass(frozen=True)
class Wanted:
    """One person of the batch. ``visit_id`` is the visit whose dose the paper is for, where there is one."""

    person_id: str
    full_name: str
    visit_id: str = ""


@dataclass(frozen=True)
class Batch:
    """The finished papers. ``failed`` are those for whom no paper could be issued, with the reason."""

    data: bytes
    certificate_ids: tuple[str, ...]
    issued: int
    without_code: int
    failed: tuple[tuple[str, KnownError], ...]


def make(
    ctx: Context,
    wanted: Sequence[Wanted],
    size: Size,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    executor: ProcessPoolExecutor | None = None,
) -> Batch:
    """Issue or find each person's paper, then draw them all; the prints are counted when the PDF is finished.

    ``progress`` counts two steps a person. After a cancel what was issued stays issued and unprinted, so it is
    offered again. ``executor`` (``pages_parallel.pool``) draws while further papers are issued.

    :raises RefusedError: the user may not, nobody is on the list, or nobody on it has a dose; or it was cancelled.
    """
    ctx.require("inject", "register", "manage")
    if not wanted:
        raise RefusedError("Nobody is on the list: choose another one.")
    total, count = 2 * len(wanted), len(wanted)

    def step(done: int) -> None:
        if progress is not None:
            progress(min(done, total), total)

    drawing = _drawing(executor, size)
    answers: list[Issued | KnownError] = []
    drawn = 0
    try:
        people = [certificates.Wanted(one.person_id, one.visit_id) for one in wanted]
        for chunk in certificates.issue_chunks(ctx, people, cancelled):
            answers += chunk
            ids = _ids(answers)
            if drawing is not None and len(ids) - drawn >= AHEAD:
                drawing.add(certificates.pages(ctx, ids[drawn:]))
                drawn = len(ids)
            step(len(answers))
    except Cancel as cancel:
        raise RefusedError("Printing was stopped. Papers that were issued are still on the list.") from cancel
    ids = _ids(answers)
    if not ids:
        raise next(answer for answer in answers if isinstance(answer, KnownError))
    if drawing is not None:
        if drawn < len(ids):
            drawing.add(certificates.pages(ctx, ids[drawn:]))
        data = drawing.finish(lambda done, _of: step(count + done), cancelled)
        certificates.log_prints(ctx, ids, size)
    else:
        data = certificates.pdf(ctx, ids, size, lambda done, _of: step(count + done), cancelled)
    made = [answer for answer in answers if isinstance(answer, Issued)]
    failed = [
        (one.full_name, answer) for one, answer in zip(wanted, answers, strict=True) if isinstance(answer, KnownError)
    ]
    without = sum(answer.code_until is None for answer in made)
    return Batch(data, tuple(ids), sum(answer.new for answer in made), without, tuple(failed))


def _ids(answers: Sequence[Issued | KnownError]) -> list[str]:
    return [answer.certificate_id for answer in answers if isinstance(answer, Issued)]


def _drawing(executor: ProcessPoolExecutor | None, size: Size) -> Drawing | None:
    """Cards share a sheet of paper, so that they are drawn when all of them are there."""
    if executor is None or size == "cards":
        return None
    from vaxdesk.certificates.pages_parallel import Drawing

    return Drawing(executor, size)
