"""A folder of operators' YAML, checked as a whole and frozen: the only way into the language.

    dialplans/
      prompts.yaml     what can be said          prompts/LANGUAGE/*.wav   the recordings
      queues.yaml      skills and queues
      flows/*.yaml     one flow a document, named by its file
      numbers.yaml     what each number means
      hours.yaml       calendars, and emergencies

This is how the shipped folder is split; any other split means the same (`documents`). `load` reads everything, tells
every mistake at once or gives a `Revision`; contacts keep the revision they began with.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from ivr_engine.core.configuration import QueueSettings, RoutingPolicy
from ivr_engine.core.conversation import CallerCard, Conversation
from ivr_engine.core.queue_rules import WaitPhrases
from ivr_engine.core.vocabulary import QueueId, Skill
from ivr_engine.flow import hours_document, numbers_document
from ivr_engine.flow import prompts as prompts_document
from ivr_engine.flow import proofs as proofs_document
from ivr_engine.flow import queues as queues_document
from ivr_engine.flow.check import check_kept, check_languages, warn_unreached
from ivr_engine.flow.check_values import check_values
from ivr_engine.flow.diagnostics import Diagnostic, Diagnostics, FlowErrors, Place
from ivr_engine.flow.documents import Documents, read_folder
from ivr_engine.flow.expressions_contact import contact_types
from ivr_engine.flow.hours import Hours
from ivr_engine.flow.hours_document import Calendars, read_hours
from ivr_engine.flow.interpreter import Walk
from ivr_engine.flow.interpreter_state import Script
from ivr_engine.flow.numbers import Registry
from ivr_engine.flow.numbers_document import check_spoken, read_numbers
from ivr_engine.flow.prompts import LANGUAGES, Manifest, Recordings, read_prompts
from ivr_engine.flow.proofs import Promise, Proofs, flows_of_queues, prove, read_promise
from ivr_engine.flow.proofs_graph import Heard
from ivr_engine.flow.queue_announcements import check_announced, wait_phrases
from ivr_engine.flow.queues import Queues, read_queues
from ivr_engine.flow.recordings import read_recordings
from ivr_engine.flow.routing_rules import USUAL_ROUTING
from ivr_engine.flow.shape import Shaped, shape_flow
from ivr_engine.flow.shape_reader import Known
from ivr_engine.flow.shape_variables import declared, find_variables
from ivr_engine.flow.steps import Flow, FlowId, PromptId

_PROMPTS, _QUEUES, _NUMBERS, _HOURS = "prompts.yaml", "queues.yaml", "numbers.yaml", "hours.yaml"
_PROOFS = "proofs.yaml"
HOMES = {
    _PROMPTS: prompts_document.SECTIONS,
    _QUEUES: queues_document.SECTIONS,
    _NUMBERS: numbers_document.SECTIONS,
    _HOURS: hours_document.SECTIONS,
    _PROOFS: proofs_document.SECTIONS,
}
"""Where each section stands by habit. A new section is named by the module that reads it and gets a row here."""


_NOWHERE = QueueId("")


@dataclass(frozen=True, slots=True)
class Revision:
    """One checked version of everything that the operators wrote. `id` is a hash of its documents."""

    id: str
    numbers: Registry
    queues: tuple[QueueSettings, ...]
    manifest: Manifest
    warnings: tuple[Diagnostic, ...] = ()
    hours: Hours = field(default_factory=Hours)
    skills: frozenset[Skill] = frozenset()
    person: QueueId = _NOWHERE
    proofs: Proofs = field(default_factory=Proofs)
    routing: RoutingPolicy = USUAL_ROUTING
    _script: Script = field(default_factory=lambda: Script({}, Registry()), repr=False)
    places: Mapping[tuple[FlowId, str], Place] = field(default_factory=dict, repr=False, compare=False)
    """Where each step is written."""
    phrases: Mapping[str, WaitPhrases] = field(default_factory=dict)
    """Language → how place and wait are said to who waits."""
    music: Mapping[str, Place] = field(default_factory=dict, repr=False, compare=False)
    """Class of the switch's music → where it is listed."""

    @property
    def flows(self) -> Mapping[FlowId, Flow]:
        """Every flow, by its name: for whoever looks at what citizens can reach."""
        return self._script.flows

    def converse(self, card: CallerCard) -> Conversation:
        """The conversation that the number on the card leads to; implements `core.conversation.Converse`."""
        return Walk(self._script, card)

    def spoken_in(self, language: str) -> "Revision":
        """The same, as if every number were somebody's who speaks that language: to try what they hear."""
        spoken = {number: replace(entry, language=language) for number, entry in self.numbers.entries.items()}
        numbers = replace(self.numbers, entries=spoken)
        return replace(self, numbers=numbers, _script=replace(self._script, numbers=numbers))


