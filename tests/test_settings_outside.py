"""Settings of what lies outside: a slip is told at the start, not by the first citizen."""

import pytest
from pydantic import ValidationError

from ivr_engine.settings import Settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("recordings", "spool/ivr"),
        ("recordings", "/var/spool/with space"),
        ("recordings", "/var/spool/${EXTEN}"),
        ("recordings", ""),
        ("outside_hosts", ["https://water.example"]),
        ("outside_hosts", ["water.example/bills"]),
        ("outside_hosts", ["user@water.example"]),
        ("outside_hosts", [""]),
        ("text_webhook", "sms.example/send"),
        ("text_webhook", "ftp://sms.example"),
        ("text_webhook", "https://sms.example/a b"),
        ("text_token", "one\nX-Other: two"),
    ],
)
def test_given_a_setting_that_cannot_be_meant_when_read_then_it_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings.model_validate({name: value})


def test_given_what_a_site_sets_when_read_then_it_is_taken() -> None:
    settings = Settings.model_validate(
        {
            "recordings": "/var/spool/asterisk/ivr/",
            "outside_hosts": ["water.example", "tax.example:8443", "127.0.0.1:8080", "[::1]:80"],
            "text_webhook": "https://sms.example/send?x=1",
        }
    )
    assert settings.recordings == "/var/spool/asterisk/ivr"
    assert len(settings.outside_hosts) == 4
