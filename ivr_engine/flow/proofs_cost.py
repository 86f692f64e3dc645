"""What it costs a citizen to leave a step by one of its branches: keys pressed and milliseconds gone by.

Always the slow citizen: who hears every sentence to its end before pressing, and waits out every silence. A value that
is said, and an answer of another system, count with their longest.
"""

from collections.abc import Callable, Iterable

from ivr_engine.flow.steps import (
    CollectStep,
    DipStep,
    MenuStep,
    PlayStep,
    PromptId,
    RecordStep,
    SayStep,
    SendStep,
    Step,
    SurveyStep,
)
from ivr_engine.flow.steps_branches import OTHERWISE, PERSON, SILENCE

PromptMs = Callable[[PromptId, str], int]
"""How long a sentence takes in a language; 0 where it is not spoken (that is told elsewhere)."""

SAID_MS = 8_000
"""The longest value that a flow says: a date with its year, or twenty digits in groups."""

DIGIT_MS = 600
"""To press one of several digits, and to hear one read back."""

TEXT_MS = 3_000
"""The longest that a visit waits for a text message to be taken."""


def cost(step: Step, branch: str, language: str, prompt_ms: PromptMs) -> tuple[int, int]:
    """Keys and milliseconds to leave `step` by `branch`."""

    def heard(prompts: Iterable[PromptId]) -> int:
        return sum(prompt_ms(prompt, language) for prompt in prompts)

    key = 1 if branch == PERSON else 0
    match step:
        case PlayStep():
            return key, heard(step.prompts)
        case SayStep():
            return key, heard(step.before) + SAID_MS + heard(step.after)
        case MenuStep():
            if branch in (SILENCE, OTHERWISE):
                return _tried(step, branch, heard)
            return 1, heard(step.prompts)
        case CollectStep():
            return _collected(step, branch, heard)
        case RecordStep():
            if branch == OTHERWISE:
                return 0, step.tries * (heard(step.prompts) + step.silence_ms) + heard(step.again_prompt)
            return key, heard(step.prompts) + (0 if key else step.longest_ms)
        case SurveyStep():
            asked = sum(heard(one.prompts) + step.first_key_ms for one in step.questions)
            return key, asked + heard(step.thanks)
        case DipStep():
            return 0, max(heard(step.prompts), step.deadline_ms)
        case SendStep():
            return 0, TEXT_MS
        case _:
            return 0, 0


def _collected(step: CollectStep, branch: str, heard: Callable[[Iterable[PromptId]], int]) -> tuple[int, int]:
    if branch in (SILENCE, OTHERWISE):
        return _tried(step, branch, heard)
    if branch == PERSON:
        return 1, heard(step.prompts)
    ends = 1 if step.min_keys < step.max_keys else 0
    if step.confirm is None:
        return step.min_keys + ends, heard(step.prompts) + step.min_keys * DIGIT_MS
    read_back_ms = heard((*step.confirm.before, *step.confirm.after)) + step.min_keys * DIGIT_MS
    return step.min_keys + ends + 1, heard(step.prompts) + step.min_keys * DIGIT_MS + read_back_ms


def _tried(step: MenuStep | CollectStep, branch: str, heard: Callable[[Iterable[PromptId]], int]) -> tuple[int, int]:
    """Silence at once, or every try in vain: by silence where that is a failed try, else by wrong keys."""
    question_ms = heard(step.prompts) + step.first_key_ms
    if branch == SILENCE:
        return 0, question_ms
    if step.silence_leaves:
        return step.tries, step.tries * heard(step.prompts) + (step.tries - 1) * heard(step.wrong_prompt)
    return 0, step.tries * question_ms + (step.tries - 1) * heard(step.silence_prompt)
