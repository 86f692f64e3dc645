"""The days that come with the engine: assumptions about 120, each stated in its file."""

import json
from pathlib import Path

HOME = Path(__file__).parent / "workloads"

SHIPPED = ("ordinary", "surge", "narrow", "missed_rings", "contractors")


def shipped(name: str) -> Path:
    """The file of one of SHIPPED."""
    return HOME / f"{name}.yaml"


def rosters() -> dict[str, dict[str, tuple[int, ...]]]:
    """Rosters of the ordinary day that were searched (docs/routing.md): name → crew → positions by half hour."""
    kept: dict[str, dict[str, list[int]]] = json.loads((HOME / "ordinary_rosters.json").read_bytes())
    return {name: {crew: tuple(counts) for crew, counts in crews.items()} for name, crews in kept.items()}
