"""Walks one citizen through the flow of the number that was dialled: pure, one action at a time.

A flow can always say *a person*: the queue of the flow or of the number dialled. That is where every last try, every
missing sentence and every surprise leads, so that no citizen ends in a dead end. A walk is bound to the revision that
it began with.

    play, say            Done, or nothing playable          → next
    menu, collect, …     see `interpreter_asking`
    language, set, goto  at once                            → next
    hours, switch        at once                            → the branch of the state, the case of the value
    call, return         at once                            → the called flow, and back behind the call
    dip                  every output                       → next, kept under their names; none → failed
    send                 taken                              → next; not taken, nobody to send it to → failed
    queue, callback, transfer, hangup                       → Finish, after what the counsellor is to be shown; into a
                                                              queue that records, after its notice
    more than STEPS_WALKED steps and tries, or SILENT_STEPS at a stretch without a word → a person
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from ivr_engine.core.conversation import (
    Action,
    CallerCard,
    DipFailed,
    Dipped,
    Done,
    Ended,
    Finish,
    Keys,
    NotSent,
    Outcome,
    Play,
    Prompt,
    Recorded,
    Remember,
    Reply,
    Sent,
    ToEntry,
    ToQueue,
    Unplayable,
    Value,
)
from ivr_engine.core.vocabulary import Disposition
from ivr_engine.flow.expressions_contact import civil
from ivr_engine.flow.interpreter_asking import ALL_KEYS, Again, Answer, Further, Left, answer, question
from ivr_engine.flow.interpreter_deciding import decide
from ivr_engine.flow.interpreter_ending import outcome_of, person, with_hours
from ivr_engine.flow.interpreter_outside import dip, plain_value, text_message
from ivr_engine.flow.interpreter_state import PYTHON_TYPES, Memory, Script, Voice
from ivr_engine.flow.numbers import Forward, Reject, Serve
from ivr_engine.flow.place import read_place
from ivr_engine.flow.steps import (
    AskingStep,
    CallbackStep,
    CallStep,
    CollectStep,
    DecidingStep,
    DipStep,
    EndingStep,
    FlowId,
    GotoStep,
    HangupStep,
    HoursStep,
    LanguageStep,
    MenuStep,
    PlayStep,
    PromptId,
    QueueStep,
    RecordStep,
    ReturnStep,
    SayStep,
    SendStep,
    SetStep,
    Step,
    SurveyStep,
    SwitchStep,
    Target,
    TransferStep,
)
from ivr_engine.flow.steps_branches import (
    FAILED,
    NEXT,
    OTHERWISE,
    PERSON,
    passive,
)

STEPS_WALKED = 200
"""Steps and tries of one contact. At two seconds each that is more than six minutes of menus: such a citizen needs a
person, and a machine that keeps pressing keys must not hold a channel for ever."""

SILENT_STEPS = 100
"""Steps without a word, between two that say, ask or reach outside: room for a large flow, a bound for circles."""

NOT_IN_SERVICE = PromptId("not_in_service")
"""Said to who dials a number that is nobody's, where the manifest has it."""

Passed = tuple[str, str, str]
"""Flow, step, and the branch by which it was left (`steps_branches`, `wrong`, and `silence`); "" on arrival."""

Onward = Action | Target | None
"""What follows: something to perform, a step to go to, or a person."""

_DECIDING = (LanguageStep, HoursStep, SwitchStep, SetStep, GotoStep, CallStep, ReturnStep)


