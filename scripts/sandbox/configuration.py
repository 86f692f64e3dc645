"""The complete private configuration of one sandbox Asterisk, as text.

It does what a production site does: its own files, each with one `#tryinclude ivr-engine.d/NAME.conf`, and in them
the site's own facts (ports, secrets, trunks, agents) as additions to our sections. Only the directories are unusual:
every one lies in the sandbox's folder, so nothing of a machine's own Asterisk is read or written.
"""

from __future__ import annotations

import math
import struct
import wave
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

OURS = "ivr-engine.d"
INCLUDED = ("extensions", "features", "manager", "musiconhold", "pjsip", "queues")
PROJECT_CONF = Path(__file__).resolve().parents[2] / "asterisk-conf"
PROJECT_PROMPTS = Path(__file__).resolve().parents[2] / "dialplans" / "prompts"

TRUNK = "city-trunk"
OFFICE = "ivr-office"
SANDBOX_ACCOUNT = "sandbox"

# What the product's contexts use, and nothing else: starts in a third of the time and memory of autoload.
_USED = """
    res_pjproject res_sorcery_config res_sorcery_memory res_sorcery_astdb res_timing_timerfd
    res_pjsip res_pjsip_session res_pjsip_sdp_rtp res_rtp_asterisk res_pjsip_caller_id res_pjsip_dtmf_info
    res_pjsip_registrar res_pjsip_authenticator_digest res_pjsip_outbound_authenticator_digest res_pjsip_nat
    res_pjsip_endpoint_identifier_user res_pjsip_endpoint_identifier_ip res_pjsip_endpoint_identifier_anonymous
    res_pjsip_header_funcs res_pjsip_diversion res_pjsip_rfc3326 res_pjsip_acl res_pjsip_logger res_pjsip_refer
    res_pjsip_pubsub res_pjsip_empty_info res_pjsip_dlg_options chan_pjsip
    bridge_simple bridge_softmix bridge_holding bridge_builtin_features bridge_native_rtp
    codec_ulaw codec_alaw codec_a_mu codec_g722 codec_resample format_pcm format_wav format_sln
    res_speech res_agi res_musiconhold res_manager_devicestate res_clioriginate
    app_bridgeaddchan app_bridgewait app_chanspy app_controlplayback app_db app_dial app_dumpchan app_echo app_exec
    app_if app_mixmonitor app_playback app_queue app_read app_record app_sayunixtime app_senddtmf app_softhangup
    app_stack app_userevent app_verbose app_waitforcond app_while app_cdr func_callerid func_channel func_cut func_db
    func_devstate func_dialplan func_evalexten func_global func_groupcount func_hangupcause func_lock func_logic
    func_env func_math func_periodic_hook func_pjsip_aor func_pjsip_contact func_pjsip_endpoint func_rand func_sprintf
    func_strings func_timeout func_uri func_uuid func_volume pbx_config
"""
MODULES = tuple(_USED.split())

# Korea's tones, as Asterisk's own sample has them for the countries that it knows
INDICATIONS = """[general]
country = kr
[kr]
description = Korea
ringcadence = 1000,2000
dial = 350+440
busy = 480+620/500,0/500
ring = 440+480/1000,0/2000
congestion = 480+620/300,0/200
callwaiting = 350+440/250,0/250,350+440/250,0/3250
dialrecall = !350+440/100,!0/100,!350+440/100,!0/100,!350+440/100,!0/100,350+440
record = 1400/500,0/15000
info = !950/330,!1400/330,!1800/330,0
stutter = !350+440/100,!0/100,!350+440/100,!0/100,!350+440/100,!0/100,350+440
"""


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent's phone. `contact_port` is where its SIPp listens; None: it must register itself, as a softphone
    does.
    """

    name: str
    password: str
    contact_port: int | None = None
    in_fallback: bool = True


@dataclass(frozen=True, slots=True)
class Site:
    """Every fact of one sandbox that its files name. Ports on `host` (loopback unless a person's phone joins over a
    LAN).
    """

    folder: Path
    modules_folder: Path
    host: str
    sip_port: int
    ami_port: int
    agi_port: int
    rtp_first: int
    rtp_last: int
    events_secret: str
    control_secret: str
    sandbox_secret: str
    agents: tuple[Agent, ...] = ()
    office_port: int | None = None
    # NAME.conf → text appended to the site's file: what a test or a benchmark adds to this site alone
    additions: Mapping[str, str] = field(default_factory=dict)


def render(site: Site) -> dict[str, str]:
    """All files of the site's configuration folder, by name. Pure; nothing is written."""
    files = {
        "asterisk.conf": _asterisk(site),
        "modules.conf": _modules(),
        "logger.conf": _logger(),
        "cdr.conf": "[general]\nenable = no\n",
        "cel.conf": "[general]\nenable = no\n",
        "http.conf": "[general]\nenabled = no\n",
        "stasis.conf": "[threadpool]\ninitial_size = 5\n",
        "rtp.conf": f"[general]\nrtpstart = {site.rtp_first}\nrtpend = {site.rtp_last}\nicesupport = no\n",
        "manager.conf": _manager(site),
        "pjsip.conf": _pjsip(site),
        "queues.conf": _queues(site),
        "musiconhold.conf": f"[general]\n\n{_include('musiconhold')}",
        "features.conf": f"[general]\n\n{_include('features')}",
        "extensions.conf": _extensions(site),
        "indications.conf": INDICATIONS,
        "udptl.conf": "[general]\n",
        "acl.conf": "",
        "pjproject.conf": "[startup]\nlog_level = 2\n",
        "ccss.conf": "[general]\n",
    }
    for name, text in site.additions.items():
        files[name] = files.get(name, "") + "\n" + text
    return files


