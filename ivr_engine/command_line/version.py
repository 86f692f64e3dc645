"""`ivr-engine version`."""

from ivr_engine import __version__


def version() -> None:
    """The version of this engine."""
    print(__version__)
