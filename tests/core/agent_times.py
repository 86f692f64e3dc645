"""Where the time of each agent went, as the notices told it, held against the engine's own memory.

Invariant I14: reports add up the times between notices, so after every decision the last notice must say what is. Then
the parts leave no gap and no overlap, and are what routing went by.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ivr_engine.core.notices import AgentChanged, Notice
from ivr_engine.core.state import State
from ivr_engine.core.vocabulary import AgentId, AgentState, Presence

Part = tuple[Presence, AgentState]


@dataclass
class _Account:
    """In which part of the time an agent is, and when that was told last."""

    part: Part
    at_ms: int
    last: AgentChanged


@dataclass
class AgentTimes:
    """Told of every decision; `compare` looks whether memory and what was told are one."""

    accounts: dict[AgentId, _Account] = field(default_factory=dict)

    def life(self) -> None:
        """Another engine: nobody is known to it yet."""
        self.accounts.clear()

    def told(self, notices: Iterable[Notice], now_ms: int) -> None:
        for notice in notices:
            if isinstance(notice, AgentChanged):
                self._changed(notice, now_ms)

    def _changed(self, notice: AgentChanged, now_ms: int) -> None:
        part = (notice.presence, notice.state)
        account = self.accounts.get(notice.agent)
        if account is None:
            self.accounts[notice.agent] = _Account(part, now_ms, notice)
            return
        assert now_ms >= account.at_ms, f"I12 time went back for {notice}"
        assert notice.since_ms <= now_ms, f"I14 {notice} began later than now, {now_ms}"
        if notice.state is account.last.state:
            assert notice.since_ms >= account.last.since_ms, f"I14 {notice} began before {account.last}"
        account.part, account.at_ms, account.last = part, now_ms, notice

    def compare(self, state: State) -> None:
        """Raises AssertionError naming the invariant."""
        for agent in state.agents.values():
            account = self.accounts.get(agent.id)
            if account is None:
                continue  # the switch showed a talk with somebody of whom nothing was told yet
            assert account.part == (agent.presence, agent.state), f"I14 {agent.id} is not as was told: {account}"
            told, since_ms = account.last, agent.since_ms
            assert (told.contact, told.since_ms) == (agent.contact, since_ms), f"I14 {agent} was told as {told}"
            assert told.resting_until_ms == agent.rests_until_ms, f"I14 {agent} rests otherwise than told: {told}"
            assert told.wrap_up_until_ms == agent.wrap_up_until_ms, f"I14 {agent} wraps up otherwise than told: {told}"
