"""What several rules of a queue say alike: whom somebody needs, a prompt, a way out; and the names they may use."""

from collections.abc import Collection, Mapping

from ivr_engine.core.queue_rules import Overflow, OverflowAct
from ivr_engine.core.requirement import Requirement
from ivr_engine.flow.form import Form
from ivr_engine.flow.requirement_text import RequirementError, read_requirement


class Names:
    """What rules may name. None judges nothing: the document that lists it is broken or not there."""

    def __init__(
        self,
        skills: frozenset[str],
        queues: frozenset[str],
        flows: frozenset[str] | None,
        prompts: Mapping[str, Mapping[str, str]] | None,
        calendars: frozenset[str] | None,
    ) -> None:
        """`prompts`: prompt → language → recording."""
        self.skills = skills
        self.queues = queues
        self.flows = flows
        self.prompts = prompts
        self.calendars = calendars


def requirement(form: Form, key: str, skills: Collection[str]) -> Requirement | None:
    """What is needed, as `tax and (vi or en)`; None where nothing, or nothing that can be read, is said."""
    text = form.text(key, "", empty=True)
    if not text:
        return None
    try:
        return read_requirement(text, skills)
    except RequirementError as error:
        code = "unknown_skill" if str(error) == "no such skill" else "requirement"
        place = form.place(key)
        form.diagnostics.error(place, code, f"'{key}': {error}", found=error.found or None, allowed=error.allowed)
        return None


def prompt_named(form: Form, key: str, names: Names) -> str:
    """A prompt's name; empty where none is said."""
    prompt = form.name(key, "")
    known = None if names.prompts is None else frozenset(names.prompts)
    form.check_names(key, [prompt] if prompt else [], known, "prompt")
    return prompt


def way_out(form: Form, key: str, names: Names) -> Overflow:
    """`wait`, `queue:NAME`, or the flow that speaks next: `flow:`, `callback:`, `voicemail:` or `end:` and its name."""
    text = form.text(key, OverflowAct.WAIT)
    word, _, target = text.partition(":")
    if word not in tuple(OverflowAct) or (word == OverflowAct.WAIT) is bool(target):
        form.error(
            key,
            "overflow",
            f"'{key}' is none of the ways out of a queue",
            allowed=[act if act is OverflowAct.WAIT else f"{act}:NAME" for act in OverflowAct],
            hint="a name after the colon: of a queue, or of the flow that speaks next",
        )
        return Overflow()
    act = OverflowAct(word)
    if act is OverflowAct.QUEUE:
        form.check_names(key, [target], names.queues, "queue")
    elif act is not OverflowAct.WAIT:
        form.check_names(key, [target], names.flows, "flow")
    return Overflow(act, target)