def quiet_music(path: Path, seconds: int = 4) -> None:
    """Writes a soft two-tone loop, 8 kHz mono: music on hold for a machine on which no package of music is unpacked."""
    rate = 8_000
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        samples = (
            int(
                1_500
                * (math.sin(2 * math.pi * 392 * n / rate) + math.sin(2 * math.pi * 523 * n / rate) * ((n // rate) % 2))
            )
            for n in range(rate * seconds)
        )
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))


def _include(name: str) -> str:
    return f"#tryinclude {OURS}/{name}.conf\n"


def _asterisk(site: Site) -> str:
    folder = site.folder
    directories = {
        "astetcdir": folder / "etc",
        "astmoddir": site.modules_folder,
        "astvarlibdir": folder / "var",
        "astdbdir": folder / "var",
        "astkeydir": folder / "var",
        "astdatadir": folder / "data",
        "astagidir": folder / "var",
        "astspooldir": folder / "spool",
        "astrundir": folder / "run",
        "astlogdir": folder / "log",
        "astsbindir": folder / "run",
        "astcachedir": folder / "var",
    }
    lines = [f"{key} => {path}" for key, path in directories.items()]
    return "\n".join(
        [
            "[directories]",
            *lines,
            "",
            "[options]",
            "live_dangerously = no",
            "systemname = sandbox",
            "hideconnect = yes",
            "",
        ]
    )


def _modules() -> str:
    return "\n".join(["[modules]", "autoload = no", *(f"load = {name}.so" for name in MODULES), ""])


def _logger() -> str:
    return "[general]\ndateformat = %F %T.%3q\nuse_callids = yes\n[logfiles]\nasterisk.log => notice,warning,error\n"


def _manager(site: Site) -> str:
    return f"""[general]
enabled = yes
bindaddr = 127.0.0.1
port = {site.ami_port}
displayconnects = no

{_include("manager")}
[ivr-events](+)
secret = {site.events_secret}

[ivr-control](+)
secret = {site.control_secret}

; The sandbox's own account: learns FullyBooted, runs console commands for tests.
[{SANDBOX_ACCOUNT}]
secret = {site.sandbox_secret}
deny = 0.0.0.0/0.0.0.0
permit = 127.0.0.1/255.255.255.255
read = system
write = system,command,reporting
eventfilter(action(include),name(FullyBooted)) =
"""


def _pjsip(site: Site) -> str:
    parts = [
        f"""[global]
type = global
user_agent = ivr-engine-sandbox
endpoint_identifier_order = username,ip,anonymous

[udp]
type = transport
protocol = udp
bind = {site.host}:{site.sip_port}

{_include("pjsip")}
; Every endpoint names its transport, so that RTP is bound to that address too. Bound to any, Asterisk asks what its own
; address is for every call, by a look-up of the host's name: 5 s and more where no resolver knows it.
[{TRUNK}](ivr-trunk)
transport = udp

[{TRUNK}]
type = identify
endpoint = {TRUNK}
match = 127.0.0.1
"""
    ]
    if site.office_port is not None:
        parts.append(
            f"[{OFFICE}](ivr-office)\ntransport = udp\naors = {OFFICE}\n\n"
            f"[{OFFICE}]\ntype = aor\ncontact = sip:127.0.0.1:{site.office_port}\n"
        )
    for agent in site.agents:
        # rewrite_contact = no: SIPp registers from one port and listens on another
        # qualify_frequency = 0: an OPTIONS from Asterisk would be a call of its own to the SIPp behind the contact
        contact = (
            f"contact = sip:{agent.name}@127.0.0.1:{agent.contact_port}\nqualify_frequency = 0\n"
            if agent.contact_port is not None
            else "qualify_frequency = 0\n"
        )
        parts.append(
            f"[{agent.name}](ivr-agent)\ntransport = udp\nrewrite_contact = no\n"
            f"auth = {agent.name}\naors = {agent.name}\n\n"
            f"[{agent.name}](ivr-agent-auth)\nusername = {agent.name}\npassword = {agent.password}\n\n"
            f"[{agent.name}](ivr-agent-aor)\n{contact}"
        )
    return "\n".join(parts)


def _queues(site: Site) -> str:
    members = [f"member => PJSIP/{agent.name}" for agent in site.agents if agent.in_fallback]
    return "\n".join(["[general]", "persistentmembers = no", "", _include("queues"), "[ivr-fallback](+)", *members, ""])


def _extensions(site: Site) -> str:
    return f"""[general]
static = yes
writeprotect = yes
autofallthrough = yes

{_include("extensions")}
[globals](+)
IVR_AGI = agi://127.0.0.1:{site.agi_port}/visit
"""
