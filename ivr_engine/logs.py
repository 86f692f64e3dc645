"""What the engine says while it runs: one line for each thing worth knowing, as text or as JSON."""

import logging
import sys

import structlog


def configure(*, as_json: bool, level: str) -> None:
    """Sends every logger of the process, ours and the libraries', through structlog to standard error."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=False),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _on_one_line,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # alembic says at every start, as news, which dialect it found
    logging.getLogger("alembic").setLevel(logging.WARNING)


def _on_one_line(_logger: object, _level: str, entry: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """What a caller supplied may stand in any message, and must not look like a line of ours or steer a terminal."""
    text = str(entry.get("event", ""))
    if not text.isprintable():
        entry["event"] = "".join(
            char if char.isprintable() else char.encode("unicode_escape", "backslashreplace").decode() for char in text
        )
    return entry
