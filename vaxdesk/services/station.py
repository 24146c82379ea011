"""The station's own data and its staff, changed by a manager."""

from __future__ import annotations

from dataclasses import dataclass, fields

from vaxdesk.db.tables import Station, User
from vaxdesk.domain import names
from vaxdesk.errors import BugError, FieldError, KnownError, RefusedError
from vaxdesk.services.context import ROLES, Context, StationInfo, station_info

_LONGEST = 120


@dataclass(frozen=True)
class StationData:
    """What may change of a station: stations are renamed and change their superior. Code, desk and commune stay."""

    name: str
    authority_line: str = ""
    phone: str = ""
    referral_name: str = ""
    referral_phone: str = ""


def change(ctx: Context, data: StationData) -> StationInfo:
    """Change the station's data; the context sees it at once, and the portal gets it with the next exchange.

    :raises FieldError: the name is missing, or a text is too long. :raises RefusedError: no manager acts.
    """
    ctx.require("manage")
    new = {item.name: names.tidy(getattr(data, item.name)) for item in fields(data)}
    if not new["name"]:
        raise FieldError("name", "Enter the station's name.")
    for name, value in new.items():
        if len(value) > _LONGEST:
            raise FieldError(name, "Shorten the text to {limit} letters.", limit=_LONGEST)
    with ctx.write() as uow:
        row = uow.first(Station)
        if row is None:
            raise BugError("a station's file holds its station")
        changed = sorted(name for name, value in new.items() if getattr(row, name) != value)
        for name in changed:
            setattr(row, name, new[name])
        info = station_info(row)
        if changed:
            uow.audit("change", "station", row.id, {"fields": changed})
            uow.send("Organization", row.id, at_once=True)
            uow.commit()
    ctx.station = info
    return info


def change_user(ctx: Context, user_id: str, full_name: str, roles: frozenset[str]) -> None:
    """Change a user's full name and roles; she keeps her passphrase and PIN.

    :raises FieldError: the name or every role is missing. :raises RefusedError: no manager acts, or none would be left.
    """
    ctx.require("manage")
    tidy = names.tidy(full_name)
    if not tidy:
        raise FieldError("full_name", "Enter the full name.")
    if not roles or not roles <= set(ROLES):
        raise FieldError("roles", "Choose at least one role.")
    with ctx.write() as uow:
        row = uow.get(User, user_id)
        if row is None or not row.active:
            raise KnownError("This user is not there any more. Refresh the list.")
        managers = {user.id for user in uow.find(User, active=True) if "manage" in user.roles}
        if "manage" not in roles and managers <= {user_id}:
            raise RefusedError("One manager must stay: give somebody else the role first.")
        row.full_name, row.roles = tidy, sorted(roles)
        uow.audit("change", "user", user_id, {"roles": sorted(roles)})
        uow.send("Practitioner", user_id, at_once=True)
        uow.commit()
