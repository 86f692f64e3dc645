"""Small mistakes, one at a time, in a module's source: what a test suite should notice.

A mutant is the module's tree with one node changed: a comparison moved by one or turned round, `and` for `or`, a
condition negated, `+` for `-`, a whole number one larger, a truth turned, a statement that acts left out, a result that
is None. Left alone is what no test of behaviour could see: docstrings, annotations, imports, decorators (`frozen=True`,
the size of a cache), asserts (they tell the type checker what is so) and the words of messages.

Some of what is left changes nothing that anybody could see. Whoever looked at such a mutant and knows why writes it
down in `mutate_core_equivalents.toml`; it is left out then, as long as its line reads as it did.
"""

import ast
import copy
import random
import tomllib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
COUNTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
DECLARED = frozenset({"annotation", "returns", "type_comment", "decorator_list"})
EXTREMES = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """The `number`th mistake in `path`; `line` and `change` are for people."""

    path: Path
    number: int
    line: int
    change: str

    def __str__(self) -> str:
        return f"{self.path.name}:{self.line}: {self.change}"


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A mistake that changes nothing, by module, source line and change, so that it does not move with the lines."""

    module: str
    line: str
    """The line of the source that the mutant names, without the blanks around it."""
    change: str
    why: str
    times: int = 1
    """How many mutants of the module read like this; with another number of them it is not known which was meant."""

    def __str__(self) -> str:
        return f"{self.module}.py, `{self.line}`: {self.change}"


@dataclass(slots=True)
class _Mistake:
    """`make` changes the tree it was found in."""

    line: int
    change: str
    make: Callable[[], None]


def mutants(path: Path) -> list[Mutant]:
    """Every mutant of a module, always in the same order."""
    tree = ast.parse(path.read_text("utf-8"))
    return [
        Mutant(path, number, mistake.line, mistake.change) for number, mistake in enumerate(_mistakes(tree, tree.body))
    ]


def mutated(path: Path, number: int) -> ast.Module:
    """The module's tree with that mistake in it. Raises IndexError where there is no such mutant."""
    tree = ast.parse(path.read_text("utf-8"))
    for place, mistake in enumerate(_mistakes(tree, tree.body)):
        if place == number:
            mistake.make()
            return ast.fix_missing_locations(tree)
    raise IndexError(f"{path.name} has no mutant {number}")


def equivalents(listed: Path) -> list[Equivalent]:
    """What people have written down. Raises TypeError where an entry has not these fields."""
    return [Equivalent(**entry) for entry in tomllib.loads(listed.read_text("utf-8")).get("equivalent", [])]


def left_out(paths: Sequence[Path], known: Sequence[Equivalent]) -> tuple[frozenset[Mutant], list[Equivalent]]:
    """The mutants that are known to change nothing, and the entries of these modules that fit none any more."""
    by_key: dict[tuple[str, str, str], list[Mutant]] = {}
    for path in paths:
        lines = path.read_text("utf-8").splitlines()
        for mutant in mutants(path):
            by_key.setdefault((path.stem, lines[mutant.line - 1].strip(), mutant.change), []).append(mutant)
    modules = {path.stem for path in paths}
    out: set[Mutant] = set()
    stale: list[Equivalent] = []
    for entry in known:
        fitting = by_key.get((entry.module, entry.line, entry.change), [])
        if len(fitting) == entry.times:
            out.update(fitting)
        elif entry.module in modules:
            stale.append(entry)
    return frozenset(out), stale


def sample(paths: Sequence[Path], size: int, seed: int, without: Collection[Mutant] = ()) -> list[Mutant]:
    """About `size` mutants, each module's share as large as its share of all mutants and at least one."""
    chance = random.Random(seed)
    found = {path: [mutant for mutant in mutants(path) if mutant not in without] for path in paths}
    total = sum(map(len, found.values()))
    chosen: list[Mutant] = []
    for path in sorted(found):
        wanted = min(len(found[path]), max(1, round(size * len(found[path]) / max(1, total))))
        chosen += sorted(chance.sample(found[path], wanted), key=lambda mutant: mutant.number)
    return chosen


def _mistakes(tree: ast.Module, body: list[ast.stmt]) -> Iterator[_Mistake]:
    """Lazily, so that a mistake is made before the walk looks past it."""
    yield from _in_block(tree, "body", body)


def _in_block(owner: ast.AST, field: str, block: list[ast.stmt]) -> Iterator[_Mistake]:
    for place, statement in enumerate(block):
        if isinstance(statement, ast.Import | ast.ImportFrom | ast.Assert) or _is_words(statement):
            continue
        yield from _left_out(block, place)
        yield from _in_statement(statement)


