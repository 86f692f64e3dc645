"""Alive, ready, measured: what a supervisor of processes, a balancer and Prometheus ask.

*Alive* is that this process answers. *Ready* is that it does its work: a balancer sends visits elsewhere when it is
not, while nobody should restart the engine for it (a lost switch link heals by itself).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.aiohttp import make_aiohttp_handler

JOURNAL_LAG_SECONDS = 30.0
"""After any single fault full function is back within 30 s; a journal further behind than that is not keeping up."""

INBOX_SHARE = 0.8
"""An inbox fuller than this is about to refuse facts: the load must go elsewhere before it does."""


@dataclass(frozen=True, slots=True)
class Health:
    """What the service knows of itself at this moment."""

    switch_connected: bool
    journal_lag_seconds: float
    inbox_depth: int
    inbox_limit: int

    def reasons(self) -> tuple[tuple[str, str], ...]:
        """Why not ready, as (code, hint); empty when ready."""
        reasons = []
        if not self.switch_connected:
            reasons.append(("switch_down", "no AMI link: is Asterisk running, and do the AMI settings fit?"))
        if self.journal_lag_seconds > JOURNAL_LAG_SECONDS:
            lag = f"{self.journal_lag_seconds:.0f} s"
            reasons.append(("journal_behind", f"the journal is {lag} behind: is the database up and fast?"))
        if self.inbox_depth >= self.inbox_limit * INBOX_SHARE:
            reasons.append(("inbox_full", f"{self.inbox_depth} of {self.inbox_limit} facts wait for a decision"))
        return tuple(reasons)


def add_health(
    app: web.Application, *, version: str, health: Callable[[], Health], registry: CollectorRegistry
) -> None:
    """`/healthz`, `/readyz` and `/metrics`."""

    async def alive(_: web.Request) -> web.Response:
        return _json(200, {"alive": True, "version": version})

    async def ready(_: web.Request) -> web.Response:
        reasons = health().reasons()
        told = [{"code": code, "hint": hint} for code, hint in reasons]
        return _json(503 if reasons else 200, {"ready": not reasons, "reasons": told})

    app.router.add_get("/healthz", alive)
    app.router.add_get("/readyz", ready)
    app.router.add_get("/metrics", make_aiohttp_handler(registry), name="metrics")


def _json(status: int, answer: dict[str, object]) -> web.Response:
    body = json.dumps(answer, ensure_ascii=False).encode()
    headers = {"Cache-Control": "no-store"}
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)
