"""Roles are checked in every service: read from the services' own source, so that none is forgotten."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.station import TestStation

import vaxdesk.services
from vaxdesk.db.tables import AuditEntry
from vaxdesk.errors import RefusedError
from vaxdesk.i18n import translate
from vaxdesk.services.context import PROGRAM, ROLES

ROOM = Path(vaxdesk.services.__path__[0])
#: Functions that write and ask for no role, and why that is right.
FOR_EVERYBODY = {
    "accounts.unlock": "the passphrase is asked",
    "accounts.change_passphrase": "one's own, and the old one is asked",
    "accounts.set_pin": "one's own",
    "accounts.re_key": "an inner part of removing a user, recovering, renewing the sheet",
    "context.change_setting": "asks itself",
    "enrolment.import_list": "what sync brought, signed by the authority",
    "enrolment.take_renewal": "what sync brought, from the authority that is pinned",
    "key_renewal.make_request": "the program's own act before a certificate ends",
    "list_parts.stage": "an inner part of taking a list that the authority signed",
    "list_parts.tidy": "an inner part of the same: what no list needs any more goes",
    "listed_papers.revoke_listed": "what the authority's list says, by sync or a manager's file",
    "national.take_waiting": "what sync brought, signed by the Ministry",
    "packs.note_withdrawn": "what sync brought: it only ends a wait or marks",
    "packs.receive": "what sync brought, signed by the authority; it waits for a manager",
    "short_writes.in_short_writes": "whoever calls it asks",
    "signing.sign_head": "the program's own act",
    "workplace.choose_camera": "a device of this desk, for whoever sits there",
    "upkeep.back_up": "a backup may be made by whoever is there, and by the program",
}


@dataclass(frozen=True)
class Service:
    """A public function of the room that takes a context."""

    name: str
    roles: tuple[str, ...] | None
    writes: bool
    calls: frozenset[str]
    parameters: int

    def __str__(self) -> str:
        return self.name


def services() -> Iterator[Service]:
    """All of them, from the syntax trees."""
    for path in sorted(ROOM.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.args.args and node.args.args[0].arg == "ctx":
                yield _service(path.stem, node)


def _service(module: str, node: ast.FunctionDef) -> Service:
    roles: tuple[str, ...] | None = None
    writes, calls = False, set()
    for inner in ast.walk(node):
        if not isinstance(inner, ast.Call):
            continue
        name = ast.unparse(inner.func)
        calls.add(name.rpartition(".")[2])
        writes = writes or name == "ctx.write"
        if name == "ctx.require":
            starred = any(isinstance(argument, ast.Starred) for argument in inner.args)
            roles = tuple(ROLES) if starred else tuple(ast.literal_eval(argument) for argument in inner.args)
    required = len(node.args.args) - len(node.args.defaults) - 1
    return Service(f"{module}.{node.name}", roles, writes, frozenset(calls), required)


ALL = {service.name: service for service in services()}
GUARDED = [service for service in ALL.values() if service.roles is not None and "._" not in service.name]


def test_every_service_that_writes_asks_for_a_role() -> None:
    open_to_all = []
    guarded = {service.name.split(".")[1] for service in ALL.values() if service.roles is not None}
    for service in ALL.values():
        asks = service.roles is not None or service.calls & guarded
        if service.writes and not asks and "._" not in service.name:
            open_to_all.append(service.name)
    assert ", ".join(sorted(set(open_to_all) - set(FOR_EVERYBODY))) == ""


@pytest.mark.parametrize("service", GUARDED, ids=str)
def test_who_has_none_of_the_roles_is_refused_before_anything_else(station: TestStation, service: Service) -> None:
    assert service.roles is not None
    others = sorted(set(ROLES) - set(service.roles))
    module, name = service.name.split(".")
    act = getattr(importlib.import_module(f"vaxdesk.services.{module}"), name)
    context = station.acting(*others)
    before = len(station.rows(AuditEntry))

    def call() -> None:
        answer = act(context, *[object()] * service.parameters)
        if inspect.isgenerator(answer):
            next(answer)

    with pytest.raises(RefusedError, match="may not do this") as refused:
        call()
    assert "Vì Thị Hoa" in refused.value.words()
    assert len(station.rows(AuditEntry)) == before


def test_the_program_itself_has_no_role(station: TestStation) -> None:
    assert PROGRAM.roles == frozenset()


def test_a_refusal_names_the_roles_in_the_users_words(station: TestStation) -> None:
    with pytest.raises(RefusedError) as refused:
        station.acting("screen").require("register", "manage")
    assert f"{translate(ROLES['register'])} / {translate(ROLES['manage'])}" in refused.value.words()
    assert "register" not in refused.value.words()
