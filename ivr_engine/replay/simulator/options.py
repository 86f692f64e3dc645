"""Option letters of applications: `gb(context^exten^1(…))U(…)` → letter → what stands in its brackets."""

from ivr_engine.replay.simulator.legs import Place
from ivr_engine.replay.simulator.words import WordError


def read_options(source: str, *, flags: str, valued: str) -> dict[str, str]:
    """Letters with "" for a flag. Raises WordError for one that the model does not know."""
    options: dict[str, str] = {}
    position = 0
    while position < len(source):
        letter = source[position]
        position += 1
        value = ""
        if position < len(source) and source[position] == "(":
            depth, began = 0, position + 1
            while position < len(source):
                depth += {"(": 1, ")": -1}.get(source[position], 0)
                position += 1
                if depth == 0:
                    break
            value = source[began : position - 1]
        if letter not in flags + valued:
            raise WordError(f"the model knows no option {letter!r} here")
        options.setdefault(letter, value)
    return options


def read_place(source: str) -> Place:
    """`context^exten^priority`. Raises WordError."""
    parts = source.split("^")
    if len(parts) != 3:
        raise WordError(f"{source!r} is no context^extension^priority")
    return parts[0], parts[1], parts[2]
