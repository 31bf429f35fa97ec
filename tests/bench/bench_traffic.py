"""CPU of the daemon per message, beside the cheapest translator there could be.

One process plays the XMPP server and fake_ircd the IRC server, plain, over
loopback, no flood control, 250 messages in flight.  Each figure is the time
on a processor of the daemon alone (all its threads); the ratio is against
null_gateway in the same run.

usage: bench_traffic.py BUILD
"""
import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time

NAMES = 20_000
MESSAGES = 100_000
BATCH = 250  # in flight
BODY = b"hello there, this is a message of sixty bytes, or about that"
PING = re.compile(rb"<iq from='([^']*)' to='([^']*)' type='get' id='([^']*)'><ping")

CONFIG = """server {{ host = "127.0.0.1" port = {xmpp} domain = "b" }}
store {{ path = "{dir}/db" key_file = "{dir}/key" }}
log {{ level = "error" }}
gateway "irc.b" {{ type = "irc" secret = "x" archive = {archive}
  connect_interval_ms = 0
  network "n" {{ host = "127.0.0.1" port = {irc} tls = no interval_ms = 0 }} }}
"""


class Sink:
    """The XMPP server: takes one component and counts what comes."""

    def __init__(self):
        self.up = asyncio.Event()
        self.n = 0
        self.writer = None
        self._goal, self._reached = None, None

    async def start(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self.server.sockets[0].getsockname()[1]

    async def _serve(self, reader, writer):
        self.writer = writer
        head = b""
        while b"accept" not in head:
            head += await reader.read(65536)
        writer.write(
            b"<?xml version='1.0'?><stream:stream "
            b"xmlns='jabber:component:accept' "
            b"xmlns:stream='http://etherx.jabber.org/streams' "
            b"id='fake' from='irc.b'>"
        )
        while b"/handshake>" not in head:
            head += await reader.read(65536)
        writer.write(b"<handshake/>")
        await asyncio.sleep(0.2)
        self.up.set()
        tail = b""
        while data := await reader.read(1 << 20):
            data = tail + data
            cut = data.rfind(b">") + 1
            data, tail = data[:cut], data[cut:]
            self.n += data.count(b"</message>") + data.count(b"</presence>")
            if self._goal is not None and self.n >= self._goal:
                self._goal = None
                self._reached.set_result(None)
            for m in PING.finditer(data):
                writer.write(
                    b"<iq from='%s' to='%s' type='result' id='%s'/>"
                    % (m[2], m[1], m[3])
                )

    async def reach(self, n, deadline_s=60):
        """Returns when n stanzas have come in all."""
        if self.n >= n:
            return
        self._reached = asyncio.get_running_loop().create_future()
        self._goal = n
        await asyncio.wait_for(self._reached, deadline_s)


def cpu_s(pid):
    """Seconds that its threads have been on a processor."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        path = f"/proc/{pid}/task/{task}/schedstat"
        with open(path, encoding="ascii") as f:
            total += int(f.read().split()[0])
    return total / 1e9


async def settle(pid):
    """Until it does next to nothing any more."""
    last = cpu_s(pid)
    for _ in range(100):
        await asyncio.sleep(0.2)
        now = cpu_s(pid)
        if now - last < 0.001:
            return
        last = now


class Meter:
    """Microseconds of CPU per unit, by name."""

    def __init__(self, pid):
        self.pid, self.us = pid, {}

    async def measure(self, name, units, what):
        begun = cpu_s(self.pid)
        await what
        await settle(self.pid)
        self.us[name] = (cpu_s(self.pid) - begun) * 1e6 / units


async def join(sink):
    n = sink.n
    sink.writer.write(
        b"<presence from='u@b/r' to='#c%n@irc.b/u'>"
        b"<x xmlns='http://jabber.org/protocol/muc'></x></presence>"
    )
    await sink.reach(n + NAMES)


async def flood(sink, irc):
    for _ in range(MESSAGES // BATCH):
        irc.write(b"FLOOD #c %d 60\r\n" % BATCH)
        await sink.reach(sink.n + BATCH)


async def talk(sink):
    for i in range(0, MESSAGES, BATCH):
        sink.writer.write(
            b"".join(
                b"<message from='u@b/r' to='#c%%n@irc.b' type='groupchat' "
                b"id='m%d'><body>%s</body></message>" % (k, BODY)
                for k in range(i, i + BATCH)
            )
        )
        await sink.reach(sink.n + BATCH)


async def split(sink, irc, count):
    n = sink.n
    irc.write(b"SPLIT #c %d\r\n" % count)
    await sink.reach(n + count)


async def run(build, command):
    """Figures of one daemon; command(xmpp_port, irc_port, dir) starts it."""
    ircd = subprocess.Popen(
        [f"{build}/fake_ircd", "-n", str(NAMES)], stdout=subprocess.PIPE
    )
    irc_port = int(ircd.stdout.readline().split()[1])
    sink = Sink()
    xmpp_port = await sink.start()
    with tempfile.TemporaryDirectory() as folder:
        daemon = subprocess.Popen(command(xmpp_port, irc_port, folder))
        try:
            await asyncio.wait_for(sink.up.wait(), 20)
            meter = Meter(daemon.pid)
            reader, irc = await asyncio.open_connection("127.0.0.1", irc_port)
            irc.write(b"NICK f\r\nUSER f 0 * :f\r\n")
            await reader.readline()
            await meter.measure("nick when joining", NAMES, join(sink))
            await meter.measure(
                "message IRC to XMPP", MESSAGES, flood(sink, irc)
            )
            await meter.measure("message XMPP to IRC", MESSAGES, talk(sink))
            gone = NAMES - 10
            await meter.measure(
                "presence in a netsplit", gone, split(sink, irc, gone)
            )
            irc.close()
            return meter.us
        finally:
            daemon.kill()
            daemon.wait()
            ircd.kill()
            ircd.wait()
            sink.server.close()


def passerelle(build, archive):
    def command(xmpp, irc, folder):
        path = os.path.join(folder, "conf")
        with open(path, "w", encoding="utf-8") as f:
            os.fchmod(f.fileno(), 0o600)
            f.write(
                CONFIG.format(
                    xmpp=xmpp, irc=irc, dir=folder, archive=archive
                )
            )
        return [f"{build}/passerelle", "-c", path]

    return command


def null(build):
    return lambda xmpp, irc, folder: [
        f"{build}/null_gateway", str(xmpp), str(irc)
    ]


def main():
    build = sys.argv[1]
    floor = asyncio.run(run(build, null(build)))
    ours = asyncio.run(run(build, passerelle(build, "no")))
    kept = asyncio.run(run(build, passerelle(build, "yes")))
    print(
        f"{'CPU per unit, us':<24}{'null':>8}{'passerelle':>12}{'ratio':>8}"
        f"{'archive on':>12}{'ratio':>8}"
    )
    for name, us in ours.items():
        null_us = floor[name] or float("nan")
        print(
            f"{name:<24}{floor[name]:>8.2f}{us:>12.2f}{us / null_us:>8.1f}"
            f"{kept[name]:>12.2f}{kept[name] / null_us:>8.1f}"
        )


if __name__ == "__main__":
    main()
