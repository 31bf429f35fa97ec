#!/usr/bin/env python3
"""Mail through the whole daemon: how many LMTP deliveries a second, what is
lost, what it costs in memory.

MAILS mails of smtp-source over SESSIONS connections go to a user's target;
the daemon has to hand each to the XMPP server, once.  Beside it, in the same
run: the same program and number of connections straight into smtp-sink, which
keeps nothing, and through Postfix, which queues each mail and delivers it by
LMTP to smtp-sink (if Postfix is here and this is run by root).

Fails when a mail is missing or came twice, or the daemon has grown by more
than GROWTH_MAX_MB after the first tenth.

usage: bench_mail.py BUILD
"""

import asyncio
import collections
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fake_component import FakeComponentServer

TOP = Path(__file__).resolve().parents[2]
sys.path.append(str(TOP / "tests" / "interop"))

import mta  # noqa: E402
from place import Missing, free_ports, is_listening  # noqa: E402

MAILS = 10_000
SESSIONS = 20
SIZE = 2000  # bytes of a mail
GROWTH_MAX_MB = 16
START_S = 20
ALL_S = 240
STOP_S = 30

NS = "{jabber:component:accept}"
DOMAIN = mta.MAIL_DOMAIN

CONFIG = """
server {{ host = "127.0.0.1"  port = {xmpp_port}  domain = "b" }}
store  {{ path = "{folder}/passerelle.db"  key_file = "{folder}/key" }}
log    {{ level = "warn" }}
access {{ allow = {{ "b" }} }}
gateway "{domain}" {{
	type = "smtp"
	secret = "secret"
	computed = yes
	in_per_minute = 0  source_per_minute = 0
	receive "lmtp" {{ listen = "127.0.0.1"  port = {lmtp_port} }}
}}
"""


class Xmpp:
    """What reaches the XMPP server."""

    def __init__(self):
        self.seen = collections.Counter()  # by Message-ID, told in the body
        self.server = FakeComponentServer(self.on_stanza)

    def on_stanza(self, stanza):
        if stanza.tag == NS + "message":
            self.seen[stanza.get("id")] += 1

    async def settle(self, goal, deadline_s):
        end = time.monotonic() + deadline_s
        while len(self.seen) < goal and time.monotonic() < end:
            await asyncio.sleep(0.05)


def rss_mb(pid):
    text = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024


def source(port, to, count, *more):
    """The command that brings so many mails there."""
    return [
        shutil.which("smtp-source", path="/usr/sbin:/usr/bin"),
        *("-m", str(count), "-s", str(SESSIONS), "-l", str(SIZE)),
        *("-f", "load@far.example.net", "-t", to, *more),
        f"inet:127.0.0.1:{port}",
    ]


async def bring(port, to, count, *more):
    """Seconds until the last was answered for."""
    begun = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *source(port, to, count, *more)
    )
    if await asyncio.wait_for(process.wait(), ALL_S):
        raise OSError(f"smtp-source ended with {process.returncode}")
    return time.monotonic() - begun


async def wait_until_listening(port):
    end = time.monotonic() + START_S
    while not is_listening(port):
        if time.monotonic() > end:
            raise OSError(f"nothing listens at port {port}")
        await asyncio.sleep(0.05)


async def by_passerelle(build, folder):
    """Seconds, or None: an aim was missed."""
    xmpp = Xmpp()
    (lmtp_port,) = free_ports(1)
    conf = folder / "conf"
    conf.touch(0o600)
    conf.write_text(
        CONFIG.format(
            xmpp_port=await xmpp.server.start(),
            folder=folder,
            lmtp_port=lmtp_port,
            domain=DOMAIN,
        )
    )
    daemon = subprocess.Popen([f"{build}/passerelle", "-c", str(conf)])
    try:
        await asyncio.wait_for(xmpp.server.attached.wait(), START_S)
        await wait_until_listening(lmtp_port)
        to = f"romeo=40b@{DOMAIN}"
        await bring(lmtp_port, to, MAILS // 10, "-L")
        await xmpp.settle(MAILS // 10, ALL_S)
        xmpp.seen.clear()
        before = rss_mb(daemon.pid)
        took = await bring(lmtp_port, to, MAILS, "-L")
        await xmpp.settle(MAILS, ALL_S)
        return report(xmpp, took, before, rss_mb(daemon.pid))
    finally:
        daemon.terminate()
        daemon.wait(STOP_S)
        await xmpp.server.stop()


def report(xmpp, took, before, after):
    twice = sum(n > 1 for n in xmpp.seen.values())
    missing = MAILS - len(xmpp.seen)
    print(
        f"{MAILS} mails of {SIZE} bytes into passerelle: "
        f"{MAILS / took:.0f}/s; missing {missing}, twice {twice}; "
        f"memory {before:.1f} MB, then {after:.1f} MB",
        flush=True,
    )
    good = not missing and not twice and after - before <= GROWTH_MAX_MB
    return took if good else None


def start_sink(port):
    return subprocess.Popen(
        [
            shutil.which("smtp-sink", path="/usr/sbin:/usr/bin"),
            *("-L", "-u", "nobody", f"127.0.0.1:{port}", "1000"),
        ],
        stderr=subprocess.DEVNULL,
    )


async def by_sink(port):
    took = await bring(port, f"load@{DOMAIN}", MAILS, "-L")
    print(f"{MAILS} straight into smtp-sink: {MAILS / took:.0f}/s", flush=True)


def ndelivered(server):
    log = server.maillog()
    return len(re.findall(r"postfix/lmtp.*status=sent", log))


async def by_postfix(folder, sink_port):
    """Until the last has been delivered."""
    server = mta.Postfix(folder, sink_port, sink_port)
    server.start()
    try:
        begun = time.monotonic()
        await bring(server.smtp_port, f"load@{DOMAIN}", MAILS)
        end = begun + ALL_S
        while ndelivered(server) < MAILS and time.monotonic() < end:
            await asyncio.sleep(0.2)
        took = time.monotonic() - begun
        n = ndelivered(server)
    finally:
        server.stop()
    print(f"{n} through Postfix into smtp-sink: {n / took:.0f}/s", flush=True)
    return n / took


async def run(build):
    if not shutil.which("smtp-source", path="/usr/sbin:/usr/bin"):
        print("no smtp-source here; contrib/install-deps test gets it")
        return True
    with tempfile.TemporaryDirectory(prefix="passerelle-bench-") as name:
        folder = Path(name)
        took = await by_passerelle(build, folder)
        (sink_port,) = free_ports(1)
        sink = start_sink(sink_port)
        try:
            await wait_until_listening(sink_port)
            await by_sink(sink_port)
            if mta.can_start():
                print(f"Postfix was not measured: {mta.can_start()}")
            else:
                rate = await by_postfix(folder, sink_port)
                if took:
                    print(f"passerelle is {MAILS / took / rate:.1f} of that")
        except Missing as missing:
            print(f"Postfix was not measured: {missing}")
        finally:
            sink.terminate()
            sink.wait(STOP_S)
    return took is not None


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(run(sys.argv[1])) else 1)
