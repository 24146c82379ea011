"""Certificates for a whole session, village or list: issued in short transactions, all in one PDF."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vaxdesk.certificates.pages import Cancel, Size
from vaxdesk.errors import KnownError, RefusedError
from vaxdesk.services import certificates
from vaxdesk.services.context import Context

Progress = Callable[[int, int], None]


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
) -> Batch:
    """Issue or find each person's paper, then draw them all; the prints are counted when the PDF is finished.

    ``progress`` counts two steps a person. After a cancel what was issued stays issued and unprinted, so it is
    offered again.

    :raises RefusedError: the user may not, nobody is on the list, or nobody on it has a dose; or it was cancelled.
    """
    ctx.require("inject", "register", "manage")
    if not wanted:
        raise RefusedError("Nobody is on the list: choose another one.")
    ids: list[str] = []
    failed: list[tuple[str, KnownError]] = []
    new = without = 0
    total = 2 * len(wanted)

    def issue_progress(done: int, _of: int) -> None:
        if progress is not None:
            progress(done, total)

    people = [certificates.Wanted(one.person_id, one.visit_id) for one in wanted]
    try:
        answers = certificates.issue_many(ctx, people, issue_progress, cancelled)
    except Cancel as cancel:
        raise RefusedError("Printing was stopped. Papers that were issued are still on the list.") from cancel
    for one, answer in zip(wanted, answers, strict=True):
        if isinstance(answer, KnownError):
            failed.append((one.full_name, answer))
        else:
            ids.append(answer.certificate_id)
            new += answer.new
            without += answer.code_until is None
    if not ids:
        raise failed[0][1]
    drawn = len(wanted)

    def draw_progress(done: int, _of: int) -> None:
        if progress is not None:
            progress(min(total, drawn + done), total)

    data = certificates.pdf(ctx, ids, size, draw_progress, cancelled)
    return Batch(data, tuple(ids), new, without, tuple(failed))
