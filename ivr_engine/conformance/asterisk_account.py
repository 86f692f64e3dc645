"""What happened on a real switch, told in the words of every level.

Three witnesses: the journal (what the engine decided), the switch's own events (what a citizen heard and pressed), and
the director (what was done to the engine). Times are of the scenario.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ivr_engine.conformance.asterisk_ears import Music, Played, Pressed
from ivr_engine.flow.prompts import SOUNDS
from ivr_engine.replay.history import MUSIC, Happened, History, Verb
from ivr_engine.replay.journal_facts import Names, facts_of
from ivr_engine.replay.revisions import loaded
from ivr_engine.replay.scenario import Scenario
from ivr_engine.replay.simulator.sounds import Sounds
from ivr_engine.runtime.ports import JournalEntry
from sandbox.sipp import Fact


@dataclass(frozen=True, slots=True)
class Account:
    """Translates one run. `zero_wall_ms`: the scenario's zero (epoch); `documents`: the folder of its flows.

    `foreseen` says which keys are one press: the switch hears them one by one.
    """

    scenario: Scenario
    foreseen: History
    zero_wall_ms: int
    documents: Path

    def history(
        self,
        entries: Sequence[JournalEntry],
        sounds: Iterable[Played | Music | Pressed],
        done: Iterable[Happened],
        metrics: Mapping[str, float],
    ) -> History:
        """Everything in the order of time. Raises FlowErrors where the documents are wrong."""
        names = Names.of(self.scenario, self.zero_wall_ms)
        decided = facts_of(((entry.at_ms, entry.notices) for entry in entries), names)
        facts = [*decided, *self._together(self._sensed(sounds, names)), *done]
        facts.sort(key=lambda fact: fact.at_ms)
        return History(tuple(facts), metrics, max((fact.at_ms for fact in facts), default=0))

    def spoken(self, facts: Iterable[Fact], callers: Mapping[str, str]) -> Iterable[Happened]:
        """What citizens said, by their phones' own account; how long, they were told."""
        lasting = {
            citizen.name: [fact for fact in self.foreseen.of(citizen.name) if fact.verb is Verb.SPOKE]
            for citizen in self.scenario.citizens
        }
        names = {caller: name for name, caller in callers.items()}
        for fact in facts:
            citizen = names.get(fact.name)
            if fact.kind == "spoke" and citizen is not None and lasting[citizen]:
                told = lasting[citizen].pop(0)
                yield Happened(round(fact.at * 1_000) - self.zero_wall_ms, Verb.SPOKE, citizen, told.details)

    def _together(self, sensed: Iterable[Happened]) -> Iterable[Happened]:
        """Keys of one press become one fact, at the time of the first of them."""
        wanted = {
            citizen.name: [
                len(fact.details["keys"]) for fact in self.foreseen.of(citizen.name) if fact.verb is Verb.PRESSED
            ]
            for citizen in self.scenario.citizens
        }
        begun: dict[str, Happened] = {}
        for fact in sensed:
            if fact.verb is not Verb.PRESSED:
                yield fact
                continue
            before = begun.pop(fact.subject, None)
            whole = (
                fact
                if before is None
                else replace(before, details={"keys": before.details["keys"] + fact.details["keys"]})
            )
            lengths = wanted[fact.subject]
            if lengths and len(whole.details["keys"]) < lengths[0]:
                begun[fact.subject] = whole
            else:
                del lengths[:1]
                yield whole
        yield from begun.values()

    def _sensed(self, sounds: Iterable[Played | Music | Pressed], names: Names) -> Iterable[Happened]:
        """What citizens heard and pressed; a recording that is not there was tried, and not heard."""
        known = Sounds(self.documents, loaded(self.documents))
        playing: dict[str, str] = {}
        for sound in sounds:
            citizen = names.citizen(sound.uniqueid)
            if citizen == sound.uniqueid:
                continue  # an agent's keys
            at_ms = sound.at_ms - self.zero_wall_ms
            before = playing.pop(sound.uniqueid, "") if not isinstance(sound, Pressed) else ""
            if isinstance(sound, Music):
                playing[sound.uniqueid] = sound.music
                if sound.music != before:
                    yield Happened(at_ms, Verb.HEARD, citizen, {"prompt": f"{MUSIC}{sound.music}", "language": ""})
                continue
            if isinstance(sound, Played):
                at_ms += sum(known.length_ms(f"{SOUNDS}/{file}") or 0 for file in sound.after)
            if isinstance(sound, Pressed):
                yield Happened(at_ms, Verb.PRESSED, citizen, {"keys": sound.key})
            elif (self.documents / "prompts" / sound.language / f"{sound.file}.wav").exists():
                prompt, language = known.prompt(f"{SOUNDS}/{sound.language}/{sound.file}")
                yield Happened(at_ms, Verb.HEARD, citizen, {"prompt": prompt, "language": language})
