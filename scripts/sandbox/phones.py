"""Simulated phones: citizens who dial, agents and officials who are called, agents who dial a feature code.

    async with Callees({"1001": Conduct(ring_ms=200, talk_ms=3_000)}, port=port) as agents:
        seen = await Callers(switch, [Call("120", "0212345678", stay_ms=5_000)]).run()

Each class is one SIPp process for any number of phones. What the phones saw comes back as `Seen`, one for each call:
the outside view, against which the engine's own account can be checked.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from sandbox.sipp import Fact, Sipp, SippFailed, part, scenario

FOREVER_MS = 3_600_000  # "until the other side hangs up": an hour outlives every test, and still ends
SILENT_PORT = 9  # discard: phones say where their media would go, and nothing listens there
# PCMU, and digits as RFC 4733 packets, as every real phone offers them
CODECS = "0 101\n      a=rtpmap:101 telephone-event/8000"
# Without the packets Asterisk passes digits on by SIP INFO, which a scenario can log. A phone that is sent a digit in
# the very millisecond in which it sends one loses its call (SIPp handles one surprise at a time): only where asked for.
CODECS_TO_HEAR = "0"
# H.264, as video phones offer it: the media line and its codec, one field of the file of calls each
VIDEO = (f"m=video {SILENT_PORT} RTP/AVP 99", "a=rtpmap:99 H264/90000")
RE_INVITE = "INVITE"
"""As the `key` of a caller's `Key`: no key, but the call negotiated anew with the same media."""
SPEAK, HUSH = "SPEAK", "HUSH"
"""As the `key` of a caller's `Key`: from here on the phone sends speech, and from here on no more."""
SPEECH = bytes(0x80 | (20 + 40 * (step % 8 > 3)) for step in range(800))
"""A tenth of a second of PCMU, a buzz of 1 kHz: sent again and again while somebody speaks."""
CODES_OF_REFUSAL = (400, 401, 403, 404, 408, 480, 484, 486, 488, 500, 502, 503, 504, 600, 603)


