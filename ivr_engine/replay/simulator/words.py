"""The dialplan's language inside a line: `${VARIABLE:0:6}`, `${FUNCTION(…)}`, `$[ … ]`, compiled once into closures.

Only what the project's contexts use. Values are text, as in Asterisk; two numbers compare as numbers.
"""

import re
from collections.abc import Callable

from ivr_engine.asterisk.translate.words import WAV_BYTES_EACH_MS, WAV_HEADER_BYTES
from ivr_engine.replay.simulator.legs import Leg
from ivr_engine.replay.simulator.plan import letters

Value = Callable[[Leg], str]
Store = Callable[[Leg, str], None]


class WordError(ValueError):
    """A word that the model does not know."""


# ── cutting ─────────────────────────────────────────────────────────────────────────────────────────────────────────
_OPENING, _CLOSING = "({[", ")}]"


def split(text: str, separator: str, *, limit: int = 0) -> list[str]:
    """The parts between separators that stand in no bracket and in no quotes."""
    parts: list[str] = []
    depth, began, quoted = 0, 0, False
    for position, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif letter in _OPENING:
            depth += 1
        elif letter in _CLOSING:
            depth -= 1
        elif letter == separator and depth == 0 and (not limit or len(parts) < limit):
            parts.append(text[began:position])
            began = position + 1
    parts.append(text[began:])
    return parts


def _matching(text: str, at: int, opening: str, closing: str) -> int:
    """Where the bracket that opens at `at` is closed."""
    depth = 0
    for position in range(at, len(text)):
        if text[position] == opening:
            depth += 1
        elif text[position] == closing:
            depth -= 1
            if depth == 0:
                return position
    raise WordError(f"{opening} is never closed in {text!r}")


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def text(source: str) -> Value:
    """What the text is once variables and expressions are put in. Raises WordError."""
    parts: list[Value] = []
    plain = ""
    position = 0
    while position < len(source):
        two = source[position : position + 2]
        if two in ("${", "$["):
            end = _matching(source, position + 1, two[1], "}" if two == "${" else "]")
            inner = source[position + 2 : end]
            if plain:
                parts.append(_constant(plain))
                plain = ""
            parts.append(reference(inner) if two == "${" else expression(inner))
            position = end + 1
        else:
            plain += source[position]
            position += 1
    if plain or not parts:
        parts.append(_constant(plain))
    if len(parts) == 1:
        return parts[0]
    return lambda leg: "".join([part(leg) for part in parts])


def _constant(value: str) -> Value:
    return lambda _leg: value


def reference(inner: str) -> Value:
    """The inside of `${…}`: a variable or a function, perhaps a part of its value. Raises WordError."""
    name, *cut = split(inner, ":")
    value = _function(name) if "(" in name else _variable(name)
    if not cut:
        return value
    offset = int(cut[0])
    if len(cut) == 1:
        return lambda leg: value(leg)[offset:]
    end = offset + int(cut[1])
    return lambda leg: value(leg)[offset:end]


def _variable(name: str) -> Value:
    if "$" in name:
        raise WordError(f"a variable whose name is computed: {name}")
    own = _OF_THE_LEG.get(name)
    if own is not None:
        return own

    def read(leg: Leg) -> str:
        value = leg.variables.get(name)
        return value if value is not None else leg.exchange.global_variables.get(name, "")

    return read


_OF_THE_LEG: dict[str, Value] = {
    "UNIQUEID": lambda leg: leg.uniqueid,
    "EXTEN": lambda leg: leg.exten,
    "HANGUPCAUSE": lambda leg: leg.cause,
    "EPOCH": lambda leg: str(leg.exchange.wall_ms // 1000),
}


def _function(call: str) -> Value:
    name, arguments = _call(call)
    make = _FUNCTIONS.get(name)
    if make is None:
        raise WordError(f"the model knows no function {name}()")
    return make(*arguments)


def _call(call: str) -> tuple[str, list[str]]:
    name, _, rest = call.partition("(")
    if not rest.endswith(")"):
        raise WordError(f"{call!r} is no function call")
    return name.strip(), split(rest[:-1], ",")


def _filter(allowed: str, source: str) -> Value:
    kept, value = frozenset(letters(allowed)), text(source)
    return lambda leg: "".join([letter for letter in value(leg) if letter in kept])


def _cut(of: str, separator: str, field: str) -> Value:
    value, index = reference(of), int(field) - 1

    def cut(leg: Leg) -> str:
        parts = value(leg).split(separator)
        return parts[index] if index < len(parts) else ""

    return cut


def _header(action: str, name: str) -> Value:
    if (action, name) != ("read", "From"):
        raise WordError(f"PJSIP_HEADER({action},{name}): the model has only From to read")
    return lambda leg: leg.from_header


def _strftime(epoch: str, zone: str, form: str) -> Value:
    if epoch or zone or form != "%s%3q":
        raise WordError(f"STRFTIME({epoch},{zone},{form}): the model tells milliseconds of now, %s%3q")
    return lambda leg: str(leg.exchange.wall_ms)


def _trylock(name: str) -> Value:
    value = text(name)

    def lock(leg: Leg) -> str:
        wanted, locks = value(leg), leg.exchange.locks
        if wanted not in locks:
            locks[wanted] = leg
            leg.locks.append(wanted)
        return "1" if locks[wanted] is leg else "0"

    return lock


def _import(leg_name: str, of: str) -> Value:
    name, value = text(leg_name), reference(of)

    def read(leg: Leg) -> str:
        other = leg.exchange.legs.find_from(leg, name(leg))
        return value(other) if other is not None else ""

    return read


def _channel(item: str) -> Value:
    if item == "name":
        return lambda leg: leg.name
    if item == "endpoint":
        return lambda leg: leg.endpoint
    raise WordError(f"CHANNEL({item}): the model knows name and endpoint")


def _stat(item: str, path: str) -> Value:
    """The size of a recording, as a wav file has it."""
    if item != "s" or not path.endswith(".wav"):
        raise WordError(f"STAT({item},{path}): the model knows the size of recordings")
    file = text(path.removesuffix(".wav"))

    def size(leg: Leg) -> str:
        length_ms = leg.exchange.recordings.get(file(leg))
        return "" if length_ms is None else str(WAV_HEADER_BYTES + length_ms * WAV_BYTES_EACH_MS)

    return size


def _caller(item: str) -> Value:
    return lambda leg: leg.variables.get(f"CALLERID({item})", "")


_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "CALLERID": _caller,
    "FILTER": _filter,
    "CUT": _cut,
    "PJSIP_HEADER": _header,
    "STAT": _stat,
    "STRFTIME": _strftime,
    "TRYLOCK": _trylock,
    "IMPORT": _import,
    "CHANNEL": _channel,
}


