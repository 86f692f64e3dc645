"""`ivr-engine run`: the engine that serves, until it is told to end."""

import asyncio
from collections.abc import Callable

from ivr_engine import logs, service
from ivr_engine.api.access import TokenError
from ivr_engine.api.roles import RoleError
from ivr_engine.asterisk.agi_errors import AgiListenError
from ivr_engine.asterisk.ami_errors import AmiRefused
from ivr_engine.command_line.ending import give_up
from ivr_engine.flow.diagnostics import FlowErrors
from ivr_engine.settings import SettingsRefused, from_environment
from ivr_engine.storage.errors import StorageError


def run() -> None:
    """Serve, with the settings of the environment (IVR_*), until SIGTERM."""
    try:
        settings = from_environment()
    except SettingsRefused as refused:
        give_up(str(refused))
    if not settings.dialplans.is_dir():
        give_up(
            f"settings: IVR_DIALPLANS: there is no folder {settings.dialplans}; name the one with numbers.yaml in it"
        )
    logs.configure(as_json=settings.log_json, level=settings.log_level)
    try:
        with asyncio.Runner(loop_factory=_fast_loop()) as runner:
            runner.run(service.run(settings))
    except FlowErrors as errors:
        first, more = errors.diagnostics[0], len(errors.diagnostics) - 1
        give_up(f"{first}{f' (and {more} more)' if more else ''}; see all of it with: ivr-engine check")
    except AgiListenError as known:
        give_up(f"{known} (IVR_AGI_PORT; the dialplan's IVR_AGI must name the same)")
    except (StorageError, AmiRefused, TokenError, RoleError, service.PortTaken) as known:
        give_up(str(known))


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415  (an extra: the engine runs without it)
    except ImportError:
        return None
    loop_factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return loop_factory
