"""The practice station: invented people, a session in progress, an authority and a portal of its own.

It is made on first use in the practice folder, beside and apart from any real station: its keys hang under a practice
root that no real list holds. Every later start brings the session of the day; what was practised stays.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path

from vaxdesk.certificates.authority import Authority
from vaxdesk.clock import Clock, FixedClock, SystemClock, local_date
from vaxdesk.domain import schedule, screening
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.generate import generate
from vaxdesk.errors import KnownError, RefusedError
from vaxdesk.i18n import N_
from vaxdesk.paths import StationPaths
from vaxdesk.queries import people as people_query
from vaxdesk.queries import sessions as sessions_query
from vaxdesk.services import (
    accounts,
    certificates,
    consents,
    doses,
    enrolment,
    imports,
    observation,
    packs,
    screenings,
    sessions,
    setup,
    stock,
    visits,
)
from vaxdesk.services.accounts import NewUser
from vaxdesk.services.context import ROLES, Context

#: Not a secret: the practice file holds invented people only, and anybody may open it.
USER, PASSPHRASE = "mai", "tập huấn VaxDesk"
PEOPLE, EARLIER, SEED = 260, 24, 7
#: How long the portal may take to say where it is.
PORTAL_SECONDS = 60.0
#: Minutes ago at which the people now under observation got their dose.
OBSERVED = (34, 26, 19, 11, 4)
Progress = Callable[[int, int], None]


@dataclass
class PracticePortal:
    """The running demo portal."""

    url: str
    process: subprocess.Popen[str]

    def stop(self) -> None:
        """Ask it to stop and wait a moment."""
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
        for stream in (self.process.stdout, self.process.stdin):
            if stream is not None:
                stream.close()


def _authority_folder(paths: StationPaths) -> Path:
    return paths.data_dir / "authority"


def start_portal(paths: StationPaths, port: int = 0) -> PracticePortal:
    """Start the demo portal as a process of its own, on this PC only.

    :raises KnownError: it did not start (the portal's libraries are not installed, or the port is taken).
    """
    command = [
        sys.executable, "-m", "vaxdesk.portal", "--json", "--practice",
        "--database", f"sqlite:///{paths.data_dir / 'portal.db'}",
        "--authority", str(_authority_folder(paths)), "--port", str(port), "--with-parent",
    ]  # fmt: skip
    # The pipe into it is never written: it ends when this process has ended, and the portal with it.
    process = subprocess.Popen(  # noqa: S603 - our own module, no shell, no text from outside
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8"
    )
    # Reading a pipe has no time limit: a portal that says nothing is ended, and the reading with it.
    limit = threading.Timer(PORTAL_SECONDS, process.kill)
    limit.start()
    line = process.stdout.readline() if process.stdout else ""
    limit.cancel()
    try:
        return PracticePortal(str(json.loads(line)["url"]), process)
    except (ValueError, KeyError) as error:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stdin):
            if stream is not None:
                stream.close()
        raise KnownError(N_("The practice portal did not start; everything else works.")) from error


def prepare(paths: StationPaths, progress: Progress | None = None, clock: Clock | None = None) -> None:
    """Make the practice station where there is none; an interrupted making begins anew."""
    done, begun = paths.data_dir / "practice.ready", paths.data_dir / "practice.begun"
    if done.exists():
        return
    held = (*paths.data_dir.glob(paths.database.name + "*"), paths.key_slots, paths.signing_key)
    if not begun.exists() and any(path.exists() for path in held):
        raise RefusedError(N_("This is a real station's file: it does not open in practice mode."))
    clock = clock or SystemClock()
    paths.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    begun.write_text("1\n", encoding="ascii")
    for leftover in held:
        leftover.unlink(missing_ok=True)
    folder = _authority_folder(paths)
    if not (folder / "authority.json").exists():
        Authority.create(folder, "Trung tâm Y tế tập huấn", practice=True, at=clock.now() - timedelta(days=100))
    past = FixedClock(clock.now() - timedelta(days=64))
    ctx, _recovery = setup.set_up_station(paths, _set_up(), packs.loader(), past)
    try:
        _enrol(ctx, Authority.open(folder))
        imports.add_invented(ctx, generate(people=PEOPLE, seed=SEED, today=local_date(clock.now())))
        _tell(progress, 1)
        _first_session(ctx, past, progress)
    finally:
        ctx.database.close()
    done.write_text("1\n", encoding="ascii")


def open_station(paths: StationPaths, clock: Clock | None = None) -> Context:
    """Sign in to the practice station and see to it that a session is in progress today."""
    clock = clock or SystemClock()
    ctx = accounts.sign_in(paths, USER, PASSPHRASE, packs.loader(paths.campaigns), clock, practice=True)
    _fresh_lists(ctx)
    with ctx.database.reader() as conn:
        session = sessions_query.current_session(conn, ctx.today())
    if session is None:
        _session_of_today(ctx, clock)
    return ctx


def _fresh_lists(ctx: Context) -> None:
    """Today's signed lists, as a station with a portal would have them: old ones vouch for nothing."""
    authority = Authority.open(_authority_folder(ctx.paths))
    for body in (authority.trust_list(ctx.now()), authority.revocation_list(ctx.now())):
        enrolment.import_list(ctx, body)


def connect(ctx: Context, portal: PracticePortal) -> None:
    """Point the practice station at the portal's address of this start; its token stays with the portal's file."""
    out = ctx.paths.data_dir / "practice-answer.json"
    command = [
        sys.executable, "-m", "vaxdesk.portal", "--json", "--practice",
        "--database", f"sqlite:///{ctx.paths.data_dir / 'portal.db'}",
        "--authority", str(_authority_folder(ctx.paths)),
        "station", "answer", str(ctx.paths.key_request), "--out", str(out), "--url", portal.url,
    ]  # fmt: skip
    out.unlink(missing_ok=True)
    answered = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own module, no shell
    if answered.returncode or not out.exists():
        raise KnownError(N_("The practice portal did not start; everything else works."))
    enrolment.import_answer(ctx, enrolment.read_file(out))


def _set_up() -> setup.SetUp:
    return setup.SetUp(
        code="TH01",
        name="Trạm Y tế xã Mường Lạn",
        province_code="14",
        commune_code="04246",
        province_name="Tỉnh Sơn La",
        commune_name="Xã Mường Lạn",
        authority_line="UBND xã Mường Lạn",
        phone="0212 3 000 111",
        referral_name="Trung tâm Y tế khu vực Sốp Cộp",
        referral_phone="0212 3 000 115",
        manager=NewUser(USER, "Lò Thị Mai", frozenset(ROLES), PASSPHRASE),
        practice=True,
    )


def _enrol(ctx: Context, authority: Authority) -> None:
    request = json.loads(ctx.paths.key_request.read_text(encoding="utf-8"))
    document = authority.answer(request, at=ctx.now())
    enrolment.import_answer(ctx, document, enrolment.look(ctx, document).root_fingerprint)


# what happened


def _first_session(ctx: Context, clock: FixedClock, progress: Progress | None) -> None:
    """Nine weeks ago: a whole session, so that second doses are due."""
    product = _product(ctx)
    lot = stock.receive(ctx, stock.ReceiveLot(product, "ABX2045", _expiry(ctx, 60), 200))
    session_id = _plan(ctx, product, lot, "morning")
    for done, person_id in enumerate(_adults(ctx, EARLIER)):
        visit = _to_dose(ctx, session_id, person_id, product)
        doses.record(ctx, doses.RecordDose(visit, product, lot))
        clock.advance(timedelta(minutes=31))
        observation.release(ctx, visit)
        if done % 4 == 0:
            certificates.issue(ctx, person_id, visit)
        _tell(progress, 2 + done)
    sessions.close(ctx, session_id)


def _session_of_today(ctx: Context, clock: Clock) -> None:
    """A session in progress: some gone, some observed, some waiting at each stage."""
    moving = FixedClock(clock.now() - timedelta(minutes=75))
    desk = Context(ctx.database, ctx.paths, moving, ctx.station, ctx.user, ctx.load_campaign)
    if local_date(moving.now()) != local_date(clock.now()):
        moving.moment = clock.now()
    product = _product(desk)
    lot = stock.receive(desk, stock.ReceiveLot(product, "ABX3107", _expiry(desk, 120), 100))
    part = "morning" if (clock.now() + timedelta(hours=7)).hour < 12 else "afternoon"
    session_id = _plan(desk, product, lot, part)
    people = iter(_adults(desk, 20, due=True))

    for person_id in islice(people, 3):
        visit = _to_dose(desk, session_id, person_id, product)
        doses.record(desk, doses.RecordDose(visit, product, lot))
        moving.advance(timedelta(minutes=31))
        observation.release(desk, visit)
        moving.advance(timedelta(minutes=-29))
    for ago in OBSERVED:
        moving.moment = max(moving.now(), clock.now() - timedelta(minutes=ago))
        visit = _to_dose(desk, session_id, next(people), product)
        doses.record(desk, doses.RecordDose(visit, product, lot))
    moving.moment = max(moving.now(), clock.now() - timedelta(minutes=14))
    for person_id in islice(people, 3):
        _to_dose(desk, session_id, person_id, product)
        moving.advance(timedelta(minutes=1))
    for person_id in islice(people, 3):
        _consented(desk, session_id, person_id)
        moving.advance(timedelta(minutes=1))
    for person_id in islice(people, 3):
        visits.check_in(desk, visits.CheckIn(session_id, person_id))
        moving.advance(timedelta(minutes=1))


def _expiry(ctx: Context, days: int) -> date:
    return ctx.today() + timedelta(days=days)


def _product(ctx: Context) -> str:
    """The vaccine of the practice sessions: the one that is in stock, else the first that the pack gives an adult."""
    with ctx.database.reader() as conn:
        held = sessions_query.lots(conn)
    if held:
        return held[0].product_code
    campaign, today = ctx.campaign(), ctx.today()
    due = schedule.evaluate(campaign, PartialDate(today.year - 30), "", [], today).next
    return due.products[0] if due is not None else next(iter(campaign.products))


def _plan(ctx: Context, product: str, lot: str, part: str) -> str:
    return sessions.plan(ctx, sessions.PlanSession(ctx.today(), part, ctx.station.name, product, lot, 60))


def _adults(ctx: Context, count: int, due: bool = False) -> list[str]:
    """Adults without doubts, in the order of entry; ``due``: half of them with a first dose nine weeks ago."""
    with ctx.database.reader() as conn:
        rows = sorted(people_query.newest(conn, 10_000), key=lambda row: (row.full_name, row.id))
    adults = [row for row in rows if _age(row.birth_date, ctx.now()) >= 20 and _age(row.birth_date, ctx.now()) < 65]
    if not due:
        return [row.id for row in adults if row.doses == 0][:count]
    begun = [row.id for row in adults if row.doses == 1][: count // 2]
    fresh = [row.id for row in adults if row.doses == 0][: count - len(begun)]
    return [person for pair in zip(fresh, begun, strict=False) for person in pair] + fresh[len(begun) :]


def _age(birth: str, now: datetime) -> int:
    return now.year - int(birth[:4])


def _consented(ctx: Context, session_id: str, person_id: str) -> str:
    visit = visits.check_in(ctx, visits.CheckIn(session_id, person_id))
    consents.record(ctx, consents.RecordConsent(person_id, consents.ConsentStatus.GIVEN, visit_id=visit))
    return visit


def _to_dose(ctx: Context, session_id: str, person_id: str, product: str) -> str:
    visit = _consented(ctx, session_id, person_id)
    with ctx.database.reader() as conn:
        card = people_query.card(conn, person_id)
    if card is None or card.details.birth is None:
        raise KnownError(N_("The person is not there any more. Search again."))
    form = _form(ctx.campaign(), card.details.birth.age_on(ctx.today()), ctx.today())
    screenings.record(
        ctx,
        screenings.RecordScreening(
            visit,
            form.id,
            product,
            screening.nothing_found(form, product, card.details.sex),
            {"temperature": 36.6},
        ),
    )
    return visit


def _form(campaign: Campaign, age: int, day: date) -> screening.ScreeningForm:
    forms: Sequence[screening.ScreeningForm] = tuple(campaign.screening_forms.values())
    form = screening.form_for(forms, age, day)
    if form is None:
        raise KnownError(N_("The campaign has no screening form for this age."))
    return form


def _tell(progress: Progress | None, done: int) -> None:
    if progress is not None:
        progress(done, 2 + EARLIER)
