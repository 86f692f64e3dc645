"""Text messages through a webhook: one JSON object to whoever delivers them for the city.

    POST IVR_TEXT_WEBHOOK   Idempotency-Key: KEY   Authorization: Bearer IVR_TEXT_TOKEN
    {"to": "01012345678", "text": "…", "key": "KEY"}

2xx is taken. A lost answer, 429 and 5xx are tried again with the same key, so that a gateway which took the first try
sends once; any other status is final. All tries together take no longer than a citizen is left without a word.
"""

import asyncio
import logging
import re
import time
from collections.abc import Callable

import aiohttp

from ivr_engine.core.conversation import NotSent, SendText, Sent

log = logging.getLogger(__name__)

TRIES = 3
TRY_SECONDS = 1.0
DEADLINE_SECONDS = 2.8
"""A citizen is never without media for more than 3 s; three tries and two pauses would take 3.4 s at their longest."""

PAUSES_SECONDS = (0.1, 0.3)
"""Before the second and the third try."""

OPEN_TEXTS = 50
"""At once. A gateway that slow for that many is down, and more would only wait with it."""

TEXT_LETTERS = 1_000
"""A Korean long message (LMS) has 2,000 bytes, two to a letter."""

TOO_MANY = 429

_NUMBER = re.compile(r"\+?[0-9]{2,15}", re.ASCII)

Told = Callable[[str, float], None]
"""Result (`sent`, `refused`, `unreachable`, `busy`, `no_gateway`) and seconds: for whoever counts."""


class WebhookTexts:
    """Implements `runtime.ports.Texts`. `close` it once."""

    def __init__(
        self, url: str, token: str = "", *, told: Told | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`url` is the administrator's; empty where no gateway is set up, and then no text is ever taken."""
        self._url = url
        self._token = token
        self._tell = told
        self._clock = clock
        self._open = 0
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Connections that are kept for the next text are closed."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def send(self, text: SendText) -> Sent | NotSent:
        """Whether the gateway took it; never raises but CancelledError."""
        began = self._clock()
        if not self._url:
            return self._not_sent("no_gateway", "no gateway is set up (IVR_TEXT_WEBHOOK)", began)
        if not _NUMBER.fullmatch(text.to) or not text.text or len(text.text) > TEXT_LETTERS:
            return self._not_sent("refused", f"a text has a number and 1 to {TEXT_LETTERS} letters", began)
        if self._open >= OPEN_TEXTS:
            return self._not_sent("busy", f"{OPEN_TEXTS} texts are on their way", began)
        self._open += 1
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                return await self._tried(text, began)
        except TimeoutError:
            return self._not_sent("unreachable", f"nothing within {DEADLINE_SECONDS:g} s", began)
        finally:
            self._open -= 1

    async def _tried(self, text: SendText, began: float) -> Sent | NotSent:
        why = ""
        for number in range(TRIES):
            if number:
                await asyncio.sleep(PAUSES_SECONDS[number - 1])
            try:
                async with asyncio.timeout(TRY_SECONDS):
                    status = await self._post(text)
            except TimeoutError:
                why = f"nothing within {TRY_SECONDS:g} s"
                continue
            except (aiohttp.ClientError, OSError, ValueError) as error:
                why = type(error).__name__
                continue
            if 200 <= status < 300:
                self._count("sent", began)
                return Sent()
            why = f"HTTP {status}"
            if status < 500 and status != TOO_MANY:
                return self._not_sent("refused", why, began)
        return self._not_sent("unreachable", why, began)

    async def _post(self, text: SendText) -> int:
        headers = {"Idempotency-Key": text.key}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        body = {"to": text.to, "text": text.text, "key": text.key}
        async with self._http().post(self._url, json=body, headers=headers, allow_redirects=False) as response:
            return response.status

    def _http(self) -> aiohttp.ClientSession:
        """Made at the first text, inside its loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=OPEN_TEXTS),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),  # the deadlines are ours
                headers={"User-Agent": "ivr-engine"},
                trust_env=False,
            )
        return self._session

    def _not_sent(self, result: str, why: str, began: float) -> NotSent:
        """The reason names no number and no word of the text: it is logged and journalled."""
        log.warning("a text was not taken: %s", why)
        self._count(result, began)
        return NotSent(why)

    def _count(self, result: str, began: float) -> None:
        if self._tell is not None:
            self._tell(result, self._clock() - began)
