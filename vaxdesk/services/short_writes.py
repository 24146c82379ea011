"""Many small changes in transactions that hold the file's lock for a moment each: the window writes in between.

What is done this way is right after each of them: a page of the portal's records, notes of prints. What must be whole
or not at all belongs in one transaction, prepared before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.services.context import Context

T = TypeVar("T")
#: After so many seconds a transaction takes nothing more; the bar is 0.1 s with the commit.
LONGEST = 0.03
#: What takes no time at all is committed after so many all the same.
MOST = 200


def in_short_writes(
    ctx: Context,
    items: Sequence[T],
    act: Callable[[UnitOfWork, T], bool | None],
    before_commit: Callable[[UnitOfWork, int], None] | None = None,
    *,
    most: int = MOST,
) -> None:
    """Do ``act`` for each item, in order, and commit now and then; where it answers False nothing more is done.

    ``before_commit`` is told how many items are done by then, for what is to be saved with them. What raises undoes the
    open transaction only and is raised on.
    """
    done, more = 0, True
    while more and done < len(items):
        with ctx.write() as uow:
            begun, first = time.perf_counter(), done
            while (
                more
                and done < len(items)
                and (done == first or (done - first < most and time.perf_counter() - begun < LONGEST))
            ):
                more = act(uow, items[done]) is not False
                done += 1
            if before_commit is not None:
                before_commit(uow, done)
            uow.commit()
