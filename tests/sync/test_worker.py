"""The thread that exchanges by itself: woken, waiting as told, ended in bounded time; and nothing before a sign-in."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.exchange import status
from support.portal import running_portal
from support.station import PASSPHRASE, TestStation, make_station

from vaxdesk.certificates.authority import Authority
from vaxdesk.errors import KnownError
from vaxdesk.services import accounts
from vaxdesk.services.context import Context
from vaxdesk.sync import worker as module
from vaxdesk.sync.client import Offline, SignInNeeded
from vaxdesk.sync.once import SyncResult
from vaxdesk.sync.worker import SyncWorker

LONG = 20.0


class Line:
    """Stands for an exchange: answers with what is set, and lets a test wait for the n-th call."""

    def __init__(self) -> None:
        self.answers: list[KnownError | SyncResult] = []
        self.calls = 0
        self.told: list[KnownError | SyncResult] = []
        self._changed = threading.Condition()

    def run(self, _ctx: Context, _cancelled: Callable[[], bool]) -> SyncResult:
        self.calls += 1
        answer = self.answers.pop(0) if self.answers else SyncResult()
        if isinstance(answer, KnownError):
            raise answer
        return answer

    def tell(self, said: KnownError | SyncResult) -> None:
        with self._changed:
            self.told.append(said)
            self._changed.notify_all()

    def wait_for(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.told) >= count, LONG)


@pytest.fixture
def line() -> Line:
    return Line()


def made(line: Line, **options: Any) -> SyncWorker:
    return SyncWorker(None, line.tell, line.run, **options)  # type: ignore[arg-type]  # the stand-in needs no context


def test_it_begins_at_once_and_every_nudge_exchanges(line: Line) -> None:
    worker = made(line)
    worker.start()
    line.wait_for(1)
    for count in (2, 3, 4):
        worker.nudge(urgent=count % 2 == 0)
        line.wait_for(count)
    began = time.monotonic()
    worker.stop()
    assert time.monotonic() - began < 5
    assert not worker._thread.is_alive()


def test_after_failures_it_waits_longer_with_jitter_and_a_click_begins_anew(line: Line) -> None:
    bounds: list[tuple[float, float]] = []

    def chance(low: float, high: float) -> float:
        bounds.append((low, high))
        return 0.0 if len(bounds) < 12 else LONG * 10

    line.answers = [Offline("away") for _ in range(13)]
    worker = made(line, chance=chance)
    worker.start()
    line.wait_for(12)
    assert [high for _low, high in bounds[:4]] == [2.0, 4.0, 8.0, 16.0]
    assert max(high for _low, high in bounds) == module.LONGEST_WAIT
    worker.nudge(urgent=False)
    assert not worker._wake.is_set(), "a save does not knock at a portal that is down"
    worker.nudge()
    line.wait_for(13)
    assert bounds[12][1] == 2.0, "a click begins anew"
    worker.stop()


def test_a_time_that_the_portal_named_is_kept_even_on_a_click(line: Line) -> None:
    line.answers = [Offline("busy", retry_after=LONG * 10)]
    worker = made(line)
    worker.start()
    line.wait_for(1)
    worker.nudge()
    worker.stop()
    assert line.calls == 1


@pytest.mark.parametrize("error", [SignInNeeded("key"), KnownError("odd")])
def test_other_errors_are_told_and_a_click_tries_again(line: Line, error: KnownError) -> None:
    line.answers = [error]
    worker = made(line)
    worker.start()
    line.wait_for(1)
    assert line.told == [error]
    worker.nudge()
    line.wait_for(2)
    worker.stop()


def test_a_fault_of_ours_does_not_end_sending(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    broken = iter([True, False])

    def run(ctx: Context, cancelled: Callable[[], bool]) -> SyncResult:
        if next(broken, False):
            raise ZeroDivisionError("Lò Thị Mai")
        return line.run(ctx, cancelled)

    worker = SyncWorker(None, line.tell, run, chance=lambda _low, _high: 0.0)  # type: ignore[arg-type]  # no context
    worker.start()
    line.wait_for(1)
    worker.stop()
    assert "ZeroDivisionError" in caplog.text
    assert "test_worker.py" in caplog.text
    assert "Mai" not in caplog.text


def test_a_stop_is_bounded_while_an_exchange_hangs(line: Line) -> None:
    hangs, free = threading.Event(), threading.Event()

    def run(_ctx: Context, _cancelled: Callable[[], bool]) -> SyncResult:
        hangs.set()
        free.wait(LONG)
        return SyncResult()

    worker = SyncWorker(None, line.tell, run)  # type: ignore[arg-type]  # the stand-in needs no context
    worker.start()
    assert hangs.wait(LONG)
    began = time.monotonic()
    worker.stop(0.2)
    assert time.monotonic() - began < 3
    free.set()


def test_a_restart_sends_nothing_until_somebody_signs_in(tmp_path: Path) -> None:
    """The key of the file and of the portal lie in the encrypted file: before the sign-in there is nothing to send
    with; after it the work of the last run goes."""
    Authority.create(tmp_path / "keys", "Trung tâm Y tế")
    with running_portal(tmp_path, authority=tmp_path / "keys") as portal:
        station = make_station(tmp_path, moment=datetime.now(UTC) + timedelta(minutes=1))
        station.enrol_at(portal, tmp_path)
        station.person(national_id="")
        station.database.close()
        data = station.ctx.paths.database.read_bytes()
        assert portal.url.encode() not in data
        station.clock.advance(timedelta(seconds=11))

        ctx = accounts.sign_in(station.ctx.paths, "mai", PASSPHRASE, station.ctx.load_campaign, station.clock)
        again = TestStation(ctx, station.clock, station.authority, station.recovery, station.set_up)
        assert not status(again).all_sent
        done = threading.Event()
        worker = SyncWorker(ctx, lambda _said: done.set())
        worker.start()
        assert done.wait(LONG)
        worker.stop()
        assert status(again).all_sent
        ctx.database.close()