def load(folder: Path, *, today: date | None = None) -> Revision:
    """Read and check a folder. Raises FlowErrors with everything that is wrong, and nothing else.

    Whoever tells the day is warned of exceptions and emergencies that are over.
    """
    diagnostics = Diagnostics()
    documents = read_folder(folder, HOMES, diagnostics)
    return compiled(documents, read_recordings(folder, diagnostics), diagnostics, today=today)


def compiled(
    documents: Documents, recordings: Recordings, diagnostics: Diagnostics, *, today: date | None = None
) -> Revision:
    """The revision of documents that were read, from wherever. Raises FlowErrors with all that is wrong with them."""
    prompts_node = documents.document(_PROMPTS, HOMES[_PROMPTS])
    queues_node = documents.document(_QUEUES, HOMES[_QUEUES])
    numbers_node = documents.document(_NUMBERS, HOMES[_NUMBERS])
    hours_node = documents.document(_HOURS, HOMES[_HOURS])

    manifest = read_prompts(prompts_node, recordings, diagnostics) if prompts_node else Manifest()
    queues = Queues()
    if queues_node is not None:
        spoken = _spoken(manifest, documents.names("prompts"))
        queues = read_queues(
            queues_node,
            diagnostics,
            frozenset(documents.flows),
            spoken,
            None if "hours" in documents.doubtful else documents.names("hours") or frozenset(),
        )
    contact = contact_types(sorted(documents.names("agencies") or ()), LANGUAGES)
    takes, returns = (declared(documents.flows, key, diagnostics) for key in ("takes", "returns"))
    known = Known(
        prompts=documents.names("prompts"),
        queues=documents.names("queues"),
        skills=frozenset(map(str, queues.skills)) or None,
        flows=frozenset(documents.flows),
        hours=None if "hours" in documents.doubtful else documents.names("hours") or frozenset(),
        contact=contact,
        variables=find_variables(documents.flows, contact, takes, returns, diagnostics),
        takes=takes,
        returns=returns,
    )
    calendars = read_hours(hours_node, known.prompts, diagnostics) if hours_node else Calendars()
    flows: dict[FlowId, Shaped] = {}
    for name, node in documents.flows.items():
        shaped = shape_flow(name, node, known, diagnostics) if node is not None else None
        if shaped is not None:
            flows[name] = shaped
    numbers = Registry()
    if numbers_node is not None:
        named = None if "hours" in documents.doubtful else frozenset(calendars.hours.calendars)
        numbers = read_numbers(numbers_node, known, queues.person, diagnostics, named)

    checked = {name: shaped.flow for name, shaped in flows.items()}
    proofs_node = documents.document(_PROOFS, HOMES[_PROOFS])
    promise = Promise()
    if proofs_node is not None and proofs_node.keys:
        promise = read_promise(proofs_node, documents.names("numbers"), diagnostics)
    places = {(name, label): form.table.place for name, shaped in flows.items() for label, form in shaped.forms.items()}
    elsewhere = [flow for flow in flows_of_queues(queues.settings.values()) if flow in checked]
    recording = [queue for queue in queues.settings.values() if queue.recording.notice]
    notices = {queue.id: PromptId(queue.recording.notice) for queue in recording}
    heard = Heard(manifest.prompt_ms, notices)
    graph, proofs = prove(checked, numbers, promise, heard, places, elsewhere, diagnostics)
    check_values(checked, graph, frozenset(known.variables.types), places, diagnostics)
    check_languages(flows, graph, manifest, diagnostics)
    check_spoken(numbers, manifest, diagnostics)
    if queues_node is not None and "prompts" not in documents.doubtful:
        ways = {state.language for state in graph.ways}
        check_announced(queues.settings.values(), queues.phrases, manifest, ways, queues_node.place, diagnostics)
    check_kept(flows, diagnostics)
    if diagnostics.errors:
        raise FlowErrors(diagnostics.in_order())
    warn_unreached(flows, graph, diagnostics)
    calendars.warn_unspoken(manifest, {state.language for state in graph.ways}, diagnostics)
    if today is not None:
        calendars.warn_past(today, diagnostics)
    closing = {queue.id: queue.hours for queue in queues.settings.values() if queue.hours}
    script = Script(checked, numbers, manifest, calendars.hours, known.variables, closing, notices)
    return Revision(
        documents.id,
        numbers,
        tuple(queues.settings.values()),
        manifest,
        diagnostics.in_order(),
        calendars.hours,
        queues.skills,
        queues.person,
        proofs,
        queues.routing,
        script,
        places,
        wait_phrases(queues.phrases, manifest),
        queues.music,
    )


def _spoken(manifest: Manifest, prompts: frozenset[str] | None) -> Mapping[str, Mapping[str, str]] | None:
    """Prompt → language → recording, for what is said to who waits."""
    if prompts is None:
        return None
    spoken: dict[str, dict[str, str]] = {prompt: {} for prompt in prompts}
    for (prompt, language), recording in manifest.files.items():
        spoken.setdefault(prompt, {})[language] = recording.file
    return spoken
