"""The power is cut (SIGKILL) after every step of the main journey, and at random moments inside each of them.

Reopened, the station holds everything that it had confirmed, nothing half written, an unbroken audit chain and a stock
that is the sum of its movements; the step is done again where it was not confirmed; and in the end the portal holds
each record exactly once.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import support
from support.journey import STEPS, Desk, work
from support.portal import PortalProcess, running_portal

from vaxdesk.certificates.authority import Authority
from vaxdesk.clock import SystemClock
from vaxdesk.portal import stations
from vaxdesk.portal.store import Store

if "forkserver" not in multiprocessing.get_all_start_methods():
    pytest.skip("needs processes that are killed, and started quickly", allow_module_level=True)

SEEDS = range(3)
LONG_SEEDS = range(3, 203)
#: What was there after a cut inside a step: it had been confirmed; it was whole; nothing of it.
CONFIRMED, WHOLE, NOTHING = "✓", "=", "–"
#: What the portal holds of one person's journey.
HELD = ("Patient", "Encounter", "Consent", "QuestionnaireResponse", "Immunization", "DocumentReference")


@pytest.fixture(scope="module")
def processes() -> Any:
    """Children that need not import everything anew: forked from a process that has."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["support.journey"])
    with pytest.MonkeyPatch.context() as patch:
        # The server looks for what it is to load by this path only, and is started by the first child.
        patch.setenv("PYTHONPATH", str(Path(support.__path__[0]).parent), prepend=os.pathsep)
        first = context.Process(target=int)
        first.start()
        first.join()
    return context


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalProcess]:
    with running_portal(tmp_path_factory.mktemp("portal"), "--rate", "100000") as portal:
        yield portal


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("authority") / "keys"
    return Authority.create(folder, "Sở Y tế Sơn La", at=datetime.now(UTC) - timedelta(days=1))


class Journey:
    """One station and its portal, from the side of whoever pulls the plug."""

    def __init__(self, folder: Path, code: str, processes: Any, portal: PortalProcess, authority: Authority) -> None:
        self.folder = folder
        self.code = code
        self.processes = processes
        self.portal = portal
        self.authority = authority
        self.moment = datetime.now(UTC)
        self.confirmed: dict[str, str] = {}
        self.found: dict[str, Any] = {}
        self.token = ""
        self.child: Any = None
        self.line: Any = None

    def start(self) -> None:
        """Open the station in a new process; what it says it holds must be what was confirmed."""
        self.line, theirs = self.processes.Pipe()
        arguments = (self.folder, self.code, self.moment, theirs)
        self.child = self.processes.Process(target=work, args=arguments, daemon=True)
        self.child.start()
        theirs.close()
        self.found = self.line.recv()
        assert self.found.get("faults", []) == []
        for name, answer in self.confirmed.items():
            if name in self.found and name != "dose":
                assert answer in self.found[name], f"{name} was confirmed and is not there"

    def tell(self, name: str) -> None:
        """Tell the child to take a step."""
        told = None
        if name == "enrolment":
            told = self._answer()
        self.line.send((name, told))

    def take(self, name: str) -> str:
        """Take a step and wait for its confirmation."""
        if self.child is None:
            self.start()
        self.tell(name)
        self.confirmed[name] = self.line.recv()
        return self.confirmed[name]

    def kill(self) -> None:
        """Cut the power."""
        if self.child is not None:
            self.child.kill()
            self.child.join()
            self.child.close()
            self.line.close()
        self.child = None

    def _answer(self) -> dict[str, Any]:
        import json

        request = json.loads(self.confirmed["key request"])
        if not self.token:
            store = Store(self.portal.database, SystemClock(), False)
            try:
                facts = stations.StationFacts(request["station_id"], "Trạm Y tế xã Mường Lạn", code=self.code)
                stations.register(store, facts)
                self.token = stations.new_token(store, facts.id)
            finally:
                store.close()
        sync = {"portal_url": self.portal.url, "token": self.token}
        return self.authority.answer(request, sync=sync, at=self.moment)

    def held(self, kind: str) -> list[dict[str, Any]]:
        """What the portal holds of this station."""
        answer = requests.get(
            f"{self.portal.fhir}/{kind}",
            headers={"Authorization": f"Bearer {self.token}"},
            params={"_count": "200"},
            timeout=20,
        )
        return [entry["resource"] for entry in answer.json().get("entry", [])]

    def check_portal(self) -> None:
        """Each record exactly once, the dose as the last one taken, and a second exchange changes nothing."""
        assert Counter({kind: len(self.held(kind)) for kind in HELD}) == Counter(dict.fromkeys(HELD, 1))
        (dose,) = self.held("Immunization")
        assert (dose["id"], dose["status"]) == (self.confirmed["undo and again"], "completed")
        (encounter,) = self.held("Encounter")
        assert (encounter["id"], encounter["status"]) == (self.confirmed["registration"], "finished")
        before = {kind: [item["meta"]["versionId"] for item in self.held(kind)] for kind in HELD}
        self.take("sync")
        assert {kind: [item["meta"]["versionId"] for item in self.held(kind)] for kind in HELD} == before
        assert set(before["Immunization"]) == {"1"}