# ── expressions ─────────────────────────────────────────────────────────────────────────────────────────────────────
_OPERATORS = (("|", "&"), ("!=", ">=", "<=", "=", ">", "<"), ("+", "-"))
"""Loosest first; what stands on one line binds alike, from the left."""


def expression(source: str) -> Value:
    """The value of `$[…]`: 1 or 0, or a number. Raises WordError."""
    return _level(_tokens(source), 0)


def true(value: str) -> bool:
    """What GotoIf and ExecIf call true."""
    return value not in ("", "0")


_OPERATOR = re.compile(r"!=|>=|<=|[|&=<>+]|-(?=\s)")


def _tokens(source: str) -> list[str]:
    """Operands and operators in turn."""
    tokens: list[str] = []
    depth, began, position, quoted = 0, 0, 0, False
    while position < len(source):
        letter = source[position]
        if letter == '"' and depth == 0:
            quoted = not quoted
        elif letter in _OPENING:
            depth += 1
        elif letter in _CLOSING:
            depth -= 1
        elif depth == 0 and not quoted and (found := _OPERATOR.match(source, position)):
            tokens += [source[began:position].strip(), found[0]]
            position = began = found.end()
            continue
        position += 1
    return [*tokens, source[began:].strip()]


def _level(tokens: list[str], level: int) -> Value:
    if level == len(_OPERATORS):
        if len(tokens) != 1:
            raise WordError(f"an expression that the model cannot read: {' '.join(tokens)}")
        operand = tokens[0]
        quoted = len(operand) >= 2 and operand[0] == operand[-1] == '"'
        return text(operand[1:-1] if quoted else operand)
    for position in range(len(tokens) - 2, 0, -2):
        if tokens[position] in _OPERATORS[level]:
            return _operation(
                tokens[position], _level(tokens[:position], level), _level(tokens[position + 1 :], level + 1)
            )
    return _level(tokens, level + 1)


def _operation(operator: str, left: Value, right: Value) -> Value:
    decide = _DECIDES.get(operator)
    if decide is not None:
        return lambda leg: "1" if decide(*_alike(left(leg), right(leg))) else "0"
    match operator:
        case "|":
            return lambda leg: next((value for value in (left(leg), right(leg)) if true(value)), "0")
        case "&":
            return lambda leg: left(leg) if true(left(leg)) and true(right(leg)) else "0"
        case "+":
            return lambda leg: str(_number(left(leg)) + _number(right(leg)))
        case _:
            return lambda leg: str(_number(left(leg)) - _number(right(leg)))


_DECIDES: dict[str, Callable[[object, object], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">": lambda a, b: a > b,  # type: ignore[operator]
    "<": lambda a, b: a < b,  # type: ignore[operator]
    ">=": lambda a, b: a >= b,  # type: ignore[operator]
    "<=": lambda a, b: a <= b,  # type: ignore[operator]
}


def _alike(left: str, right: str) -> tuple[object, object]:
    try:
        return int(left), int(right)
    except ValueError:
        return left, right


def _number(value: str) -> int:
    try:
        return int(value or "0")
    except ValueError:
        return 0


_SHOWN = frozenset(
    {"CALLERID(num)", "CALLERID(name)", "CALLERID(all)", "CALLERID(dnid)", "CHANNEL(musicclass)", "CHANNEL(language)"}
)
"""What is only shown or played: kept on the leg, without any effect here."""


# ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def assignment(source: str) -> Callable[[Leg], None]:
    """`NAME=value`, where NAME may be TIMEOUT(absolute) or DB(family/key). Raises WordError."""
    name, equals, right = source.partition("=")
    if "(" in name:
        depth_safe = split(source, "=", limit=1)
        if len(depth_safe) == 2:
            name, right = depth_safe
            equals = "="
    if not equals:
        raise WordError(f"{source!r} assigns nothing")
    store, value = target(name.strip()), text(right)
    return lambda leg: store(leg, value(leg))


def target(name: str) -> Store:
    """Where a value goes: a variable of the leg, its absolute timeout, or the switch's database. Raises WordError."""
    if name == "TIMEOUT(absolute)":
        return lambda leg, value: leg.exchange.set_absolute(leg, _number(value))
    if name.startswith("DB("):
        key = text(_call(name)[1][0])
        return lambda leg, value: leg.exchange.database.__setitem__(key(leg), value)
    if name in _SHOWN:
        return lambda leg, value: leg.variables.__setitem__(name, value)
    if "(" in name or "$" in name:
        raise WordError(f"the model cannot set {name}")
    return lambda leg, value: leg.set(name, value)
