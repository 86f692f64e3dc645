"""Who may ask, and how often: bearer tokens, a bucket for each, and which browsers may open the feed.

Tokens come from the settings (`IVR_API_TOKENS`, name → secret); the name, never the secret, appears in logs. Everything
needs one but `/healthz` and `/readyz`, and `/metrics` as long as the engine listens on loopback only.
"""

import hashlib
import hmac
import ipaddress
import time
from collections.abc import Callable, Collection, Mapping
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from aiohttp.web_urldispatcher import SystemRoute
from pydantic import SecretStr

from ivr_engine.api.problems import Problem
from ivr_engine.api.roles import WHOLE, Grant

REQUESTS_PER_SECOND = 50
"""For one token. The busiest hour of 120 has 1.1 contacts a second with some six requests each, a seventh of this. A
request costs 0.3 ms, a list of 500 contacts 4 ms: a desktop gone wild takes 2 to 20 % of a core, not the routing."""

BURST_REQUESTS = 200
"""A shift of 190 counsellors logs in within a moment through one token."""

BEARER_PROTOCOL = "bearer"
"""The first of the two words in `Sec-WebSocket-Protocol: bearer, TOKEN`: a browser's WebSocket can set no header."""

TOKEN_NAME = web.RequestKey("token_name", str)
"""Under this key a request carries the name of its token."""

GRANT = web.RequestKey("grant", Grant)
"""And under this one what that token may do."""

_LIVENESS = frozenset({"/healthz", "/readyz"})


class TokenError(ValueError):
    """The settings hold a token that would let somebody in by mistake."""


class Tokens:
    """Finds the name behind a secret, in a time that does not depend on how much of it was right."""

    def __init__(self, secrets: Mapping[str, SecretStr]) -> None:
        """Raises TokenError for an empty secret and for two names with one secret."""
        self._names: dict[bytes, str] = {}
        for name, secret in secrets.items():
            if not secret.get_secret_value():
                raise TokenError(f"IVR_API_TOKENS: the token of {name!r} is empty: give it 32 random hex digits")
            digest = _digest(secret.get_secret_value())
            if digest in self._names:
                raise TokenError(f"IVR_API_TOKENS: {self._names[digest]!r} and {name!r} have the same token")
            self._names[digest] = name

    def name_of(self, secret: str) -> str | None:
        """The token's name, or None."""
        digest, found = _digest(secret), None
        for known, name in self._names.items():
            if hmac.compare_digest(digest, known):
                found = name
        return found


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


class Allowance:
    """A token bucket: `burst` at once, then `per_second`."""

    def __init__(self, per_second: float, burst: float, now: Callable[[], float]) -> None:
        self._per_second = per_second
        self._burst = burst
        self._now = now
        self._left = burst
        self._since = now()

    def wait_seconds(self) -> float:
        """Take one and return 0.0, or take nothing and return after how many seconds there is one again."""
        now = self._now()
        self._left = min(self._burst, self._left + (now - self._since) * self._per_second)
        self._since = now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) / self._per_second


def is_loopback(host: str) -> bool:
    """Whether a server bound to this host is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_origin(request: web.Request, allowed: Collection[str]) -> None:
    """Refuse a browser page of another site (no other client sends Origin). Raises Problem 403."""
    origin = request.headers.get("Origin")
    if origin is None or origin in allowed:
        return
    if urlsplit(origin).netloc.lower() == request.host.lower():
        return
    raise Problem(
        403, "foreign_origin", f"pages of {origin[:200]} may not open the feed", hint="add it to IVR_API_ORIGINS"
    )


def access(
    tokens: Tokens,
    *,
    open_metrics: bool,
    granted: Mapping[str, Grant] | None = None,
    per_second: float = REQUESTS_PER_SECOND,
    burst: float = BURST_REQUESTS,
    now: Callable[[], float] = time.monotonic,
) -> Middleware:
    """The layer that lets a request in: 401 without a known token, 429 beyond its allowance, 403 beyond its role."""
    allowances: dict[str, Allowance] = {}  # one for each configured token, never for what a stranger sends
    unguarded = _LIVENESS | {"/metrics"} if open_metrics else _LIVENESS

    @web.middleware
    async def layer(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path in unguarded:
            return await handler(request)
        name = tokens.name_of(_secret_of(request))
        if name is None:
            raise Problem(
                401,
                "unknown_token",
                "no token, or one that is not known here",
                hint="send Authorization: Bearer TOKEN with a token of IVR_API_TOKENS",
                headers={"WWW-Authenticate": 'Bearer realm="ivr-engine"'},
            )
        allowance = allowances.get(name)
        if allowance is None:
            allowance = allowances[name] = Allowance(per_second, burst, now)
        wait_seconds = allowance.wait_seconds()
        if wait_seconds:
            raise Problem(
                429,
                "too_many_requests",
                f"token {name} may ask {per_second:g} times a second",
                hint="listen to /v1/feed instead of asking again and again",
                headers={"Retry-After": str(int(wait_seconds) + 1)},
            )
        grant = WHOLE if granted is None else granted[name]
        route = request.match_info.route
        if not isinstance(route, SystemRoute):  # a path that does not exist is nobody's secret
            grant.permit(route.name or "", request.match_info)
        request[TOKEN_NAME] = name
        request[GRANT] = grant
        return await handler(request)

    return layer


def _secret_of(request: web.Request) -> str:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and secret:
        return secret.strip()
    offered = [word.strip() for word in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
    match offered:
        case [first, secret] if first == BEARER_PROTOCOL:
            return secret
    return ""
