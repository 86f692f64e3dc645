"""Questions: how each is put, and what an answer means. Decides; the walk moves.

menu     a key that is a choice      → its target; the person's key → a person; another → again
         silence                     → on_silence if written, else again
collect  digits that satisfy         → kept, or read back: yes → kept, no → again
         digits that do not, silence → again
record   long enough                 → its name is kept; too short → again; not possible → otherwise
survey   1 … highest                 → kept, the next question; another key → again; silence → no more questions
"""

from dataclasses import dataclass

from ivr_engine.core.conversation import Action, Ask, Keys, NotRecorded, Prompt, Record, Recorded, Reply, Silence
from ivr_engine.flow.checksums import satisfies
from ivr_engine.flow.interpreter_state import Memory, Voice
from ivr_engine.flow.steps import AskingStep, CollectStep, MenuStep, PromptId, RecordStep, SurveyStep, Target
from ivr_engine.flow.steps_branches import NEXT, OTHERWISE, PERSON, SILENCE

ALL_KEYS = "0123456789*#"
DIGITS = "0123456789"

WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Left:
    """The question is over."""

    branch: str
    target: Target | None


@dataclass(frozen=True, slots=True)
class Again:
    """A try was of no use; `before` says why, when it is asked again."""

    before: tuple[PromptId, ...]
    branch: str


@dataclass(frozen=True, slots=True)
class Further:
    """The same step asks something else."""


Answer = Left | Again | Further


# ── asking ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def question(step: AskingStep, memory: Memory, voice: Voice, before: tuple[PromptId, ...]) -> Action | None:
    """How the step asks now; None when nothing of the question can be heard."""
    said = voice.prompts(before, memory.language)
    match step:
        case MenuStep():
            prompts = voice.prompts(step.prompts, memory.language)
            return _one_key(step, (*said, *prompts), memory) if prompts else None
        case CollectStep():
            if memory.pending and step.confirm is not None:
                return _read_back(step, said, memory, voice)
            prompts = voice.prompts(step.prompts, memory.language)
            return _digits(step, (*said, *prompts), memory) if prompts else None
        case RecordStep():
            prompts = voice.prompts(step.prompts, memory.language)
            return _recording(step, (*said, *prompts), memory) if prompts else None
        case SurveyStep():
            asked = step.questions[memory.question] if memory.question < len(step.questions) else None
            prompts = voice.prompts(asked.prompts, memory.language) if asked is not None else ()
            return _one_key(step, (*said, *prompts), memory) if prompts else None


def _one_key(step: MenuStep | SurveyStep, prompts: tuple[Prompt, ...], memory: Memory) -> Ask:
    return Ask(
        prompts,
        keys=ALL_KEYS,
        max_keys=1,
        terminator="",
        first_key_ms=step.first_key_ms,
        barge_in=step.barge_in if isinstance(step, MenuStep) else True,
        place=memory.place(),
        leave=_past_the_prompts(step) if isinstance(step, MenuStep) else "",
    )


def _past_the_prompts(step: MenuStep) -> str:
    """A person at any moment, also where no other key ends the prompts."""
    return "" if step.barge_in or step.person_key in step.choices else step.person_key


def _digits(step: CollectStep, prompts: tuple[Prompt, ...], memory: Memory) -> Ask:
    return Ask(
        prompts,
        keys=DIGITS,
        max_keys=step.max_keys,
        terminator=step.terminator,
        first_key_ms=step.first_key_ms,
        next_key_ms=step.next_key_ms,
        barge_in=step.barge_in,
        place=memory.place(),
        secret=step.secret,
        leave=step.person_key,
    )


