"""Differences between two revisions on paper: text for a terminal, Markdown for a review, JSON for scripts."""

from collections.abc import Iterator, Mapping

from ivr_engine.flow.differences import Difference, Differences, NumbersChanged

NUMBERS_NAMED = 6
"""How many alike numbers are listed before their count."""


def as_text(found: Differences) -> str:
    """For people, without a line end after it."""
    return "\n".join(_lines(found, head="{}:", item="  {}"))


def as_markdown(found: Differences) -> str:
    """For a review: headings and lists."""
    title = f"# What changes for callers: {found.old} → {found.new}"
    return "\n".join([title, "", *_lines(found, head="\n## {}\n", item="- {}")])


def as_plain(found: Differences) -> dict[str, object]:
    """As JSON values."""
    return {
        "old": found.old,
        "new": found.new,
        "numbers": [
            {
                "numbers": list(group.numbers),
                "differences": [
                    {"after": list(one.after), "when": one.when, "says": one.says} for one in group.differences
                ],
            }
            for group in found.numbers
        ],
        "queues": {name: list(lines) for name, lines in found.queues.items()},
        "hours": {name: list(lines) for name, lines in found.hours.items()},
        "centre": list(found.centre),
        "recordings": list(found.recordings),
    }


def _lines(found: Differences, *, head: str, item: str) -> Iterator[str]:
    if found.none:
        yield "nothing changes for callers"
        return
    for group in found.numbers:
        yield head.format(_named(group))
        for one in group.differences:
            yield item.format(_sentence(one))
    for what, rows in (("queue", found.queues), ("hours", found.hours)):
        yield from _rows(what, rows, head, item)
    for name, lines in (("all queues", found.centre), ("recorded anew", found.recordings)):
        if lines:
            yield head.format(name)
            yield from (item.format(line) for line in lines)


def _rows(what: str, rows: Mapping[str, tuple[str, ...]], head: str, item: str) -> Iterator[str]:
    for name, lines in rows.items():
        yield head.format(f"{what} {name}")
        yield from (item.format(line) for line in lines)


def _named(group: NumbersChanged) -> str:
    shown = ", ".join(group.numbers[:NUMBERS_NAMED])
    more = len(group.numbers) - NUMBERS_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def _sentence(one: Difference) -> str:
    after = f"after {', '.join(map(_key, one.after))}" if one.after else ""
    where = ", ".join(part for part in (one.when, after) if part)
    return f"{where}: {one.says}" if where else one.says


def _key(reply: str) -> str:
    return f"key {reply}" if len(reply) == 1 else reply
