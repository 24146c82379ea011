"""The thread that exchanges by itself while somebody is signed in: plain Python, no Qt."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable

from vaxdesk.errors import KnownError, report
from vaxdesk.services.context import Context
from vaxdesk.sync.client import Offline, SignInNeeded, Stopped
from vaxdesk.sync.once import SyncResult, sync_once

log = logging.getLogger(__name__)

#: Seconds between exchanges when all is well, and the bounds of waiting after a failure.
EVERY, FIRST_WAIT, LONGEST_WAIT = 60.0, 1.0, 900.0


class SyncWorker:
    """Runs :func:`sync_once` again and again; ``told`` hears each result or error, in this thread.

    After a failure the whole server waits: 1 s doubling to 15 min with full jitter, or as long as it said.
    """

    def __init__(
        self,
        ctx: Context,
        told: Callable[[SyncResult | KnownError], None],
        run: Callable[[Context, Callable[[], bool]], SyncResult] = sync_once,
        chance: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._ctx = ctx
        self._told = told
        self._exchange = run
        self._chance = chance
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._urgent = False
        self._failures = 0
        #: Before this moment (monotonic) the server asked not to be asked.
        self._not_before = 0.0
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def nudge(self, urgent: bool = True) -> None:
        """Exchange now: on the user's click, when the line is back (``urgent``), after a save (not urgent).

        An urgent one ends the waiting after a failure, except where the server itself named a time; another one does
        not: every save would else knock at a portal that is down.
        """
        if urgent:
            self._urgent = True
        elif self._failures:
            return
        self._wake.set()

    def stop(self, seconds: float = 5.0) -> None:
        """End after the step under way; waits no longer than ``seconds``."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        wait = 0.0
        while not self._stop.is_set():
            self._wake.wait(wait)
            self._wake.clear()
            if self._stop.is_set():
                return
            if self._urgent:
                self._urgent, self._failures = False, 0
            asked = self._not_before - time.monotonic()
            wait = asked if asked > 0 else self._once()

    def _once(self) -> float:
        """One exchange; the seconds to wait after it."""
        try:
            result = self._exchange(self._ctx, self._stop.is_set)
        except (Offline, SignInNeeded, Stopped) as error:
            wait = self._after_failure(error)
            self._told(error)
        except KnownError as error:
            wait = EVERY
            self._told(error)
        except Exception as error:  # noqa: BLE001 - the thread's boundary
            # A fault of ours must not end sending for good; the log holds it, without values.
            log.error("the exchange made a mistake\n%s", report(error))
            wait = self._after_failure(KnownError(""))
        else:
            self._failures = 0
            wait = EVERY
            self._told(result)
        return wait

    def _after_failure(self, error: KnownError) -> float:
        told = error.retry_after if isinstance(error, Offline) else None
        if told is not None:
            self._not_before = time.monotonic() + told
        self._failures += 1
        if told is not None:
            return max(told, FIRST_WAIT)
        if isinstance(error, SignInNeeded | Stopped):
            return LONGEST_WAIT
        # Full jitter: stations whose line comes back together must not come together.
        return self._chance(FIRST_WAIT, min(LONGEST_WAIT, FIRST_WAIT * 2**self._failures))
