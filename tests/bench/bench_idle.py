#!/usr/bin/env python3
"""What thousands of users cost who do nothing.

Starts passerelle between a fake XMPP server and a fake IRC server, lets every
user join a channel of his own, checks that every one has a link, and then
prints how busy and how large the process is.  Fails when a link is missing or
when the process uses more than MAX_CPU_PERCENT of one core.

usage: bench_idle.py BUILD [--users N] [--names N] [--seconds N] [--ping N]
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fake_component import FakeComponentServer, quoted

MAX_CPU_PERCENT = 1.0
START_S = 20
JOIN_S = 180
SETTLE_S = 5
STOP_S = 30
BURST = 100  # joins sent before looking whether the others have arrived

DOMAIN = "irc.example.org"
NS = "{jabber:component:accept}"
MUC_USER = "{http://jabber.org/protocol/muc#user}"

CONFIG = """
server {{ host = "127.0.0.1"  port = {xmpp_port}  domain = "example.org" }}
store  {{ path = "{folder}/passerelle.db"  key_file = "{folder}/key" }}
log    {{ level = "warn" }}
access {{ allow = {{ "example.org" }} }}
gateway "irc.example.org" {{
	type = "irc"
	secret = "secret"
	connect_interval_ms = 0
	network "fake" {{
		host = "127.0.0.1"
		port = {irc_port}
		tls = no
		interval_ms = 0
	}}
}}
"""


class Program:
    """One process, seen through /proc."""

    def __init__(self, *args):
        self.process = subprocess.Popen(args, stdout=subprocess.PIPE)
        self.folder = Path("/proc/%d" % self.process.pid)

    def cpu_s(self):
        fields = (self.folder / "stat").read_text().rpartition(")")[2].split()
        ticks = int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def rss_kb(self):
        pages = int((self.folder / "statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1024

    def descriptors(self):
        return [int(name) for name in os.listdir(self.folder / "fd")]

    def is_running(self):
        return self.process.poll() is None

    def stop(self):
        if self.is_running():
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


class Users:
    """Who wants to be where, and who is."""

    def __init__(self, n):
        self.n = n
        self.joined, self.refused = set(), {}
        self.changed = asyncio.Event()

    def join(self, i):
        return (
            "<presence from='u%05d@example.org/bench' "
            "to='#c%05d%%fake@%s/u%05d'>"
            "<x xmlns='http://jabber.org/protocol/muc'>"
            "<history maxstanzas='0'/></x></presence>" % (i, i, DOMAIN, i)
        )

    def on_stanza(self, stanza):
        if stanza.tag != NS + "presence":
            return
        user = stanza.get("to", "").partition("@")[0]
        codes = [s.get("code") for s in stanza.iter(MUC_USER + "status")]
        if stanza.get("type") == "error":
            self.refused[user] = " ".join(
                quoted(e.text or e.tag) for e in stanza.iter()
            )
        elif "110" in codes:
            self.joined.add(user)
        self.changed.set()

    async def until(self, count, deadline):
        while len(self.joined) + len(self.refused) < count:
            self.changed.clear()
            await asyncio.wait_for(
                self.changed.wait(), deadline - time.monotonic()
            )


async def join_all(server, users):
    deadline = time.monotonic() + JOIN_S
    for i in range(users.n):
        server.send(users.join(i))
        if i % BURST == BURST - 1:
            await server.drain()
            await users.until(i - BURST, deadline)
    await users.until(users.n, deadline)


async def measure(build, users, names, seconds, ping):
    people = Users(users)
    server = FakeComponentServer(people.on_stanza)
    irc = Program(
        "%s/fake_ircd" % build, "-n", str(names), "-i", str(ping)
    )
    irc_port = int(irc.process.stdout.readline().split()[1])
    with tempfile.TemporaryDirectory(prefix="passerelle-bench-") as folder:
        config = Path(folder) / "passerelle.conf"
        config.write_text(
            CONFIG.format(
                folder=folder,
                irc_port=irc_port,
                xmpp_port=await server.start(),
            )
        )
        config.chmod(0o600)
        gateway = Program("%s/passerelle" % build, "-c", str(config))
        try:
            return await watch(server, gateway, people, seconds)
        finally:
            await asyncio.to_thread(gateway.stop)
            irc.stop()
            await server.stop()


async def watch(server, gateway, people, seconds):
    await asyncio.wait_for(server.attached.wait(), START_S)
    await asyncio.sleep(1)
    rss_before, cpu_before = gateway.rss_kb(), gateway.cpu_s()
    begun = time.monotonic()
    await join_all(server, people)
    took = time.monotonic() - begun
    cpu_joining = gateway.cpu_s() - cpu_before
    await asyncio.sleep(SETTLE_S)
    idle_before = gateway.cpu_s()
    await asyncio.sleep(seconds)
    idle_percent = 100 * (gateway.cpu_s() - idle_before) / seconds
    descriptors = gateway.descriptors()
    return {
        "users inside": len(people.joined),
        "users refused": len(people.refused),
        "first refusal": next(iter(people.refused.values()), "-"),
        "descriptors": len(descriptors),
        "highest descriptor": max(descriptors),
        "joining, s": round(took, 2),
        "CPU per join, us": round(1e6 * cpu_joining / people.n),
        "idle CPU, % of a core": round(idle_percent, 2),
        "memory per user, kB": round(
            (gateway.rss_kb() - rss_before) / people.n, 2
        ),
        "memory in all, MB": round(gateway.rss_kb() / 1024, 1),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--users", type=int, default=2000)
    parser.add_argument("--names", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--ping", type=int, default=60)
    args = parser.parse_args()
    found = asyncio.run(
        measure(args.build, args.users, args.names, args.seconds, args.ping)
    )
    for name, value in found.items():
        print("%-24s %s" % (name, value))
    if found["users inside"] != args.users:
        sys.exit("not everybody is inside")
    if found["descriptors"] < args.users:
        sys.exit("there are fewer descriptors than links")
    if found["idle CPU, % of a core"] >= MAX_CPU_PERCENT:
        sys.exit("idle costs too much")


if __name__ == "__main__":
    main()