class Walk:
    """One citizen's way through a flow; implements `core.conversation.Conversation`."""

    def __init__(self, script: Script, card: CallerCard) -> None:
        self._script = script
        self._card = card
        self._meaning = script.numbers.meaning(card.number, _day(card))
        self._entry = self._meaning.entry if isinstance(self._meaning, Serve) else self._meaning.dialled
        self._memory = Memory(script, card, self._meaning.dialled)
        self._voice = Voice(script.manifest)
        self._said: tuple[Prompt, ...] = ()
        self._ahead: Sequence[Action] = ()
        self._after: Callable[[], Onward] | None = None
        """What follows something that is no step's own; None while a step is being performed."""
        self._ended = False
        self._noticing: ToQueue | None = None
        """Where the walk ends as soon as the notice of recording is over."""
        self.trail: list[Passed] = []
        """Where this citizen came through, for whoever wants to know what no citizen ever reached. Never any digits
        of an answer; as long as STEPS_WALKED allows."""

    @property
    def collected(self) -> Mapping[str, Value]:
        """Every variable so far, secret ones included: for who looks into a walk, never for output."""
        return self._memory.values

    def begin(self) -> Action:
        """The first action; where a visit is tried again, the question at which it broke off."""
        standing = read_place(self._card.place) if self._card.place else None
        if standing is not None and self._entry is not None and self._memory.take_up(standing):
            return self._go(self._do())
        named = FlowId(self._card.flow)
        if named in self._script.flows:
            return self._go(Target(named, ""))
        match self._meaning:
            case Serve():
                first = Target(self._meaning.entry.flow, "")
                return self._go(self._in_turn(self._spoken(self._meaning.say), lambda: first))
            case Forward():
                otherwise = person(self._memory, self._entry)
                forwarded = (
                    ToEntry(self._meaning.entry_code, otherwise) if isinstance(otherwise, ToQueue) else otherwise
                )
                return self._go(Finish(forwarded))
            case Reject():
                said = self._meaning.say if self._meaning.dialled is not None else (NOT_IN_SERVICE,)
                rejected = Ended(Disposition.REJECTED, self._memory.agency, self._memory.language)
                return self._go(self._in_turn(self._spoken(said, interrupt=""), lambda: Finish(rejected)))

    def reply(self, reply: Reply) -> Action:
        """What follows. Raises ValueError after `Finish`, and for a reply that the last action cannot have."""
        if self._ended:
            raise ValueError(
                f"the conversation of {self._card.contact} is over, yet it was told {type(reply).__name__}"
            )
        self._memory.silent = 0
        if self._noticing is not None:
            return self._noticed(self._noticing, heard=isinstance(reply, Done))
        if self._after is not None:
            return self._go(self._between(reply, self._after))
        step = self._step()
        onward = self._without(step, reply.file) if isinstance(reply, Unplayable) else self._told(step, reply)
        return self._go(onward)

    # ── moving ───────────────────────────────────────────────────────────────────────────────────────────────────
    def _go(self, onward: Onward) -> Action:
        """On to a step, and past those that have nothing to say. A loop, not recursion: flows can be long."""
        while isinstance(onward, Target):
            flow = self._script.flows[onward.flow]
            self._memory.enter(flow, onward.step or flow.first)
            onward = self._do()
        action = onward if onward is not None else Finish(person(self._memory, self._entry))
        if isinstance(action, Finish):
            outcome = with_hours(action.outcome, self._script, self._card.moment)
            return self._notice(outcome) if isinstance(outcome, ToQueue) else self._finish(outcome)
        return action

    # ── the notice of recording ──────────────────────────────────────────────────────────────────────────────────
    def _notice(self, outcome: ToQueue) -> Action:
        """Said to its end before a queue that records: no key cuts it short. Once to a contact, and to nobody whom the
        closed queue sends on at once."""
        notice = self._script.notices.get(outcome.queue)
        if notice is None or outcome.closes_in_seconds == 0:
            return self._finish(outcome)
        if self._card.notice == notice:
            return self._finish(replace(outcome, notice=notice))
        said = self._voice.prompts((notice,), outcome.language)
        if not said:
            return self._finish(outcome)
        self._noticing = outcome
        return Play(said)

    def _noticed(self, outcome: ToQueue, *, heard: bool) -> Action:
        """Who could not be told is not recorded."""
        self._noticing = None
        return self._finish(replace(outcome, notice=self._script.notices[outcome.queue]) if heard else outcome)

    def _finish(self, outcome: Outcome) -> Finish:
        self._ended = True
        return Finish(outcome)

    def _do(self, before: tuple[PromptId, ...] = ()) -> Onward:
        """Do the step where the walk stands. `before` is said first: what was wrong with the last try."""
        step, memory = self._step(), self._memory
        if isinstance(step, _DECIDING):
            memory.silent += 1
        else:
            memory.walked += 1
        if memory.walked > STEPS_WALKED or memory.silent > SILENT_STEPS:
            return None
        self._left_by("")
        match step:
            case PlayStep() | SayStep():
                return self._play(step, self._sentence(step)) or step.next
            case MenuStep() | CollectStep() | RecordStep() | SurveyStep():
                return question(step, memory, self._voice, before) or self._past()
            case DipStep():
                return dip(step, memory, self._voice)
            case SendStep():
                return text_message(step, memory, self._card) or self._leave(FAILED, step.failed)
            case QueueStep() | CallbackStep() | TransferStep() | HangupStep():
                return self._end(step)
            case _:
                return self._decide(step)

    def _told(self, step: Step, reply: Reply) -> Onward:
        """What follows from a reply to the step's own action."""
        match step, reply:
            case ((PlayStep() | SayStep()), Done()):
                return self._leave(NEXT, step.next)
            case ((PlayStep() | SayStep()), Keys(keys)) if keys and keys == step.person_key:
                return self._leave(PERSON, None)
            case DipStep(), Dipped() | DipFailed():
                return self._dipped(step, reply)
            case SendStep(), Sent():
                return self._leave(NEXT, step.next)
            case SendStep(), NotSent():
                return self._leave(FAILED, step.failed)
            case ((MenuStep() | CollectStep() | RecordStep() | SurveyStep()), _):
                at = self._memory.question
                found = answer(step, reply, self._memory)
                if found is not None:
                    return self._answered(step, found, self._facts(step, reply, at))
        raise ValueError(f"step '{self._memory.label}' cannot be told {type(reply).__name__}")

    def _step(self) -> Step:
        if self._memory.flow is None:
            raise ValueError("the conversation has not begun")
        return self._memory.flow.steps[self._memory.label]

    def _past(self) -> Onward:
        """Where it goes on when nothing of the step can be heard: where silence leads, and never on with a message that
        nobody left."""
        step = self._step()
        return step.otherwise if isinstance(step, RecordStep) else next(iter(passive(step)), None)

    def _leave(self, branch: str, target: Target | None) -> Target | None:
        self._left_by(branch)
        return target

    def _left_by(self, branch: str) -> None:
        if self._memory.flow is not None:
            self.trail.append((self._memory.flow.id, self._memory.label, branch))

    # ── between steps ────────────────────────────────────────────────────────────────────────────────────────────
    def _in_turn(self, actions: Sequence[Action], after: Callable[[], Onward]) -> Onward:
        """Perform actions that are no step's own, and then go on."""
        if not actions:
            self._after = None
            return after()
        first, self._ahead, self._after = actions[0], actions[1:], after
        return first

    def _spoken(self, prompts: tuple[PromptId, ...], interrupt: str = ALL_KEYS) -> tuple[Play, ...]:
        self._said = self._voice.prompts(prompts, self._memory.language)
        return (Play(self._said, interrupt),) if self._said else ()

    def _between(self, reply: Reply, after: Callable[[], Onward]) -> Onward:
        match reply:
            case Done():
                return self._in_turn(self._ahead, after)
            case Unplayable():
                left = self._after_missing(reply.file)
                return self._in_turn((*((Play(left, ALL_KEYS),) if left else ()), *self._ahead), after)
        raise ValueError(f"nothing was asked, yet the conversation was told {type(reply).__name__}")

    # ── saying ───────────────────────────────────────────────────────────────────────────────────────────────────
    def _sentence(self, step: PlayStep | SayStep) -> tuple[Prompt, ...]:
        voice, language = self._voice, self._memory.language
        if isinstance(step, PlayStep):
            return voice.prompts(step.prompts, language)
        value = voice.value(step.kind, plain_value(step.value, self._memory), language)
        return (*voice.prompts(step.before, language), *value, *voice.prompts(step.after, language)) if value else ()

    def _play(self, step: PlayStep | SayStep, prompts: tuple[Prompt, ...]) -> Play | None:
        self._said = prompts
        return Play(prompts, ALL_KEYS if step.barge_in else "", step.person_key) if prompts else None

    def _without(self, step: Step, file: str) -> Onward:
        """A recording is missing on the switch: say the rest; who cannot be told the choices gets a person."""
        if isinstance(step, PlayStep):
            return self._play(step, self._after_missing(file)) or step.next
        self._voice.unplayable.add(file)
        if isinstance(step, SayStep):
            return step.next  # the rest of a number would be another number
        return self._do()

    def _after_missing(self, file: str) -> tuple[Prompt, ...]:
        self._voice.unplayable.add(file)
        files = [prompt.file for prompt in self._said]
        heard = files.index(file) + 1 if file in files else len(files)
        self._said = self._said[heard:]
        return self._said

    # ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────
    def _answered(self, step: AskingStep, found: Answer, facts: tuple[Remember, ...]) -> Onward:
        match found:
            case Left(branch, target):
                self._left_by(branch)
                return self._in_turn((*facts, *self._thanks(step, branch)), lambda: target)
            case Further():
                return self._in_turn(facts, self._do)
            case Again(before, branch):
                self._memory.failed()
                self._left_by(branch)
                if self._memory.tries < step.tries:
                    return self._do(before)
                if isinstance(step, SurveyStep):
                    self._left_by(NEXT)
                    return self._in_turn(self._thanks(step, NEXT), lambda: step.next)
                return self._leave(OTHERWISE, step.otherwise)

    def _thanks(self, step: AskingStep, branch: str) -> tuple[Play, ...]:
        return self._spoken(step.thanks) if isinstance(step, SurveyStep) and branch == NEXT else ()

    def _facts(self, step: AskingStep, reply: Reply, asked: int) -> tuple[Remember, ...]:
        """What is remembered at once, because the citizen may hang up any moment: a survey's mark, a recording."""
        if isinstance(step, SurveyStep) and isinstance(reply, Keys) and self._memory.question > asked:
            return (Remember({step.questions[asked].variable: reply.keys}, step.survey),)
        if isinstance(step, RecordStep) and isinstance(reply, Recorded) and reply.length_ms >= step.shortest_ms:
            return (Remember({step.variable: reply.recording}),)
        return ()

    def _dipped(self, step: DipStep, reply: Dipped | DipFailed) -> Onward:
        """All outputs in their types, or failure: half an answer is none."""
        outputs = reply.outputs if isinstance(reply, Dipped) else {}
        if any(type(outputs.get(one.name)) is not PYTHON_TYPES[one.type] for one in step.outputs):
            return self._leave(FAILED, step.failed)
        if isinstance(reply, DipFailed):
            return self._leave(FAILED, step.failed)
        for one in step.outputs:
            self._memory.keep(one.name, outputs[one.name])
        return self._leave(NEXT, step.next)

    # ── deciding and ending ──────────────────────────────────────────────────────────────────────────────────────
    def _decide(self, step: DecidingStep) -> Onward:
        own_hours = self._entry.hours if self._entry is not None else None
        at = self._memory.flow.id if self._memory.flow is not None else "", self._memory.label
        decided = decide(step, self._memory, self._script, self._card.moment, own_hours)
        if decided is None:
            return None
        self.trail.append((*at, decided.branch))
        return self._in_turn(self._spoken(decided.say) if decided.say else (), lambda: decided.target)

    def _end(self, step: EndingStep) -> Onward:
        """What the counsellor is to be shown, and then the end."""
        outcome = outcome_of(step, self._memory, self._entry)
        if outcome is None:
            return self._leave(OTHERWISE, step.otherwise) if isinstance(step, CallbackStep) else None
        facts = {} if isinstance(step, HangupStep) else self._memory.shown(step.show)
        return self._in_turn((Remember(facts),) if facts else (), lambda: Finish(outcome))


def _day(card: CallerCard) -> date:
    return civil(card.moment).date()
