"""What an event loop would still call later: a stopped part of ours must have nothing there."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any


def armed_timers() -> list[tuple[asyncio.TimerHandle, Callable[..., Any]]]:
    """The timers of the running loop that are not cancelled, each with the function that it calls."""
    scheduled: list[asyncio.TimerHandle] = asyncio.get_running_loop()._scheduled  # type: ignore[attr-defined]
    return [(handle, _function(handle)) for handle in scheduled if not handle.cancelled()]


def _function(handle: asyncio.TimerHandle) -> Callable[..., Any]:
    callback: Any = handle._callback  # type: ignore[attr-defined]
    while isinstance(callback, partial):
        callback = callback.func
    function: Callable[..., Any] = callback
    return function
