"""The phones of scripts/bench_calls: as few steps as a call needs, so that SIPp leaves the cores to what is measured.

Both sides meet the same phones: the citizen dials and stays until the other side hangs up; the agent's phone rings,
answers, talks and hangs up. Each logs when its call began and ended, and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.sipp import Fact, Sipp, part

SILENT_PORT = 9  # discard: the phones say where their media would go, and nothing listens there
CITIZEN_SECONDS = 120  # a citizen who was not let go by then counts as failed

_SDP = f"""v=0
      o=phone 1 1 IN IP4 [local_ip]
      s=-
      c=IN IP4 [local_ip]
      t=0 0
      m=audio {SILENT_PORT} RTP/AVP 0"""

_CITIZEN = """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="citizen">
  <send retrans="500">
    <![CDATA[
      INVITE sip:{number}@[remote_ip]:[remote_port] SIP/2.0
      {request}
      CSeq: [cseq] INVITE
      Content-Type: application/sdp
      Content-Length: [len]

      {sdp}
    ]]>
    <action><log message="dialled|[call_id]|citizen||[timestamp]"/></action>
  </send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="200" timeout="30000"/>
  <send>
    <![CDATA[
      ACK sip:{number}@[remote_ip]:[remote_port] SIP/2.0
      {request}
      CSeq: [cseq] ACK
      Content-Length: 0

    ]]>
  </send>
  <recv request="BYE" timeout="{citizen_ms}"/>
  <send>
    <![CDATA[
      SIP/2.0 200 OK
      {reply}
      Content-Length: 0

    ]]>
    <action><log message="ended|[call_id]|citizen||[timestamp]"/></action>
  </send>
</scenario>
"""

_AGENT = """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="agent">
  <recv request="INVITE">
    <action>
      <ereg regexp="sip:([^@;> ]*)" search_in="msg" assign_to="uri,name"/>
      <ereg regexp="[^ ].*" search_in="hdr" header="From:" assign_to="other"/>
      <ereg regexp="[^ ].*" search_in="hdr" header="To:" assign_to="me"/>
      <ereg regexp="sip:[^>; ]*" search_in="hdr" header="Contact:" assign_to="there"/>
      <log message="rung|[call_id]|[$name]||[timestamp]"/>
    </action>
  </recv>
  <send>
    <![CDATA[
      SIP/2.0 180 Ringing
      {reply_to_invite}
      Content-Length: 0

    ]]>
  </send>
  <pause milliseconds="{ring_ms}"/>
  <send retrans="500">
    <![CDATA[
      SIP/2.0 200 OK
      {reply_to_invite}
      Content-Type: application/sdp
      Content-Length: [len]

      {sdp}
    ]]>
  </send>
  <recv request="ACK"/>
  <pause distribution="uniform" min="{talk_least_ms}" max="{talk_most_ms}"/>
  <send retrans="500">
    <![CDATA[
      BYE [$there] SIP/2.0
      {request}
      CSeq: [cseq] BYE
      Content-Length: 0

    ]]>
    <action><log message="ended|[call_id]|[$name]||[timestamp]"/></action>
  </send>
  <recv response="200"/>
  <Reference variables="uri"/>
</scenario>
"""


def _citizen_request(number: str) -> str:
    # a caller of its own for each call: the engine must not take one for the redial of another
    return f"""Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
      From: <sip:0212[call_number]@[local_ip]:[local_port]>;tag=[pid]c[call_number]
      To: <sip:{number}@[remote_ip]:[remote_port]>[peer_tag_param]
      Call-ID: [call_id]
      Contact: <sip:0212[call_number]@[local_ip]:[local_port]>
      Max-Forwards: 70"""


class Citizens(Sipp):
    """So many calls to one number, `rate` a second, never more than `at_once` of them open. `address`: from where they
    call, by which the switch tells the trunk of one side from that of the other.
    """

    def __init__(self, sip_port: int, number: str, *, calls: int, rate: int, at_once: int, address: str) -> None:
        text = _CITIZEN.format(
            number=number,
            request=_citizen_request(number),
            reply=part("reply_in_dialog"),
            sdp=_SDP,
            citizen_ms=CITIZEN_SECONDS * 1_000,
        )
        super().__init__(
            text,
            arguments=[
                *("-i", address, "-m", str(calls), "-l", str(at_once), "-r", str(rate)),
                f"127.0.0.1:{sip_port}",
            ],
            slack_ms=0,
        )


class Agents(Sipp):
    """The phones of all agents, on one port, all alike; `talk_ms`: the shortest and the longest talk."""

    def __init__(self, port: int, *, ring_ms: int, talk_ms: tuple[int, int]) -> None:
        text = _AGENT.format(
            reply_to_invite=part("reply"),
            request=part("request_of_callee"),
            sdp=_SDP,
            ring_ms=ring_ms,
            talk_least_ms=talk_ms[0],
            talk_most_ms=talk_ms[1],
        )
        super().__init__(text, port=port, slack_ms=0)


def ended(facts: Sequence[Fact]) -> int:
    """How many calls went all the way."""
    return len({fact.call_id for fact in facts if fact.kind == "ended"})


def free_to_ring_ms(facts: Sequence[Fact], until: float) -> list[float]:
    """For each time that an agent's phone hung up before `until` (seconds since the epoch): how long it took until
    the same phone rang again, in ms.
    """
    free_since: dict[str, float] = {}
    gaps: list[float] = []
    for fact in sorted(facts, key=lambda fact: fact.at):
        if fact.kind == "ended":
            free_since[fact.name] = fact.at
        elif fact.kind == "rung" and (since := free_since.pop(fact.name, None)) is not None and since < until:
            gaps.append((fact.at - since) * 1_000)
    return gaps
