"""Progress is legible on a terminal and in a log."""

from io import BytesIO, StringIO, TextIOWrapper

from sandbox.progress import STEP_EVERY_SECONDS, Progress


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


class Watch:
    """A clock that stands still until it is told."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_given_a_log_when_steps_come_fast_then_few_are_shown_and_every_stage_is() -> None:
    log, watch = StringIO(), Watch()
    progress = Progress(log, watch)
    progress.stage("fetching")
    progress.step("1 of 9")
    watch.now += STEP_EVERY_SECONDS
    progress.step("5 of 9")
    progress.step("6 of 9")
    progress.stage("unpacking")
    progress.done("ready")
    assert log.getvalue().splitlines() == ["· fetching", "  5 of 9", "· unpacking", "✓ ready"]


def test_given_a_terminal_when_steps_come_then_each_replaces_the_last_and_no_rest_of_one_stays() -> None:
    terminal = Terminal()
    progress = Progress(terminal)
    progress.step("1 of 9")
    progress.step("2 of 9")
    progress.done("ready")
    assert terminal.getvalue() == "\r\x1b[K  1 of 9\r\x1b[K  2 of 9\r\x1b[K✓ ready\n"


def test_given_a_stream_that_knows_ascii_alone_when_a_sign_is_written_then_it_does_not_fail() -> None:
    raw = BytesIO()
    stream = TextIOWrapper(raw, encoding="ascii")
    Progress(stream).done("서울 ready")
    assert raw.getvalue() == b"? ?? ready\n"
