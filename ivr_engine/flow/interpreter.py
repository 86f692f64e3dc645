"""Walks one citizen through the flow of the number that was dialled: pure, one action at a time.

A flow can always say *a person*: the queue of the number dialled. That is where every last try, every missing sentence
and every surprise leads, so that no citizen ends in a dead end. A walk is bound to the revision it began with.

    play    Done, or nothing playable      → next
    menu    a key that is a choice         → its target
            another key                    → wrong prompt and again, after the last try → otherwise
            silence                        → on_silence if written, else as another key with the silence prompt
    collect enough digits                  → next, kept under the variable's name
            too few                        → as a wrong key
    queue, hangup                          → Finish
    more than STEPS_WALKED steps and tries → a person
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr_engine.core.conversation import (
    Action,
    Ask,
    CallerCard,
    Done,
    Ended,
    Finish,
    Keys,
    Play,
    Prompt,
    Reply,
    Silence,
    ToQueue,
    Unplayable,
)
from ivr_engine.core.vocabulary import Disposition, QueueId, Skill
from ivr_engine.flow.numbers import NumberEntry, Registry
from ivr_engine.flow.place import Standing, read_place, write_place
from ivr_engine.flow.prompts import Manifest
from ivr_engine.flow.steps import (
    CollectStep,
    Flow,
    FlowId,
    HangupStep,
    MenuStep,
    PlayStep,
    PromptId,
    QueueStep,
    Step,
    Target,
)
from ivr_engine.flow.steps_branches import passive

STEPS_WALKED = 200
"""Steps and tries of one contact. At two seconds each that is more than six minutes of menus: such a citizen needs a
person, and a machine that keeps pressing keys must not hold a channel for ever."""

NOT_IN_SERVICE = PromptId("not_in_service")
"""Said to who dials a number that is nobody's, where the manifest has it."""

ALL_KEYS = "0123456789*#"
DIGITS = "0123456789"


Passed = tuple[str, str, str]
"""Flow, step, and the branch by which it was left: a key, `next`, `wrong`, `silence`, `otherwise`; "" on arrival."""


@dataclass(frozen=True, slots=True)
class Script:
    """All that a walk needs of a revision."""

    flows: Mapping[FlowId, Flow]
    numbers: Registry
    manifest: Manifest = field(default_factory=Manifest)


