"""A set of documents of any size, such as a large city would write: for the benchmark, and for tests of speed."""

import wave
from pathlib import Path

STEPS_PER_FLOW = 100
PROMPTS = 40
LANGUAGES = ("ko", "en")
DOCUMENT_NUMBERS = 250


def write_set(folder: Path, steps: int, numbers: int) -> None:
    """Write about so many steps, in flows of a hundred, and so many numbers, with every kind of step among them."""
    (folder / "flows").mkdir(parents=True, exist_ok=True)
    _recordings(folder)
    _section(folder / "prompts.yaml", "prompts", _prompts())
    (folder / "queues.yaml").write_text(
        "skills: [general, transport, english]\nperson: general\nqueues:\n"
        "  general: {requirement: general}\n  transport: {requirement: transport}\n"
    )
    (folder / "hours.yaml").write_text("hours:\n  office:\n    week: {mon-fri: '09:00-18:00', sat-sun: closed}\n")
    flows = max(1, steps // STEPS_PER_FLOW)
    for number in range(flows):
        (folder / "flows" / f"flow_{number}.yaml").write_text(_flow(number, flows, steps // flows))
    for first in range(0, numbers, DOCUMENT_NUMBERS):
        entries = [
            f'"02{number:08}": {{flow: flow_{number % flows}, queue: general, language: {LANGUAGES[number % 2]}}}'
            for number in range(first, min(numbers, first + DOCUMENT_NUMBERS))
        ]
        _section(folder / f"numbers_{first}.yaml", "numbers", entries)


def naive_files(folder: Path) -> list[Path]:
    """What a naive loader would read."""
    return sorted(folder.rglob("*.yaml"))


def _recordings(folder: Path) -> None:
    for language in LANGUAGES:
        (folder / "prompts" / language).mkdir(parents=True, exist_ok=True)
        for number in range(PROMPTS):
            with wave.open(str(folder / "prompts" / language / f"sentence_{number}.wav"), "wb") as recording:
                recording.setparams((1, 2, 8000, 0, "NONE", ""))
                recording.writeframes(bytes(1600))


def _prompts() -> list[str]:
    return [f"sentence_{n}: {{milliseconds: 2000, text: {{ko: 문장 {n}, en: sentence {n}}}}}" for n in range(PROMPTS)]


def _section(file: Path, name: str, entries: list[str]) -> None:
    file.write_text(f"{name}:\n" + "".join(f"  {entry}\n" for entry in entries))


def _flow(number: int, flows: int, steps: int) -> str:
    """Menus that lead on, each with a handful of steps behind it."""
    lines = [f"title: flow {number}", "steps:"]
    blocks = max(1, steps // 10)
    for block in range(blocks):
        onward = f"menu_{block + 1}" if block + 1 < blocks else f"flow:flow_{(number + 1) % flows}"
        sentence = f"sentence_{(number * 7 + block) % PROMPTS}"
        lines += [
            f"  menu_{block}:",
            f"    menu: [{sentence}]",
            f'    choices: {{"1": ask_{block}, "2": count_{block}, "3": desk_{block}, "9": {onward}}}',
            "    tries: 2",
            "    on_silence: person",
            f"  ask_{block}: {{collect: account, prompts: {sentence}, min_keys: 4, max_keys: 8}}",
            f"  open_{block}: {{hours: office, open: play_{block}, closed: bye_{block}}}",
            f"  play_{block}: {{play: {sentence}, next: switch_{block}}}",
            f"  switch_{block}: {{switch: account == '1234' and now.time between 09:00 and 18:00,"
            f" cases: {{'true': desk_{block}}}, otherwise: person}}",
            f"  count_{block}: {{set: {{rounds: visits + 1}}}}",
            f"  more_{block}: {{switch: rounds, cases: {{1: desk_{block}, 2: note_{block}}}, otherwise: desk_{block}}}",
            f"  desk_{block}: {{queue: transport, requirement: [english], priority: 1}}",
            f"  note_{block}: {{play: [{sentence}, {sentence}]}}",
            f"  bye_{block}: {{hangup: closed}}",
        ]
    return "\n".join(lines) + "\n"
