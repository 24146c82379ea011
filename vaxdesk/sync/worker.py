"""The thread that exchanges by itself while somebody is signed in: plain Python, no Qt."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

from vaxdesk.errors import KnownError
from vaxdesk.services.context import Context
from vaxdesk.sync.client import Offline, SignInNeeded
from vaxdesk.sync.once import SyncResult, sync_once

#: Seconds between exchanges when all is well, and the bounds of waiting after a failure.
EVERY, FIRST_WAIT, LONGEST_WAIT = 60.0, 1.0, 900.0


class SyncWorker:
    """Runs :func:`sync_once` again and again; ``told`` hears each result or error, in this thread."""

    def __init__(self, ctx: Context, told: Callable[[SyncResult | KnownError], None]) -> None:
        self._ctx = ctx
        self._told = told
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def nudge(self) -> None:
        """Exchange now: after a save, on the user's click, when the line is back."""
        self._wake.set()

    def stop(self, seconds: float = 5.0) -> None:
        """End after the step under way; waits no longer than ``seconds``."""
        self._stop.set()
        self._wake.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        wait, failures = 0.0, 0
        while not self._stop.is_set():
            nudged = self._wake.wait(wait)
            self._wake.clear()
            if self._stop.is_set():
                return
            if nudged:
                failures = 0
            try:
                self._told(sync_once(self._ctx, self._stop.is_set))
                wait, failures = EVERY, 0
            except (Offline, SignInNeeded) as error:
                failures += 1
                longest = min(LONGEST_WAIT, FIRST_WAIT * 2**failures)
                # Full jitter: stations whose line comes back together must not come together.
                wait = getattr(error, "retry_after", None) or random.uniform(FIRST_WAIT, longest)  # noqa: S311 - no secret
                self._told(error)
            except KnownError as error:
                wait = EVERY
                self._told(error)