def _read_back(step: CollectStep, said: tuple[Prompt, ...], memory: Memory, voice: Voice) -> Ask | None:
    confirm = step.confirm
    digits = voice.value(confirm.kind, memory.pending, memory.language) if confirm is not None else ()
    if confirm is None or not digits:
        return None
    before, after = (voice.prompts(prompts, memory.language) for prompts in (confirm.before, confirm.after))
    return Ask(
        (*said, *before, *digits, *after),
        keys=ALL_KEYS,
        max_keys=1,
        terminator="",
        first_key_ms=step.first_key_ms,
        barge_in=step.barge_in,
        place=memory.place(),
    )


def _recording(step: RecordStep, prompts: tuple[Prompt, ...], memory: Memory) -> Record:
    return Record(
        prompts,
        longest_ms=step.longest_ms,
        silence_ms=step.silence_ms,
        terminator=step.terminator,
        place=memory.place(),
        leave=step.person_key,
    )


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def answer(step: AskingStep, reply: Reply, memory: Memory) -> Answer | None:
    """What a reply to the question means; None for a reply that such a question cannot have."""
    match step, reply:
        case MenuStep(), Keys(keys):
            return _chosen(step, keys)
        case CollectStep(), Keys(keys):
            confirming = memory.pending and step.confirm is not None
            return _confirmed(step, keys, memory) if confirming else _keyed(step, keys, memory)
        case ((MenuStep() | CollectStep()), Silence()):
            if step.silence_leaves:
                return Left(SILENCE, step.silence)
            return Again(step.silence_prompt, SILENCE)
        case RecordStep(), _:
            return _recorded(step, reply, memory)
        case SurveyStep(), Keys(keys):
            return _marked(step, keys, memory)
        case SurveyStep(), Silence():
            return Left(NEXT, step.next)
    return None


def _chosen(step: MenuStep, keys: str) -> Answer:
    if keys in step.choices:
        return Left(keys, step.choices[keys])
    if keys and keys == step.person_key:
        return Left(PERSON, None)
    return Again(step.wrong_prompt, WRONG)


def _keyed(step: CollectStep, keys: str, memory: Memory) -> Answer:
    if keys and keys == step.person_key:
        return Left(PERSON, None)
    enough = step.min_keys <= len(keys) <= step.max_keys and not keys.strip(DIGITS)
    if not enough or not satisfies(step.checksum, keys):
        return Again(step.wrong_prompt, WRONG)
    if step.confirm is not None:
        memory.pending = keys
        return Further()
    memory.keep(step.variable, keys, asked=True)
    return Left(NEXT, step.next)


def _confirmed(step: CollectStep, keys: str, memory: Memory) -> Answer:
    """Yes, no, or another key: the digits are read once more, which is a try, too."""
    confirm = step.confirm
    if confirm is not None and keys == confirm.yes:
        memory.keep(step.variable, memory.pending, asked=True)
        return Left(NEXT, step.next)
    if keys and keys == step.person_key:
        return Left(PERSON, None)
    if confirm is None or keys == confirm.no:
        memory.pending = ""
        return Again((), WRONG)
    return Again(step.wrong_prompt, WRONG)


def _recorded(step: RecordStep, reply: Reply, memory: Memory) -> Answer | None:
    match reply:
        case Recorded() if reply.length_ms >= step.shortest_ms:
            memory.keep(step.variable, reply.recording, asked=True)
            return Left(NEXT, step.next)
        case Recorded():
            return Again(step.again_prompt, SILENCE)
        case NotRecorded():
            return Left(OTHERWISE, step.otherwise)
        case Keys(keys) if keys and keys == step.person_key:
            return Left(PERSON, None)
    return None


def _marked(step: SurveyStep, keys: str, memory: Memory) -> Answer:
    if keys and keys == step.person_key:
        return Left(PERSON, None)
    asked = step.questions[memory.question]
    if len(keys) != 1 or not "1" <= keys <= str(asked.highest):
        return Again(step.wrong_prompt, WRONG)
    memory.keep(asked.variable, int(keys), asked=True)
    memory.question += 1
    memory.tries = 0
    return Further() if memory.question < len(step.questions) else Left(NEXT, step.next)
