"""Where 120's own flows are: scenarios run against them unless they name others."""

from pathlib import Path


def dialplans() -> Path:
    """The documents that come with the engine: inside an installed package, or at the top of a source tree."""
    installed = Path(__file__).parents[1] / "_dialplans"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "dialplans"