Make = Callable[[str], Journey]


@pytest.fixture(scope="module")
def make(
    tmp_path_factory: pytest.TempPathFactory, processes: Any, portal: PortalProcess, authority: Authority
) -> Iterator[Make]:
    """New journeys; whatever of them still runs in the end is ended."""
    made: list[Journey] = []

    def make(code: str) -> Journey:
        made.append(Journey(tmp_path_factory.mktemp(code), code, processes, portal, authority))
        return made[-1]

    yield make
    for journey in made:
        journey.kill()


@pytest.fixture(scope="module")
def durations(make: Make) -> dict[str, float]:
    """The journey with the power cut after every confirmed step; seconds that each step took."""
    journey = make("K0")
    seconds = {}
    for name in STEPS:
        journey.start()
        begun = time.perf_counter()
        journey.take(name)
        seconds[name] = time.perf_counter() - begun
        journey.kill()
    journey.start()
    journey.check_portal()
    journey.kill()
    return seconds


def test_killed_after_every_confirmed_step_nothing_is_lost(
    durations: dict[str, float], capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        print("\nkilled after the step     result                          step took")
        for name, seconds in durations.items():
            print(f"{name:24}  all there, nothing half, chain ok  {seconds * 1000:6.0f} ms")
    assert list(durations) == list(STEPS)


def killed_inside(journey: Journey, durations: dict[str, float], chance: random.Random) -> dict[str, str]:
    """The journey with a cut at a random moment inside each step; what of the step was there afterwards."""
    outcome = {}
    for name in STEPS:
        if journey.child is None:
            journey.start()
        journey.tell(name)
        confirmed = journey.line.poll(chance.uniform(0, durations[name] * 1.1))
        if confirmed:
            journey.confirmed[name] = journey.line.recv()
        journey.kill()
        journey.start()
        outcome[name] = CONFIRMED if confirmed else WHOLE if journey.found.get(name) else NOTHING
        if not confirmed:
            journey.take(name)
    journey.kill()
    journey.start()
    journey.check_portal()
    journey.kill()
    return outcome


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_at_a_random_moment_inside_every_step(
    make: Make, durations: dict[str, float], seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = killed_inside(make(f"R{seed}"), durations, random.Random(seed))
    with capsys.disabled():
        print(f"\nseed {seed}: " + ", ".join(f"{name} {mark}" for name, mark in outcome.items()))


@pytest.mark.long
@pytest.mark.parametrize("seed", LONG_SEEDS)
def test_killed_at_many_random_moments(make: Make, durations: dict[str, float], seed: int) -> None:
    killed_inside(make(f"R{seed}"), durations, random.Random(seed))


@pytest.mark.long
def test_killed_again_and_again_while_the_file_gets_another_key(make: Make, durations: dict[str, float]) -> None:
    chance = random.Random(2)
    journey = make("N0")
    journey.take("set-up")
    for _round in range(150):
        journey.take("user added")
        journey.tell("user removed")
        if journey.line.poll(chance.uniform(0.3, 1.1) * durations["user removed"]):
            journey.line.recv()
        journey.kill()
        journey.start()
        journey.take("user removed")
        del journey.confirmed["user added"]


def test_a_set_up_that_was_cut_off_leaves_nothing_in_the_way(make: Make, durations: dict[str, float]) -> None:
    chance = random.Random(1)
    journey = make("S0")
    for _attempt in range(6):
        journey.start()
        if journey.found:
            break
        journey.tell("set-up")
        journey.line.poll(chance.uniform(0, durations["set-up"]))
        journey.kill()
    journey.kill()
    assert journey.take("set-up")
    journey.kill()
    journey.start()
    assert not Desk(journey.folder, "S0", None).paths.unfinished.exists()  # type: ignore[arg-type]  # no clock is asked
    journey.kill()
