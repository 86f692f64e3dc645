"""Numbers put into a document that people wrote: what did not change stays as it is, letter by letter."""

from collections.abc import Mapping

from ivr_engine.flow.numbers import NumberEntry, Registry
from ivr_engine.flow.numbers_csv import LISTS, SERVICE_COLUMNS, cells_of

_PLAIN = ("agency", "flow", "queue", "language", "hours", "notice_until", "from", "until", "rolled_back")


def edited(document: str, registry: Registry, entries: Mapping[str, NumberEntry]) -> str:
    """The document with these numbers instead of those of `registry`, which was read from it.

    A number that is the same keeps its line and the comments around it, one that changed gets a line of its own in
    the same place, a new one stands last. Numbers that share a line are all written anew, one a line.
    """
    lines = document.splitlines(keepends=True)
    begins = [place.line for place in registry.places.values()]
    section = registry.section.line if registry.section is not None else 1
    end = _end(lines, section)
    if len(set(begins)) < len(begins) or min(begins) == section:
        new = ["numbers:\n", *map(line_of, entries.values())]
        return "".join([*lines[: section - 1], *new, *lines[end:]])
    parts = lines[: min(begins) - 1]
    for (number, place), following in zip(
        registry.places.items(), [*(begin - 1 for begin in begins[1:]), end], strict=True
    ):
        own = _own_end(lines, place.line, following)
        after = entries.get(number)
        if after == registry.entries[number]:
            parts += lines[place.line - 1 : own]
        elif after is not None:
            parts.append(line_of(after))
        parts += lines[own:following]
    if parts and not parts[-1].endswith("\n"):
        parts.append("\n")
    added = [line_of(entry) for number, entry in entries.items() if number not in registry.entries]
    return "".join([*parts, *added, *lines[end:]])


def line_of(entry: NumberEntry) -> str:
    """One number on one line."""
    return f'  "{entry.number}": {_fields(entry)}\n'


def _end(lines: list[str], section: int) -> int:
    """Where the section that begins in a line ends: before the next key, less the comments that stand above that."""
    end = section
    while end < len(lines) and (not lines[end].strip() or lines[end][0] in " #\t"):
        end += 1
    if end < len(lines):
        end = _own_end(lines, section, end)
    return end


def _own_end(lines: list[str], begin: int, following: int) -> int:
    """Where an entry itself ends, without the empty lines and comments before the next one."""
    end = following
    while end > begin and (not lines[end - 1].strip() or lines[end - 1].lstrip()[0] == "#"):
        end -= 1
    return end


def changes(before: Mapping[str, NumberEntry], after: Mapping[str, NumberEntry]) -> tuple[int, int, int, int]:
    """How many numbers are added, changed, the same, removed."""
    added = sum(1 for number in after if number not in before)
    changed = sum(1 for number, entry in after.items() if number in before and before[number] != entry)
    removed = sum(1 for number in before if number not in after)
    return added, changed, len(after) - added - changed, removed


def _fields(entry: NumberEntry) -> str:
    cells = cells_of(entry)
    del cells["number"]
    if entry.language == "ko":
        del cells["language"]
    service = {key: cells.pop(key) for key in SERVICE_COLUMNS if key in cells}
    fields = [_field(key, cell) for key, cell in cells.items()]
    if service:
        fields.append(f"in_service: {{{', '.join(_field(key, cell) for key, cell in service.items())}}}")
    return f"{{{', '.join(fields)}}}"


def _field(key: str, cell: str) -> str:
    if key in LISTS:
        words = cell.split()
        return f"{key}: {words[0]}" if len(words) == 1 else f"{key}: [{', '.join(words)}]"
    return f"{key}: {cell}" if key in _PLAIN else f'{key}: "{cell}"'
