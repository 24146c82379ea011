"""What is remembered of this workplace's devices. Anybody at the desk may change it; it is never sent."""

from __future__ import annotations

from vaxdesk import settings
from vaxdesk.services.context import Context, store_setting

_LONGEST = 200


def choose_camera(ctx: Context, key: str) -> None:
    """Remember the camera that codes are read with (``devices.camera_list.Camera.key``)."""
    with ctx.write() as uow:
        store_setting(uow, settings.CAMERA, key[:_LONGEST])
        uow.commit()