class Walk:
    """One citizen's way through a flow; implements `core.conversation.Conversation`."""

    def __init__(self, script: Script, card: CallerCard) -> None:
        self._script = script
        self._card = card
        self._entry = script.numbers.find(card.number)
        self._language = self._entry.language if self._entry is not None else "ko"
        self._flow: Flow | None = None
        self._label = ""
        self._tries = 0
        self._walked = 0
        self._collected: dict[str, str] = {}
        self._secret: dict[str, str] = {}
        self._unplayable: set[str] = set()
        self._said: tuple[Prompt, ...] = ()
        self._ended = False
        self.trail: list[Passed] = []
        """Where this citizen came through, for whoever wants to know what no citizen ever reached. Never any digits
        of an answer; as long as STEPS_WALKED allows."""

    @property
    def collected(self) -> Mapping[str, str]:
        """The digits asked for so far, secret ones included: for steps that use them, never for output."""
        return {**self._collected, **self._secret}

    def begin(self) -> Action:
        """The first action; where a visit is tried again, the question at which it broke off."""
        if self._entry is None:
            return self._not_in_service()
        standing = read_place(self._card.place) if self._card.place else None
        if standing is not None and self._stands(standing):
            return self._do() or self._go(self._past())
        return self._go(Target(self._entry.flow, ""))

    def reply(self, reply: Reply) -> Action:
        """What follows. Raises ValueError after `Finish`, and for a reply that the last action cannot have."""
        if self._ended:
            raise ValueError(
                f"the conversation of {self._card.contact} is over, yet it was told {type(reply).__name__}"
            )
        if self._entry is None:
            return self._finish(Ended(Disposition.REJECTED))
        step = self._step()
        match step, reply:
            case _, Unplayable():
                return self._without(step, reply.file)
            case PlayStep(), Done():
                self._left_by("next")
                return self._go(step.next)
            case MenuStep(), Keys():
                return self._chosen(step, reply.keys)
            case CollectStep(), Keys():
                return self._keyed(step, reply.keys)
            case ((MenuStep() | CollectStep()), Silence()):
                return self._silent(step)
        raise ValueError(f"step '{self._label}' cannot be told {type(reply).__name__}")

    # ── moving ───────────────────────────────────────────────────────────────────────────────────────────────────
    def _go(self, target: Target | None) -> Action:
        """On to a step, and past those of which nothing can be heard. A loop, not recursion: flows can be long."""
        while target is not None:
            flow = self._script.flows[target.flow]
            if flow is not self._flow:
                self._flow = flow
                self._language = flow.language or self._language
            self._label = target.step or flow.first
            self._tries = 0
            action = self._do()
            if action is not None:
                return action
            target = self._past()
        return self._person()

    def _do(self, before: tuple[PromptId, ...] = ()) -> Action | None:
        """Do the step where the walk stands; None when it has nothing that can be heard.

        `before` is said first: what was wrong with the last try.
        """
        self._walked += 1
        if self._walked > STEPS_WALKED:
            return self._person()
        step = self._step()
        self._left_by("")
        match step:
            case PlayStep():
                return self._play(step, self._recordings(step.prompts))
            case MenuStep() | CollectStep():
                return self._ask(step, before)
            case QueueStep():
                return self._finish(self._queued(step.queue, step.requirement, step.priority))
            case HangupStep():
                return self._finish(Ended(step.disposition, self._agency(), self._language))
            case _:
                return self._person()

    def _step(self) -> Step:
        if self._flow is None:
            raise ValueError("the conversation has not begun")
        return self._flow.steps[self._label]

    def _past(self) -> Target | None:
        """Where it goes on when nothing of the step can be heard: where silence leads."""
        return next(iter(passive(self._step())), None)

    def _standing(self) -> Standing:
        flow = self._flow.id if self._flow is not None else ""
        return Standing(flow, self._label, self._language, self._tries, self._walked, self._collected)

    def _stands(self, standing: Standing) -> bool:
        """Take up an earlier standing if this revision still has that question."""
        flow = self._script.flows.get(FlowId(standing.flow))
        if flow is None or not isinstance(flow.steps.get(standing.step), MenuStep | CollectStep):
            return False
        self._flow, self._label, self._language = flow, standing.step, standing.language
        self._tries, self._walked = standing.tries, standing.walked
        self._collected = dict(standing.collected)
        return True

    # ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────
    def _play(self, step: PlayStep, prompts: tuple[Prompt, ...]) -> Action | None:
        self._said = prompts
        return Play(prompts, ALL_KEYS if step.barge_in else "") if prompts else None

    def _ask(self, step: MenuStep | CollectStep, before: tuple[PromptId, ...]) -> Action | None:
        question = self._recordings(step.prompts)
        if not question:
            return None
        prompts = (*self._recordings(before), *question)
        place = write_place(self._standing())
        if isinstance(step, MenuStep):
            return Ask(
                prompts,
                keys=ALL_KEYS,
                max_keys=1,
                terminator="",
                first_key_ms=step.first_key_ms,
                barge_in=step.barge_in,
                place=place,
            )
        return Ask(
            prompts,
            keys=DIGITS,
            max_keys=step.max_keys,
            terminator=step.terminator,
            first_key_ms=step.first_key_ms,
            next_key_ms=step.next_key_ms,
            barge_in=step.barge_in,
            place=place,
            secret=step.secret,
        )

    def _chosen(self, step: MenuStep, keys: str) -> Action:
        if keys in step.choices:
            self._left_by(keys)
            return self._go(step.choices[keys])
        return self._again(step, step.wrong_prompt, "wrong")

    def _keyed(self, step: CollectStep, keys: str) -> Action:
        if not step.min_keys <= len(keys) <= step.max_keys or keys.strip(DIGITS):
            return self._again(step, step.wrong_prompt, "wrong")
        kept = self._secret if step.secret else self._collected
        kept[step.variable] = keys
        self._left_by("next")
        return self._go(step.next)

    def _silent(self, step: MenuStep | CollectStep) -> Action:
        if step.silence_leaves:
            self._left_by("silence")
            return self._go(step.silence)
        return self._again(step, step.silence_prompt, "silence")

    def _again(self, step: MenuStep | CollectStep, before: tuple[PromptId, ...], why: str) -> Action:
        self._tries += 1
        self._left_by(why)
        if self._tries >= step.tries:
            self._left_by("otherwise")
            return self._go(step.otherwise)
        return self._do(before) or self._go(step.otherwise)

    def _left_by(self, branch: str) -> None:
        if self._flow is not None:
            self.trail.append((self._flow.id, self._label, branch))

    # ── speaking ─────────────────────────────────────────────────────────────────────────────────────────────────
    def _recordings(self, prompts: tuple[PromptId, ...]) -> tuple[Prompt, ...]:
        files = self._script.manifest.files
        found = (files.get((prompt, self._language)) for prompt in prompts)
        return tuple(prompt for prompt in found if prompt is not None and prompt.file not in self._unplayable)

    def _without(self, step: Step, file: str) -> Action:
        """A recording is missing on the switch: say the rest; who cannot be told the choices gets a person."""
        self._unplayable.add(file)
        if not isinstance(step, PlayStep):
            return self._do() or self._go(self._past())
        files = [prompt.file for prompt in self._said]
        heard = files.index(file) + 1 if file in files else len(files)
        return self._play(step, self._said[heard:]) or self._go(step.next)

    def _not_in_service(self) -> Action:
        prompt = self._script.manifest.files.get((NOT_IN_SERVICE, self._language))
        return Play((prompt,)) if prompt is not None else self._finish(Ended(Disposition.REJECTED))

    # ── ending ───────────────────────────────────────────────────────────────────────────────────────────────────
    def _agency(self) -> str:
        return self._entry.agency.id if self._entry is not None and self._entry.agency is not None else ""

    def _person(self) -> Action:
        entry: NumberEntry | None = self._entry
        if entry is None:
            return self._finish(Ended(Disposition.REJECTED))
        return self._finish(self._queued(entry.queue, entry.requirement, 0))

    def _queued(self, queue: QueueId, requirement: frozenset[Skill], priority: int) -> ToQueue:
        return ToQueue(queue, requirement, self._agency(), self._language, priority)

    def _finish(self, outcome: ToQueue | Ended) -> Action:
        self._ended = True
        return Finish(outcome)
