"""The days that come with the engine: assumptions about 120, each stated in its file."""

from pathlib import Path

HOME = Path(__file__).parent / "workloads"

SHIPPED = ("ordinary", "surge", "narrow", "missed_rings", "contractors")


def shipped(name: str) -> Path:
    """The file of one of SHIPPED."""
    return HOME / f"{name}.yaml"
