"""What a flow can do: one frozen dataclass for each kind of step, checked and complete.

`shape` makes them from YAML, `check` looks at what they name, `interpreter` walks them. A new kind of step is a class
here, a reader in `shape` and a branch in `interpreter`, with a pair of tests.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NewType

from ivr_engine.core.vocabulary import Disposition, QueueId, Skill

FlowId = NewType("FlowId", str)
"""One document under `flows/`; the name of its file."""

PromptId = NewType("PromptId", str)
"""One sentence of `prompts.yaml`; which recording it means depends on the language spoken."""

TRIES = 3
"""How often a menu is heard before a person takes over: the third failure is a request for help."""


PRIORITY = 9
"""Highest priority of a contact; 0 is ordinary."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to go next. Where a target may be None, None is a person: the queue of the number that was dialled.

    An empty `step` is the first of that flow.
    """

    flow: FlowId
    step: str


@dataclass(frozen=True, slots=True)
class PlayStep:
    """Say something, then go on."""

    prompts: tuple[PromptId, ...]
    next: Target | None
    barge_in: bool = True
    """A key ends the sentence and counts for the menu after it."""


@dataclass(frozen=True, slots=True)
class MenuStep:
    """Offer choices by one key. Silence and wrong keys end at a person, never at a dead end."""

    prompts: tuple[PromptId, ...]
    choices: Mapping[str, Target | None]
    otherwise: Target | None
    """After the last try."""
    silence: Target | None
    """Where silence leads when `silence_leaves` is set."""
    silence_leaves: bool = False
    tries: int = TRIES
    wrong_prompt: tuple[PromptId, ...] = ()
    silence_prompt: tuple[PromptId, ...] = ()
    first_key_ms: int = 5_000
    barge_in: bool = True


@dataclass(frozen=True, slots=True)
class CollectStep:
    """Ask for several digits and keep them under a name for as long as the contact is in flow."""

    variable: str
    prompts: tuple[PromptId, ...]
    min_keys: int
    max_keys: int
    next: Target | None
    otherwise: Target | None
    silence: Target | None
    silence_leaves: bool = False
    terminator: str = "#"
    tries: int = TRIES
    wrong_prompt: tuple[PromptId, ...] = ()
    silence_prompt: tuple[PromptId, ...] = ()
    first_key_ms: int = 5_000
    next_key_ms: int = 3_000
    barge_in: bool = True
    secret: bool = False
    """The digits reach no log, journal or metric, and are not kept across visits."""


@dataclass(frozen=True, slots=True)
class QueueStep:
    """A person, from this queue, with skills and priority beyond the queue's own (the core adds the two)."""

    queue: QueueId
    requirement: frozenset[Skill] = frozenset()
    priority: int = 0


@dataclass(frozen=True, slots=True)
class HangupStep:
    """The flow was the answer (or the refusal)."""

    disposition: Disposition


Step = PlayStep | MenuStep | CollectStep | QueueStep | HangupStep


@dataclass(frozen=True, slots=True)
class Flow:
    """One document: its steps by name, begun at the first."""

    id: FlowId
    first: str
    steps: Mapping[str, Step]
    language: str | None = None
    """Spoken from here on; None goes on in the language spoken so far."""


def passive(step: Step) -> tuple[Target | None, ...]:
    """Where a citizen gets who presses nothing. Empty for a step that ends the flow."""
    match step:
        case PlayStep():
            return (step.next,)
        case MenuStep() | CollectStep():
            return (step.silence if step.silence_leaves else step.otherwise,)
        case QueueStep() | HangupStep():
            return ()


def reachable(step: Step) -> tuple[Target | None, ...]:
    """Where any citizen can get from here."""
    match step:
        case PlayStep():
            return (step.next,)
        case MenuStep():
            leaves = (step.silence,) if step.silence_leaves else ()
            return (*step.choices.values(), step.otherwise, *leaves)
        case CollectStep():
            leaves = (step.silence,) if step.silence_leaves else ()
            return (step.next, step.otherwise, *leaves)
        case QueueStep() | HangupStep():
            return ()


def spoken(step: Step) -> tuple[PromptId, ...]:
    """Every prompt that the step may play."""
    match step:
        case PlayStep():
            return step.prompts
        case MenuStep() | CollectStep():
            return (*step.prompts, *step.wrong_prompt, *step.silence_prompt)
        case QueueStep() | HangupStep():
            return ()
