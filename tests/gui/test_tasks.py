"""Three lanes: answers come back on the window's thread, stale ones are dropped, errors go where they belong."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from vaxdesk.errors import KnownError
from vaxdesk.gui.bridges import ChangeBridge, WorkerBridge
from vaxdesk.gui.tasks import Lane, Task, Tasks


@pytest.fixture
def tasks(qapp: QApplication) -> Iterator[Tasks]:
    """Real threads, stopped at the end."""
    made = Tasks()
    yield made
    made.close()


def test_the_answer_comes_on_the_window_thread(tasks: Tasks, qtbot: QtBot) -> None:
    seen: list[tuple[int, bool, bool]] = []

    def work() -> bool:
        return threading.current_thread() is threading.main_thread()

    def done(on_main: bool) -> None:
        seen.append((1, on_main, threading.current_thread() is threading.main_thread()))

    for ask in (tasks.read, tasks.write, tasks.network):
        ask(work, done)
    qtbot.waitUntil(lambda: len(seen) == 3)
    assert all(not on_main and back_on_main for _n, on_main, back_on_main in seen)


def test_writes_come_one_after_another_in_their_order(tasks: Tasks, qtbot: QtBot) -> None:
    order: list[int] = []
    inside: list[int] = []

    def work(number: int) -> Callable[[], int]:
        def run() -> int:
            inside.append(1)
            assert len(inside) == 1
            order.append(number)
            inside.pop()
            return number

        return run

    for number in range(20):
        tasks.write(work(number))
    qtbot.waitUntil(lambda: not tasks.busy())
    assert order == list(range(20))


def test_a_slow_network_holds_nobody_up(tasks: Tasks, qtbot: QtBot) -> None:
    wire = threading.Event()
    got: list[str] = []
    tasks.network(wire.wait, lambda _answer: got.append("network"))
    tasks.read(lambda: "read", got.append)
    tasks.write(lambda: "written", got.append)
    qtbot.waitUntil(lambda: len(got) == 2)
    assert sorted(got) == ["read", "written"]
    wire.set()
    qtbot.waitUntil(lambda: len(got) == 3)


def test_only_the_newest_of_a_key_counts(tasks: Tasks, qtbot: QtBot) -> None:
    first = threading.Event()
    got: list[str] = []

    def slow() -> str:
        first.wait(10)
        return "old"

    tasks.read(slow, got.append, key="search")
    tasks.read(lambda: "new", got.append, key="search")
    qtbot.waitUntil(lambda: got == ["new"])
    first.set()
    qtbot.waitUntil(lambda: not tasks.busy())
    assert got == ["new"]


def test_a_gone_page_gets_no_answer(tasks: Tasks, qtbot: QtBot) -> None:
    wait = threading.Event()
    got: list[Any] = []
    owner = QObject()
    tasks.read(lambda: wait.wait(10), got.append, owner=owner)
    owner.deleteLater()
    qtbot.waitSignal(owner.destroyed).wait()
    wait.set()
    qtbot.waitUntil(lambda: not tasks.busy())
    assert got == []


def test_progress_and_cancel(tasks: Tasks, qtbot: QtBot) -> None:
    told: list[tuple[int, int]] = []
    got: list[Any] = []
    begun = threading.Event()

    def work(task: Task) -> str:
        for step in range(1_000_000):
            task.progress(step, 1_000_000)
            begun.set()
        return "finished"

    task = tasks.start(Lane.WRITING, work, got.append, progressed=lambda done, total: told.append((done, total)))
    qtbot.waitUntil(lambda: len(told) > 3)
    task.cancel()
    qtbot.waitUntil(lambda: not tasks.busy())
    assert begun.is_set()
    assert got == []
    assert told[0] == (0, 1_000_000)


def _refuse() -> None:
    raise KnownError("The disk is full: nothing was saved. Free some space and save again.")


def _break() -> None:
    raise ZeroDivisionError("with a name in it")


@pytest.mark.parametrize("inline", [False, True])
def test_errors_go_where_they_belong(qtbot: QtBot, inline: bool) -> None:
    tasks = Tasks(inline=inline)
    try:
        known: list[KnownError] = []
        own: list[KnownError] = []
        bugs: list[BaseException] = []
        tasks.on_known_error = known.append
        tasks.on_bug = bugs.append
        tasks.write(_refuse)
        tasks.write(_refuse, failed=own.append)
        tasks.write(_break, failed=own.append)
        qtbot.waitUntil(lambda: not tasks.busy())
        assert (len(known), len(own), len(bugs)) == (1, 1, 1)
        assert isinstance(bugs[0], ZeroDivisionError)
    finally:
        tasks.close()


def test_close_waits_for_what_runs_and_forgets_the_rest(qtbot: QtBot) -> None:
    tasks = Tasks()
    running, ended = threading.Event(), threading.Event()
    later: list[int] = []

    def work() -> None:
        running.set()
        ended.wait(0.2)
        ended.set()

    tasks.write(work)
    tasks.write(lambda: later.append(1))
    running.wait(5)
    tasks.close()
    assert ended.is_set()
    assert later == []


def test_change_notices_are_gathered(qtbot: QtBot) -> None:
    bridge = ChangeBridge()
    told: list[frozenset[str]] = []
    bridge.changed.connect(told.append)
    threads = [threading.Thread(target=bridge.notify, args=({name},)) for name in ("people", "stock", "people")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    qtbot.waitUntil(lambda: bool(told))
    assert told == [frozenset({"people", "stock"})]


def test_a_worker_tells_from_its_own_thread(qtbot: QtBot) -> None:
    bridge = WorkerBridge()
    told: list[tuple[object, bool]] = []
    bridge.told.connect(lambda state: told.append((state, threading.current_thread() is threading.main_thread())))
    thread = threading.Thread(target=bridge.tell, args=("offline",))
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: bool(told))
    assert told == [("offline", True)]