class Site(Protocol):
    """What phones need to know of a switch."""

    @property
    def sip_port(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Key:
    """One key press: the key, and how long after the previous step (answer or key) it comes."""

    key: str
    after_ms: int = 300


def keys(text: str, after_ms: int = 1_000, gap_ms: int = 150) -> tuple[Key, ...]:
    """`*2` as two presses: the first `after_ms` after the step before it, the others `gap_ms` apart."""
    return tuple(Key(key, gap_ms if position else after_ms) for position, key in enumerate(text))


@dataclass(frozen=True, slots=True)
class Call:
    """What one caller does. `stay_ms`: how long after the answer and the last key it hangs up, if nobody else did.
    `after_ms`: how long after its turn (see `rate`) it dials.
    """

    number: str
    caller: str
    stay_ms: int = FOREVER_MS
    keys: tuple[Key, ...] = ()
    after_ms: int = 0
    offers_video: bool = False


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a called phone behaves: what it does after `ring_ms` of ringing, and how long it talks then."""

    does: Literal["answer", "busy", "decline", "silent"] = "answer"
    ring_ms: int = 200
    talk_ms: int = FOREVER_MS
    keys: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """One call as the phone saw it. Times are seconds since the epoch; None: it did not happen (yet)."""

    call_id: str
    name: str
    other: str  # number dialled, or who called
    began_at: float
    answered_at: float | None = None
    ended_at: float | None = None
    ended_by: str | None = None  # us, them, cancelled, or the code of a refusal
    heard: str = ""  # keys that the other side pressed and Asterisk passed on, for a phone that hears_keys

    @property
    def talk_seconds(self) -> float | None:
        if self.answered_at is None or self.ended_at is None:
            return None
        return self.ended_at - self.answered_at


def seen(facts: Sequence[Fact]) -> list[Seen]:
    """The calls that the facts tell of, in the order in which they began. Of two crossing hang-ups the first counts."""
    calls: dict[str, Seen] = {}
    for fact in facts:
        call = calls.get(fact.call_id)
        if fact.kind in ("dialled", "rung"):
            calls[fact.call_id] = Seen(fact.call_id, fact.name, fact.detail, fact.at)
        elif call is None:
            continue
        elif fact.kind == "answered":
            calls[fact.call_id] = replace(call, answered_at=fact.at)
        elif fact.kind == "heard":
            calls[fact.call_id] = replace(call, heard=call.heard + fact.detail)
        elif fact.kind == "ended" and call.ended_at is None:
            calls[fact.call_id] = replace(call, ended_at=fact.at, ended_by=fact.detail)
    return list(calls.values())


class Callers(Sipp):
    """Phones that dial, one for each call, `rate` of them a second.

    patience_ms: how long one lets it ring unanswered before it gives up. passwords: of phones that authenticate (an
    agent's own phone), by number; a caller without one is a citizen on the trunk. hears_keys: as for Callees.
    """

    def __init__(
        self,
        site: Site,
        calls: Sequence[Call],
        *,
        rate: float = 20.0,
        patience_ms: int = 60_000,
        passwords: Mapping[str, str] | None = None,
        hears_keys: bool = False,
    ) -> None:
        if not calls:
            raise SippFailed("no calls to make: give at least one Call")
        most_keys = max(len(call.keys) for call in calls)
        pressed = {key.key for call in calls for key in call.keys}
        speaks = SPEAK in pressed
        offers_video = any(call.offers_video for call in calls)
        last = 4 + 2 * most_keys
        # SIPp leaves out a line that is one empty field: the others of the file offer audio alone
        video = f"\n      [field{last + 1}]\n      [field{last + 2}]" if offers_video else ""
        text = scenario(
            "caller",
            AFTER_MS=f"[field{last}]",
            AUTH=part("challenge") if passwords else "",
            REFUSALS="\n  ".join(part("refusal", CODE=str(code)) for code in CODES_OF_REFUSAL),
            PATIENCE_MS=str(patience_ms),
            KEYS=_key_steps(most_keys, "", "sip:[field0]@[remote_ip]:[remote_port]", "{{request}}", pressed),
            UNEXPECTED=part("unexpected", NAME="[field1]"),
            SPARE=_KEY_VARIABLES if most_keys else "",
            MEDIA_PORT="[rtpstream_audio_port]" if speaks else str(SILENT_PORT),
            CODECS=(CODECS_TO_HEAR if hears_keys else CODECS) + video,
        )
        lines = ["SEQUENTIAL"]
        for call in calls:
            login = _credentials(call.caller, passwords[call.caller]) if passwords else ""
            lines.append(
                ";".join(
                    [
                        *(call.number, call.caller, str(call.stay_ms), login),
                        *_key_fields(call.keys, most_keys),
                        str(call.after_ms),
                        *(VIDEO if call.offers_video else ("", "")),
                    ]
                )
            )
        super().__init__(
            text,
            arguments=[
                *("-inf", "calls.csv", "-m", str(len(calls)), "-l", str(len(calls))),
                # a period of ten seconds lets a rate of half a call a second be a whole number
                *("-r", str(max(1, round(rate * 10))), "-rp", "10000", f"127.0.0.1:{site.sip_port}"),
            ],
            files={"calls.csv": "\n".join(lines) + "\n", **({"speech.ul": SPEECH} if speaks else {})},
        )

    def seen(self) -> list[Seen]:
        return seen(self.facts())

    async def run(self, seconds: float = 60.0) -> list[Seen]:
        """Makes all calls, waits until the last is over, and tells what each of them saw."""
        async with self:
            await self.wait(seconds)
        return self.seen()

    async def hang_up(self) -> None:
        """Every phone that still has a call hangs up now, and no further one dials: for a moment that only the test
        knows.
        """
        open_calls = [call for call in self.seen() if call.ended_at is None]
        now = time.time()
        await self.abort()
        for call in open_calls:
            self.add(Fact("ended", call.call_id, call.name, "us" if call.answered_at else "cancelled", now))

    async def stop(self) -> None:
        """Hangs up what is open, so that no channel stays behind at the switch, and ends."""
        if self.running():
            await self.hang_up()
        await super().stop()

    async def answered(self, count: int = 1, seconds: float = 10.0) -> list[Seen]:
        """Waits until `count` calls were answered."""
        return await self.until(lambda facts: _enough([c for c in seen(facts) if c.answered_at], count), seconds)

    async def ended(self, count: int = 1, seconds: float = 10.0) -> list[Seen]:
        """Waits until `count` calls are over, however they ended."""
        return await self.until(lambda facts: _enough([c for c in seen(facts) if c.ended_at], count), seconds)


class Callees(Sipp):
    """Phones that are called: every name of `conducts`, all on one port, each with its own conduct.

    A key of `conducts` may name who calls as well: `1001/0212345678` is the phone 1001 when that caller is shown to it,
    `/0212345678` any phone then; the more exact one counts. A name that nobody listed behaves as `otherwise` says.
    A sequence of conducts is taken in turn, one for each ring; the last one is for all further rings.
    hears_keys: whether `Seen.heard` tells what the other side pressed; then that side alone should press keys.
    """

    def __init__(
        self,
        conducts: Mapping[str, Conduct | Sequence[Conduct]],
        *,
        port: int | None = None,
        otherwise: Conduct | None = None,
        hears_keys: bool = False,
    ) -> None:
        # line 0 is out of the reach of a scenario; line 1 is for the names that nobody listed
        listed = {"-": Conduct(), "+": otherwise or Conduct(), **_each_turn(conducts)}
        counted = [name for name, conduct in conducts.items() if not isinstance(conduct, Conduct)]
        most_keys = max(len(conduct.keys) for conduct in listed.values())
        text = scenario(
            "callee",
            CALLEES="callees.csv",
            TURNS=part("turns", CALLEES="callees.csv") if counted else "",
            KEYS=_key_steps(most_keys, " file=callees.csv line=[$line]", "[$there]", "{{request_of_callee}}"),
            UNEXPECTED=part("unexpected", NAME="[$name]"),
            SPARE=(_KEY_VARIABLES if most_keys else "") + (",turn_text" if counted else ""),
            MEDIA_PORT=str(SILENT_PORT),
            CODECS=CODECS_TO_HEAR if hears_keys else CODECS,
        )
        lines = ["SEQUENTIAL"]
        for name, conduct in listed.items():
            plan = [name, conduct.does, str(conduct.ring_ms), str(conduct.talk_ms)]
            lines.append(";".join([*plan, *_key_fields(conduct.keys, most_keys)]))
        files = {"callees.csv": "\n".join(lines) + "\n"}
        if counted:
            files["turns.csv"] = "\n".join(["SEQUENTIAL", "-;0", *(f"{name};0" for name in counted), ""])
        super().__init__(
            text,
            arguments=[word for name in files for word in ("-inf", name, "-infindex", name, "0")],
            files=files,
            port=port,
        )

    def seen(self) -> list[Seen]:
        return seen(self.facts())

    async def rung(self, name: str | None = None, count: int = 1, seconds: float = 10.0) -> list[Seen]:
        """Waits until the phone (any phone) rang `count` times."""
        return await self.until(lambda facts: _enough(_of(facts, name), count), seconds)

    async def answered(self, name: str | None = None, count: int = 1, seconds: float = 10.0) -> list[Seen]:
        """Waits until the phone (any phone) answered `count` times."""
        return await self.until(lambda facts: _enough([c for c in _of(facts, name) if c.answered_at], count), seconds)

    async def ended(self, name: str | None = None, count: int = 1, seconds: float = 10.0) -> list[Seen]:
        """Waits until `count` of the phone's (any phone's) calls are over."""
        return await self.until(lambda facts: _enough([c for c in _of(facts, name) if c.ended_at], count), seconds)


async def dial_from_agent(
    site: Site, name: str, password: str, number: str, *, stay_ms: int = FOREVER_MS, seconds: float = 15.0
) -> Seen:
    """An agent's phone dials, with its password: a feature code such as *11, or 120. What it saw, when it is over."""
    calls = await Callers(site, [Call(number, name, stay_ms)], passwords={name: password}).run(seconds)
    return calls[0]


async def register(
    site: Site, passwords: Mapping[str, str], port: int, *, expires_seconds: int = 300, seconds: float = 15.0
) -> None:
    """Registers the phones of these agents at `port`; with expires_seconds=0, takes them away. Raises SippFailed."""
    lines = [f"{name};{port};{_credentials(name, password)}" for name, password in passwords.items()]
    caller = Sipp(
        scenario("register", EXPIRES_SECONDS=str(expires_seconds)),
        arguments=["-inf", "phones.csv", "-m", str(len(lines)), "-r", "100", f"127.0.0.1:{site.sip_port}"],
        files={"phones.csv": "\n".join(["SEQUENTIAL", *lines, ""])},
    )
    async with caller:
        if await caller.wait(seconds) != 0:
            raise SippFailed(f"Asterisk refused to register one of {', '.join(passwords)}{caller.errors()}")


_KEY_VARIABLES = ",key,gap,gap_text,difference,no_more"


def _key_steps(count: int, of_line: str, target: str, who: str, pressed: Collection[str] = ()) -> str:
    steps = []
    for n in range(count):
        others = [name for word, name in ((SPEAK, "speech"), (RE_INVITE, "re_invite")) if word in pressed]
        instead = "\n  ".join(part(name, STEP=str(n)) for name in others)
        after = f'<label id="pressed_{n}"/>' if others else ""
        fields = {"KEY": str(4 + 2 * n), "GAP": str(5 + 2 * n), "OF_LINE": of_line}
        steps.append(part("key", **fields, TARGET=target, WHO=who, INSTEAD=instead, AFTER=after))
    return "\n  ".join(steps)


def _key_fields(pressed: Sequence[Key], count: int) -> list[str]:
    fields = [field for key in pressed for field in (key.key, str(key.after_ms))]
    return fields + ["", "0"] * (count - len(pressed))


def _each_turn(conducts: Mapping[str, Conduct | Sequence[Conduct]]) -> dict[str, Conduct]:
    """One line for each turn as SIPp asks for it, `NAME#2.000000`; the last conduct stands under the bare name."""
    lines: dict[str, Conduct] = {}
    for name, conduct in conducts.items():
        if isinstance(conduct, Conduct):
            lines[name] = conduct
        elif not conduct:
            raise SippFailed(f"no conduct for {name}: give at least one")
        else:
            lines |= {f"{name}#{turn}.000000": each for turn, each in enumerate(conduct[:-1], start=1)}
            lines[name] = conduct[-1]
    return lines


def _credentials(name: str, password: str) -> str:
    return f"[authentication username={name} password={password}]"


def _of(facts: Sequence[Fact], name: str | None) -> list[Seen]:
    return [call for call in seen(facts) if name is None or call.name == name]


def _enough(calls: list[Seen], count: int) -> list[Seen] | None:
    return calls if len(calls) >= count else None
