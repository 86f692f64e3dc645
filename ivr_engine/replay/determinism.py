"""A journal, decided again: the same facts at the same times must give the same commands and notices, byte for byte.

Otherwise a replay proves nothing, a standby would decide differently from the leader, and a bug that was recorded could
not be seen again. What the journal recorded is compared with what a fresh core decides, as canonical JSON; the first
decision that differs is named and is the end of that life's check, since everything after it follows from it.

Commands and notices grow fields. One that a recording does not have, because it is older, is not compared.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ivr_engine.core.codec import encode
from ivr_engine.core.engine import Decision, Engine
from ivr_engine.replay.recording import Recorded, canonical
from ivr_engine.replay.simulator.recovery import Entry

SHOWN = 200
"""Characters of a value in a message: enough to see what it is."""

_ABSENT = "nothing"


@dataclass(frozen=True, slots=True)
class Difference:
    """The first decision of a life that came out otherwise, and the first thing in it that differs."""

    epoch: int
    seq: int
    at_ms: int
    event: str
    """The class of the event."""
    what: str
    """The way to it: `commands[0].ring_ms`; `entry` where the decision itself is missing from the journal."""
    recorded: str
    replayed: str

    def __str__(self) -> str:
        where = f"epoch {self.epoch}, seq {self.seq} ({self.event} at {self.at_ms})"
        return f"{where}: {self.what}: recorded {self.recorded}, replayed {self.replayed}"


@dataclass(frozen=True, slots=True)
class Verified:
    """What was checked. `differences` has at most one for each life."""

    epochs: int
    entries: int
    """Decisions that were made again, those that differ included."""
    differences: tuple[Difference, ...]


class Check:
    """Takes the journal entry by entry, in the order of (epoch, seq), and decides each again."""

    def __init__(self) -> None:
        self._epoch: int | None = None
        self._seq = 0
        self._engine: Engine | None = None
        """None once this life has differed."""
        self._epochs = self._entries = 0
        self._differences: list[Difference] = []

    def take(self, entry: Recorded) -> None:
        """The next entry."""
        if entry.epoch != self._epoch:
            self._epoch, self._seq, self._engine = entry.epoch, 0, Engine()
            self._epochs += 1
        if self._engine is None:
            return
        self._seq += 1
        self._entries += 1
        if entry.seq != self._seq:
            found: Difference | None = _gap(entry, self._seq)
        else:
            found = _compare(entry, _decide(self._engine, entry))
        if found is not None:
            self._differences.append(found)
            self._engine = None

    def result(self) -> Verified:
        """What has been found so far."""
        return Verified(self._epochs, self._entries, tuple(self._differences))


def verify(entries: Iterable[Recorded]) -> Verified:
    """The check of a whole journal. Raises what reading the entries raises."""
    check = Check()
    for entry in entries:
        check.take(entry)
    return check.result()


def _decide(engine: Engine, entry: Recorded) -> Decision:
    """As the reactor does: a refusal, or a bug, leaves what deadlines had decided before it."""
    try:
        return engine.handle(entry.event, entry.at_ms)
    except Exception:
        return engine.unfinished()


def _gap(entry: Recorded, expected: int) -> Difference:
    recorded = f"seq {entry.seq}" if entry.seq > expected else f"seq {entry.seq} after {expected - 1}"
    kind = type(entry.event).__name__
    return Difference(entry.epoch, expected, entry.at_ms, kind, "entry", recorded, f"seq {expected}")


def _compare(entry: Recorded, decision: Decision) -> Difference | None:
    recorded, replayed = _plain(entry.commands, entry.notices), _plain(decision.commands, decision.notices)
    if isinstance(entry, Entry) and entry.said is not None:
        recorded = {part: entry.said[part] for part in recorded}
        replayed = _as_old_as(recorded, replayed)
    if canonical(recorded) == canonical(replayed):
        return None
    what, one, other = _first("", recorded, replayed)
    return Difference(entry.epoch, entry.seq, entry.at_ms, type(entry.event).__name__, what, one, other)


def _plain(commands: Iterable[Any], notices: Iterable[Any]) -> dict[str, Any]:
    return {"commands": [encode(one) for one in commands], "notices": [encode(one) for one in notices]}


def _as_old_as(recorded: Any, replayed: Any) -> Any:
    """The replayed value without the fields that its recorded counterpart does not have."""
    if isinstance(recorded, dict) and isinstance(replayed, dict):
        return {key: _as_old_as(recorded[key], value) for key, value in replayed.items() if key in recorded}
    if isinstance(recorded, list) and isinstance(replayed, list):
        aged = [_as_old_as(one, other) for one, other in zip(recorded, replayed, strict=False)]
        return aged + replayed[len(aged) :]
    return replayed


def _first(way: str, recorded: Any, replayed: Any) -> tuple[str, str, str]:
    """The way to the first value that differs, depth first, and both values as text."""
    if isinstance(recorded, dict) and isinstance(replayed, dict) and list(recorded) == list(replayed):
        for key in recorded:
            if canonical(recorded[key]) != canonical(replayed[key]):
                return _first(f"{way}.{key}" if way else key, recorded[key], replayed[key])
    if isinstance(recorded, list) and isinstance(replayed, list):
        for index in range(max(len(recorded), len(replayed))):
            place = f"{way}[{index}]"
            if index >= len(recorded):
                return place, _ABSENT, _shown(replayed[index])
            if index >= len(replayed):
                return place, _shown(recorded[index]), _ABSENT
            if canonical(recorded[index]) != canonical(replayed[index]):
                return _first(place, recorded[index], replayed[index])
    return way, _shown(recorded), _shown(replayed)


def _shown(value: Any) -> str:
    text = canonical(value).decode()
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