def _is_words(statement: ast.stmt) -> bool:
    """A docstring, or the one below a field; or `__all__`."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return True
    return isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__"


def _left_out(block: list[ast.stmt], place: int) -> Iterator[_Mistake]:
    statement = block[place]
    acts = (
        (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call))
        or isinstance(statement, ast.AugAssign | ast.Delete)
        or (isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Attribute | ast.Subscript))
    )
    if acts:
        yield _put(block, place, ast.Pass(), statement, f"without `{_said(statement)}`")
    match statement:
        case ast.Return(value=value) if value is not None and not isinstance(value, ast.Constant):
            yield _put(block, place, ast.Return(ast.Constant(None)), statement, f"None for `{_said(statement)}`")
        case ast.Continue():
            yield _put(block, place, ast.Break(), statement, "break for continue")
        case ast.Break():
            yield _put(block, place, ast.Continue(), statement, "continue for break")
        case ast.AugAssign(op=op) if type(op) in COUNTED:
            other = copy.copy(statement)
            other.op = COUNTED[type(op)]()
            yield _put(block, place, other, statement, f"`{_said(other)}` for `{_said(statement)}`")


def _put(block: list[ast.stmt], place: int, new: ast.stmt, old: ast.stmt, change: str) -> _Mistake:
    ast.copy_location(new, old)
    return _Mistake(old.lineno, change, lambda: block.__setitem__(place, new))


def _in_statement(statement: ast.AST) -> Iterator[_Mistake]:
    for field, value in ast.iter_fields(statement):
        if field in DECLARED:
            continue
        if isinstance(value, list):
            if value and isinstance(value[0], ast.stmt):
                yield from _in_block(statement, field, value)
            else:
                for place, node in enumerate(value):
                    if isinstance(node, ast.AST):
                        yield from _in_node(node, _setter_in(value, place))
        elif isinstance(value, ast.AST):
            yield from _in_node(value, _setter_of(statement, field), condition=field in ("test", "guard"))


def _setter_in(nodes: list[ast.AST], place: int) -> Callable[[ast.AST], None]:
    return lambda new: nodes.__setitem__(place, new)


def _setter_of(owner: ast.AST, field: str) -> Callable[[ast.AST], None]:
    return lambda new: setattr(owner, field, new)


def _in_node(node: ast.AST, put: Callable[[ast.AST], None], *, condition: bool = False) -> Iterator[_Mistake]:
    if isinstance(node, ast.JoinedStr):
        return
    if isinstance(node, ast.expr):
        new = _turned(node)
        if new is None and condition:
            new = ast.UnaryOp(ast.Not(), node)
        if new is not None:
            yield _exchange(node, new, put)
    yield from _in_statement(node)


def _exchange(old: ast.expr, new: ast.expr, put: Callable[[ast.AST], None]) -> _Mistake:
    ast.copy_location(new, old)
    change = f"`{_said(new)}` for `{_said(old)}`"
    return _Mistake(old.lineno, change, lambda: put(new))


def _turned(node: ast.expr) -> ast.expr | None:
    match node:
        case ast.Compare(left=left, ops=[op, *others], comparators=comparators):
            return ast.Compare(left, [COMPARED[type(op)](), *others], comparators)
        case ast.BoolOp(op=ast.And(), values=values):
            return ast.BoolOp(ast.Or(), values)
        case ast.BoolOp(op=ast.Or(), values=values):
            return ast.BoolOp(ast.And(), values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return operand
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return operand
        case ast.BinOp(left=left, op=op, right=right) if type(op) in COUNTED and not _is_type(node):
            return ast.BinOp(left, COUNTED[type(op)](), right)
        case ast.Constant(value=bool(truth)):
            return ast.Constant(not truth)
        case ast.Constant(value=int(number)):
            return ast.Constant(number + 1)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if name in EXTREMES:
            return ast.Call(ast.Name(EXTREMES[name], ast.Load()), args, keywords)
        case _:
            return None


def _is_type(node: ast.BinOp) -> bool:
    """`A | B` of classes, as in a union or an isinstance."""
    sides = (node.left, node.right)
    return isinstance(node.op, ast.BitOr) and any(
        (isinstance(side, ast.Name) and side.id[:1].isupper())
        or (isinstance(side, ast.Constant) and side.value is None)
        or (isinstance(side, ast.Name) and side.id in ("int", "str", "bool", "float"))
        for side in sides
    )


def _said(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 90 else f"{text[:87]}…"
