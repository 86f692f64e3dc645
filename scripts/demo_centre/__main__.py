"""`./scripts/demo`: a city's number on one machine, with everybody who belongs to it."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from demo_centre.centre import AGENTS_CSV, DIALPLANS, DIRECTORY_CSV, Centre
from demo_centre.compare import compare
from demo_centre.feed import FeedBroken
from demo_centre.plan import MOST_CALLS, Plan, cast_of, draw
from demo_centre.show import Camera, watch
from demo_centre.summary import Summary, in_words, summarise
from sandbox.engine import EngineFailed
from sandbox.ports import PortsTaken
from sandbox.progress import Progress
from sandbox.sipp import SippFailed
from sandbox.switch import SwitchFailed
from sandbox.tools import ToolMissing, asterisk_tools

CANNOT_START = (ToolMissing, SwitchFailed, PortsTaken, EngineFailed, SippFailed, OSError)
MOST_RATE = 5.0
"""Calls a second: twice what the dozen counsellors can serve, to watch a queue grow. For loads there is the bench."""

SEEDS = 10_000
"""A seed that nobody chose has four digits, to be typed again."""

INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Options:
    calls: int | None
    rate: float
    seed: int
    leave: bool
    json: Path | None
    picture: Path | None
    sip_port: int | None


class Interrupted(Exception):  # noqa: N818 - the name says the situation
    """Ctrl-C before it began."""


class Broken(Exception):  # noqa: N818 - the name says the situation
    """Something went away that had been running; the text says what."""


def read(arguments: Sequence[str] | None = None) -> Options:
    """The command line. Exits with 2 and one line where it makes no sense."""
    parser = argparse.ArgumentParser(
        prog="./scripts/demo",
        description="A real Asterisk, the engine, simulated citizens and counsellors over real SIP, and a live board.",
        epilog="Ctrl-C ends it and prints the summary. Exit status: 0 all accounts agree and nobody was lost, 1 they do"
        " not, 2 it could not start. IVR_KEEP=1 keeps its folders.",
    )
    parser.add_argument("--calls", type=int, metavar="N", help="citizens who call; then only the viewer is left")
    parser.add_argument("--rate", type=float, default=1.0, metavar="R", help="calls a second on average (default 1)")
    parser.add_argument("--seed", type=int, metavar="S", help="the same seed gives the same plan (default: any)")
    parser.add_argument("--exit", action="store_true", help="end when the last of --calls is over")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the summary there as well")
    parser.add_argument(
        "--picture", type=Path, metavar="FILE.svg", help="write the liveliest moment of the board there"
    )
    parser.add_argument("--sip-port", type=int, metavar="PORT", help="where softphones find it (default 15060 if free)")
    given = parser.parse_args(arguments)
    if given.exit and given.calls is None:
        parser.error("--exit needs --calls N: it ends with the last of them")
    if given.calls is not None and not 1 <= given.calls <= MOST_CALLS:
        parser.error(f"--calls: 1 to {MOST_CALLS}")
    if not 0.01 <= given.rate <= MOST_RATE:
        parser.error(f"--rate: 0.01 to {MOST_RATE:g} calls a second")
    for path in (given.json, given.picture):
        if path is not None and not path.absolute().parent.is_dir():
            parser.error(f"{path}: there is no folder {path.absolute().parent}")
    seed = random.randrange(SEEDS) if given.seed is None else given.seed
    return Options(given.calls, given.rate, seed, given.exit, given.json, given.picture, given.sip_port)


class Demo:
    """One run, from the first process to the summary."""

    def __init__(self, options: Options, plan: Plan, centre: Centre) -> None:
        self._options = options
        self._plan = plan
        self._centre = centre
        self._camera = Camera()
        self._stop = asyncio.Event()
        self._starting: asyncio.Task[Centre] | None = None

    async def run(self) -> Summary:
        """Raises Interrupted or one of CANNOT_START before the first call, Broken or FeedBroken after it."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._interrupt)
        self._starting = asyncio.create_task(self._centre.__aenter__())
        try:
            await self._starting
        except asyncio.CancelledError:
            raise Interrupted from None
        try:
            return await self._play()
        except CANNOT_START as error:
            raise Broken(one_line(error)) from error
        finally:
            await self._centre.__aexit__(None, None, None)

    def _interrupt(self) -> None:
        """The first ends what runs; those that follow change nothing, as the end is on its way."""
        if self._starting is not None and not self._starting.done():
            self._starting.cancel()
        self._stop.set()

    async def _play(self) -> Summary:
        began_at = time.monotonic()
        watching = asyncio.create_task(watch(self._centre, self._camera))
        playing = asyncio.create_task(self._centre.play())
        stopping = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait((playing, watching, stopping), return_when=asyncio.FIRST_COMPLETED)
            if playing.done() and not self._options.leave:
                playing.result()
                await asyncio.wait((watching, stopping), return_when=asyncio.FIRST_COMPLETED)
            if playing.done():
                playing.result()
            if watching.done():
                watching.result()
            if not playing.done():
                await self._centre.send_home()
            seconds = time.monotonic() - began_at
            outside, inside, written = await self._centre.accounts()
        finally:
            for task in (watching, playing, stopping):
                task.cancel()
            await asyncio.gather(watching, playing, stopping, return_exceptions=True)
        if self._options.picture is not None:
            self._camera.save(self._options.picture)
        verdict = compare(outside, inside)
        return summarise(self._plan.seed, self._plan.rate, seconds, outside, inside, written, verdict)


def main(arguments: Sequence[str] | None = None) -> int:
    options = read(arguments)
    progress = Progress()
    folder = Path(tempfile.mkdtemp(prefix="ivr-demo-"))
    try:
        progress.stage("tools: Asterisk and SIPp")
        asterisk_tools(fetch=True)
        cast = cast_of(AGENTS_CSV, DIALPLANS, DIRECTORY_CSV)
        plan = draw(cast, calls=options.calls or MOST_CALLS, rate=options.rate, seed=options.seed)
        print(f"seed {plan.seed}", flush=True)
        centre = Centre(plan, cast, folder / "engine", sip_port=options.sip_port, progress=progress)

        async def run() -> Summary:
            return await Demo(options, plan, centre).run()

        summary = asyncio.run(run())
    except CANNOT_START as error:
        print(f"error: {one_line(error)}", file=sys.stderr)
        return 2
    except (Interrupted, KeyboardInterrupt):
        return INTERRUPTED
    except (Broken, FeedBroken) as broken:
        print(f"error: {broken}: {_last_line(folder)}", file=sys.stderr)
        return 1
    finally:
        if os.environ.get("IVR_KEEP") != "1":
            shutil.rmtree(folder, ignore_errors=True)
    print(in_words(summary))
    if options.json is not None:
        options.json.write_text(json.dumps(summary.as_json(), indent=2) + "\n", encoding="utf-8")
    return summary.status


def one_line(error: BaseException) -> str:
    """The error's first line, and its last where that is a log's last word."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return lines[0] if len(lines) == 1 else f"{lines[0]} {lines[-1]}"


def _last_line(folder: Path) -> str:
    log = folder / "engine" / "engine.log"
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return lines[-1] if lines else "it left no word"


if __name__ == "__main__":
    sys.exit(main())
