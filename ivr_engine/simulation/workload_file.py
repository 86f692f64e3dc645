"""Reading a workload from YAML: every mistake with file, line and column, nothing guessed. See docs/simulation.md."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ivr_engine.flow.diagnostics import Diagnostics, FlowErrors, Place
from ivr_engine.flow.form import Form
from ivr_engine.flow.source import Items, Node, Table, Text, read
from ivr_engine.simulation.workload import (
    HALF_HOURS,
    HOURS,
    Crew,
    Desks,
    Extra,
    Kind,
    NightMix,
    Spread,
    Turns,
    Workload,
)

MOST_CONTACTS = 5_000_000
"""A hundred days of 120: more does not fit into memory beside its fates."""

MOST_SECONDS = 86_400.0
MOST_AGENTS = 100_000

_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", re.ASCII)
_WORDS = ("title", "contacts", "hours_percent", "pickup", "night", "classes", "surge", "crews", "contractors", "missed")
_NIGHT = ("hours", "class", "share_percent")
_CLASS = ("share_percent", "handle", "patience", "weights", "protected")
_SPREAD = ("mean_seconds", "cv", "lognormal", "least_seconds")
_SURGE = ("contacts", "from_hour", "to_hour", "classes")
_CREW = ("carries", "always", "turns", "desks", "within_seconds", "target_percent", "scale", "least", "least_at_night")
_TURNS = ("sets", "take", "proficiency")
_DESKS = ("of", "first_take", "second_take")
_CONTRACTORS = ("shares", "bound")
_MISSED = ("share_percent", "rest_seconds")


def workload(file: str, content: bytes) -> Workload:
    """Raises FlowErrors with every mistake."""
    diagnostics = Diagnostics()
    form = Form.of(read(file, content, diagnostics), diagnostics, "a workload", _WORDS)
    made = _Reader(diagnostics).workload(form) if form is not None else None
    if diagnostics.errors or made is None:
        raise FlowErrors(diagnostics.in_order())
    return made


@dataclass(slots=True)
class _Reader:
    diagnostics: Diagnostics

    def workload(self, form: Form) -> Workload | None:
        found = self.diagnostics
        hours = self.numbers(form, "hours_percent", HOURS)
        kinds, groups = self.kinds(form)
        names = [kind.name for kind in kinds]
        crews = self.crews(form, names, groups)
        for name in names:
            if not any(name in crew.carries for crew in crews):
                found.error(form.place("classes"), "carried_by_nobody", "no crew carries this class", found=name)
        if form.has("surge"):
            self.surge(form, names, groups)
        if found.errors or not hours or not kinds:
            return None
        contractors = form.below("contractors", "the contractors", _CONTRACTORS)
        missed = form.below("missed", "missed rings", _MISSED)
        night = self.night(form, names)
        whole = sum(kind.share for kind in kinds)
        return Workload(
            title=form.text("title"),
            contacts=form.whole("contacts", 1, 999_999, 1),
            by_hour=tuple(share / sum(hours) for share in hours),
            kinds=tuple(replace(kind, share=kind.share / whole) for kind in kinds),
            crews=crews,
            pickup=self.spread(form, "pickup"),
            night=night,
            extra=self.surge(form, names, groups) if form.has("surge") else None,
            contractors={} if contractors is None else self.shares(contractors, "shares"),
            bound=contractors is not None and contractors.truth("bound", default=False),
            missed_share=0.0 if missed is None else self.number(missed, "share_percent", 0, 100) / 100,
            rest_seconds=60.0 if missed is None else self.number(missed, "rest_seconds", 0, MOST_SECONDS, 60.0),
        )

    # ── parts ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def kinds(self, form: Form) -> tuple[list[Kind], dict[str, tuple[str, ...]]]:
        """The classes, and what each written name stands for: itself, or the classes between which its weights part
        it."""
        kinds: list[Kind] = []
        groups: dict[str, tuple[str, ...]] = {}
        below = form.below("classes", "the classes", None, required=True)
        for name, one in below.forms("class", _CLASS) if below is not None else ():
            if below is None or not below.key_is_name(name):
                continue
            share = self.number(one, "share_percent", 0, 100)
            handle, patience = self.spread(one, "handle"), self.spread(one, "patience")
            protected = one.truth("protected", default=False)
            weights = self.shares(one, "weights") if one.has("weights") else {name: 1.0}
            groups[name] = tuple(weights)
            whole = sum(weights.values()) or 1.0
            for part, weight in weights.items():
                if any(kind.name == part for kind in kinds):
                    self.diagnostics.error(one.place("weights"), "doubled", "this class stands twice", found=part)
                kinds.append(Kind(part, share * weight / whole, handle, patience, protected))
        return kinds, groups

    def night(self, form: Form, names: list[str]) -> NightMix | None:
        below = form.below("night", "the night", _NIGHT)
        if below is None:
            return None
        hours = frozenset(int(one) for one in self.numbers(below, "hours", None, HOURS - 1))
        return NightMix(hours, below.one_of("class", names), self.number(below, "share_percent", 0, 100) / 100)

    def surge(self, form: Form, names: list[str], groups: dict[str, tuple[str, ...]]) -> Extra | None:
        below = form.below("surge", "the surge", _SURGE)
        if below is None:
            return None
        from_hour = below.whole("from_hour", 0, HOURS - 1, 0)
        to_hour = below.whole("to_hour", 1, HOURS, HOURS)
        if to_hour <= from_hour:
            below.error("to_hour", "hours", "'to_hour' must be after 'from_hour'")
        kinds = self.classes(below, "classes", names, groups)
        return Extra(below.whole("contacts", 1, 999_999, 1), from_hour, to_hour, kinds)

    def crews(self, form: Form, names: list[str], groups: dict[str, tuple[str, ...]]) -> tuple[Crew, ...]:
        crews: list[Crew] = []
        below = form.below("crews", "the crews", None, required=True)
        for name, one in below.forms("crew", (*_CREW, "each_half_hour")) if below is not None else ():
            if below is None or not below.key_is_name(name):
                continue
            written = self.numbers(one, "each_half_hour", HALF_HOURS) if one.has("each_half_hour") else ()
            always = {skill: int(level) for skill, level in self.levels(one, "always", names, groups)}
            desks = self.desks(one, names, groups)
            turns = self.turns(one, names, groups)
            if not always and desks is None and not turns:
                self.diagnostics.error(below.table.keys[name], "no_skills", "a crew needs always, turns or desks")
            crews.append(
                Crew(
                    name=name,
                    carries=self.classes(one, "carries", names, groups),
                    always=always,
                    turns=turns,
                    desks=desks,
                    within_seconds=self.number(one, "within_seconds", 0, MOST_SECONDS, 13.0),
                    target=self.number(one, "target_percent", 0, 99.9, 80.0) / 100,
                    scale=self.number(one, "scale", 0, 100, 1.0),
                    least=one.whole("least", 0, 9_999, 0),
                    least_at_night=one.whole("least_at_night", 0, 9_999, 0),
                    written=tuple(int(count) for count in written),
                )
            )
        return tuple(crews)

    def turns(self, form: Form, names: list[str], groups: dict[str, tuple[str, ...]]) -> tuple[Turns, ...]:
        found = []
        for index, node in enumerate(self.listed(form, "turns")):
            one = Form.of(node, self.diagnostics, f"turn {index + 1}", _TURNS)
            if one is None:
                continue
            sets: list[tuple[str, ...]] = []
            for item in self.listed(one, "sets"):
                words = item.items if isinstance(item, Items) else (item,)
                parts = [self.expanded(word, names, groups) for word in words]
                # a bare group is a circle of its classes; a list is one set
                sets += [(part,) for part in parts[0]] if not isinstance(item, Items) else [sum(parts, ())]
            if not sets:
                one.error("sets", "empty", "'sets' needs at least one")
                continue
            take = one.whole("take", 1, len(sets), 1)
            found.append(Turns(tuple(sets), take, one.whole("proficiency", 1, 5, 3)))
        return tuple(found)

    def desks(self, form: Form, names: list[str], groups: dict[str, tuple[str, ...]]) -> Desks | None:
        below = form.below("desks", "the desks", _DESKS)
        if below is None:
            return None
        desks = {
            word.value: self.expanded(word, names, groups)
            for word in self.listed(below, "of")
            if isinstance(word, Text)
        }
        if len(desks) < 2:
            below.error("of", "desks", "two desks at least: each position has a first and a second")
            return None
        most = max(len(circle) for circle in desks.values()) or 1
        return Desks(desks, below.whole("first_take", 1, most, 1), below.whole("second_take", 1, most, 1))

    # ── values ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def spread(self, form: Form, key: str) -> Spread:
        below = form.below(key, f"'{key}'", _SPREAD, required=True)
        if below is None:
            return Spread(1.0)
        return Spread(
            mean_seconds=self.number(below, "mean_seconds", 0, MOST_SECONDS),
            cv=self.number(below, "cv", 0, 20, 1.0),
            lognormal=below.truth("lognormal", default=False),
            least_seconds=self.number(below, "least_seconds", 0, MOST_SECONDS, 0.0),
        )

    def number(self, form: Form, key: str, lowest: float, highest: float, default: float | None = None) -> float:
        if not form.has(key):
            if default is None:
                form.missing(key)
            return default or 0.0
        return self.value(form.table.entries[key], key, lowest, highest)

    def value(self, node: Node, key: str, lowest: float, highest: float) -> float:
        written = node.value if isinstance(node, Text) else ""
        number = float(written) if _NUMBER.fullmatch(written) else -1.0
        if not lowest <= number <= highest:
            what = f"'{key}' must be a number from {lowest:g} to {highest:g}"
            self.diagnostics.error(node.place, "number", what, found=written or None)
            return lowest
        return number

    def numbers(self, form: Form, key: str, count: int | None, highest: float = MOST_AGENTS) -> tuple[float, ...]:
        items = self.listed(form, key)
        if count is not None and len(items) != count:
            form.error(key, "count", f"'{key}' needs {count} numbers, and has {len(items)}")
            return ()
        return tuple(self.value(item, key, 0, highest) for item in items)

    def shares(self, form: Form, key: str) -> dict[str, float]:
        below = form.below(key, f"'{key}'", None, required=True)
        entries = below.table.entries.items() if below is not None else ()
        return {name: self.value(node, name, 0, 100) for name, node in entries}

    def levels(
        self, form: Form, key: str, names: list[str], groups: dict[str, tuple[str, ...]]
    ) -> Iterable[tuple[str, float]]:
        below = form.below(key, f"'{key}'", None)
        if below is None:
            return
        for name, node in below.table.entries.items():
            level = self.value(node, name, 1, 5)
            for skill in self.known(name, below.table.keys[name], names, groups):
                yield skill, level

    def classes(self, form: Form, key: str, names: list[str], groups: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
        return tuple(skill for item in self.listed(form, key) for skill in self.expanded(item, names, groups))

    def expanded(self, node: Node, names: list[str], groups: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
        if isinstance(node, Text):
            return self.known(node.value, node.place, names, groups)
        self.diagnostics.error(node.place, "not_a_value", "the name of a class is one value")
        return ()

    def known(self, name: str, place: Place, names: list[str], groups: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
        found = groups.get(name) or ((name,) if name in names else ())
        if not found:
            allowed = sorted({*names, *groups})
            self.diagnostics.error(place, "unknown_class", "no such class", found=name, allowed=allowed)
        return found

    def listed(self, form: Form, key: str) -> tuple[Node, ...]:
        if not form.has(key):
            return ()
        node = form.table.entries[key]
        if isinstance(node, Items):
            return node.items
        if isinstance(node, Table):
            form.error(key, "not_a_list", f"'{key}' must be a list")
            return ()
        return (node,)
