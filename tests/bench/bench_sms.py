#!/usr/bin/env python3
"""SMS through the whole daemon: how fast out, what is lost on the way in.

Out: MESSAGES messages of XMPP users to a provider that answers after
LATENCY_S, by a line with PARALLEL connections and by one that has a limit of
rate, too.  Printed is the share of min(limit, connections / latency) that was
reached, from the first stanza to the last answer, and the longest turn of the
daemon's loop.

In: HOOKS webhooks over HOOK_CONNECTIONS connections, with a kill -9 in the
middle.  The daemon is started again, what was not answered with 200 is posted
again as providers do, and then every id that was answered must have reached
the XMPP server.  What reached it twice bears the same stanza id, and a stamp
of XEP-0203 from the second time on.

Fails when a share is under SHARE_MIN, a message was sent twice or never, an
id that was answered is missing, or a repeat is not marked as one.

usage: bench_sms.py BUILD
"""

import asyncio
import collections
import json
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from fake_component import FakeComponentServer

MESSAGES = 1000
SENDERS = 4  # of each line
LINES = {"wide": 0, "slow": 10}  # and the interval_ms of its limit
READERS = 20  # each with a line of his own
READER_LINES = 100  # and their numbers from there on
PARALLEL = 50
LATENCY_S = 0.2
SHARE_MIN = 95.0
STALL_AIM_MS = 20

HOOKS = 10_000
HOOK_CONNECTIONS = 32
KILL_AT = 5_000

START_S = 20
SEND_S = 60
SETTLE_S = 60
STOP_S = 30

NS = "{jabber:component:accept}"
RECEIPT = "{urn:xmpp:receipts}received"
DELAY = "{urn:xmpp:delay}delay"
TOKEN = "aTokenThatNobodyGuesses"

PROFILE = {
    "profile": 1,
    "name": "bench",
    "title": "The provider of the bench",
    "vars": {"base": {"required": True, "label": "Where it is"}},
    "numbers": {"from": "e164", "to": "e164"},
    "limits": {"parts": 10, "split": "provider", "dlr": "none"},
    "auth": {"kind": "none"},
    "send": {
        "sms": {
            "method": "POST",
            "url": "{base}/send",
            "json": {"to": "{to}", "text": "{text}"},
            "accept": {"status": [202], "id": {"path": "id"}},
        }
    },
    "hooks": {
        "inbound": {
            "body": "json",
            "map": {"from": "from", "to": "to", "text": "text", "id": "id"},
            "reply": {"status": 200},
        }
    },
    "verify": {"scheme": "path-token"},
}

CONFIG = """
server {{ host = "127.0.0.1"  port = {xmpp_port}  domain = "b" }}
store  {{ path = "{folder}/passerelle.db"  key_file = "{folder}/key" }}
http   {{ port = {http_port}  public_url = "http://127.0.0.1:{http_port}" }}
log    {{ level = "warn" }}
access {{ allow = {{ "b" }} }}
gateway "sms.b" {{
	type = "sms"
	secret = "secret"
	default_region = "FR"
	profiles = "{folder}"
	user_day_messages = 0  user_day_parts = 0
	line_day_messages = 0  line_day_parts = 0
{lines}
}}
"""

LINE = """	line "{name}" {{
		profile = "bench"
		number = "{number}"
		users = {{ {users} }}
		hook_token = "{token}"
		parallel = {parallel}
		interval_ms = {interval_ms}
		base = "http://127.0.0.1:{provider_port}"
	}}"""


def sender(line, i):
    return f"{line}{i}@b"


def reader_of(i):
    return f"u{i:02d}@b"


async def read_answer(reader):
    """The status; None: there will be none."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.I)
        await reader.readexactly(int(length[1]) if length else 0)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return int(head.split(b" ", 2)[1])


class Provider:
    """fake_provider, and what it has counted."""

    def __init__(self, build):
        self.process = subprocess.Popen(
            [f"{build}/fake_provider", "-l", str(int(LATENCY_S * 1000))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self.process.stdout.readline().split()[1])

    def look(self):
        """Since the last time, by name."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        words = self.process.stdout.readline().split()
        return dict(zip(words[::2], map(int, words[1::2])))

    def stop(self):
        self.process.stdin.close()
        self.process.wait(STOP_S)


class Hooks:
    """What the provider posts, until it was answered with 200."""

    def __init__(self, port):
        self.port = port
        self.answered = set()
        self.refused = collections.Counter()

    def request(self, i):
        line = i % READERS
        body = json.dumps(
            {
                "id": f"h{i}",
                "from": f"+336{10000000 + i % 500:08d}",
                "to": number_of(READER_LINES + line),
                "text": f"hook {i}",
            }
        ).encode()
        return (
            b"POST /sms/l%d/%s/inbound HTTP/1.1\r\nHost: h\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (line, TOKEN.encode(), len(body), body)
        )

    async def _post(self, todo):
        try:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", self.port
            )
            while todo:
                i = todo.pop()
                writer.write(self.request(i))
                status = await read_answer(reader)
                if status is None:
                    break
                if status == 200:
                    self.answered.add(i)
                else:
                    self.refused[status] += 1
            writer.close()
        except ConnectionError:
            pass

    async def post(self):
        """All that is open, once."""
        todo = [i for i in range(HOOKS) if i not in self.answered]
        todo.reverse()
        await asyncio.gather(
            *(self._post(todo) for _ in range(HOOK_CONNECTIONS))
        )


class Xmpp:
    """What reaches the XMPP server."""

    def __init__(self):
        self.receipts = set()
        self.hooks = collections.defaultdict(list)  # number -> [(id, delayed)]
        self.server = FakeComponentServer(self.on_stanza)

    def on_stanza(self, stanza):
        if stanza.tag != NS + "message":
            return
        received = stanza.find(RECEIPT)
        body = stanza.findtext(NS + "body") or ""
        if received is not None:
            self.receipts.add(received.get("id"))
        elif body.startswith("hook "):
            self.hooks[int(body[5:])].append(
                (stanza.get("id"), stanza.find(DELAY) is not None)
            )

    def say(self, id, sender, number, text):
        self.server.send(
            f"<message from='{sender}/r' to='{number}@sms.b' type='chat' "
            f"id='{id}'><body>{text}</body>"
            "<request xmlns='urn:xmpp:receipts'/></message>"
        )

    async def settle(self, measure, goal, deadline_s):
        """Until measure() is goal, or does not move any more."""
        end = time.monotonic() + deadline_s
        while measure() < goal and time.monotonic() < end:
            await asyncio.sleep(0.1)


class Daemon:
    def __init__(self, build, folder, xmpp):
        self.command = [f"{build}/passerelle", "-c", str(folder / "conf")]
        self.xmpp = xmpp
        self.process = None

    async def start(self):
        self.xmpp.server.attached.clear()
        self.process = subprocess.Popen(self.command)
        await asyncio.wait_for(self.xmpp.server.attached.wait(), START_S)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(STOP_S)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


async def longest_turn_ms(port):
    """Since this was asked last."""
    url = f"http://127.0.0.1:{port}/metrics"

    def get():
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read().decode()

    found = re.search(
        r"^passerelle_loop_longest_turn_seconds ([\d.e+-]+)$",
        await asyncio.to_thread(get),
        re.M,
    )
    return float(found[1]) * 1000


async def outward(xmpp, provider, port, line):
    """False: an aim was missed."""
    xmpp.receipts.clear()
    first = 20000000 + list(LINES).index(line) * 1000000
    for i in range(SENDERS):  # sessions, what is loaded once
        xmpp.say(f"{line}-w{i}", sender(line, i), f"+336{first + i}", "warm")
    await xmpp.settle(lambda: len(xmpp.receipts), SENDERS, SEND_S)
    provider.look()
    await longest_turn_ms(port)
    begun = time.monotonic()
    for i in range(MESSAGES):
        xmpp.say(
            f"{line}-{i}",
            sender(line, i % SENDERS),
            f"+336{first + 1000 + i}",
            f"text {i} by {line}",
        )
    await xmpp.server.drain()
    all_told = SENDERS + MESSAGES
    await xmpp.settle(lambda: len(xmpp.receipts), all_told, SEND_S)
    return report_outward(
        line,
        provider.look(),
        begun,
        len(xmpp.receipts) - SENDERS,
        await longest_turn_ms(port),
    )


def report_outward(line, seen, begun, told, stall_ms):
    latency_s = seen["latency_us"] / 1e6
    took = seen["last_us"] / 1e6 + latency_s - begun
    possible = PARALLEL / latency_s
    if LINES[line]:
        possible = min(possible, 1000 / LINES[line])
    reached = seen["seen"] / took
    share = 100 * reached / possible
    print(
        f"{MESSAGES} messages by line {line}: {reached:.1f}/s of "
        f"{possible:.1f}/s, {share:.1f} %\n"
        f"  latency {latency_s * 1000:.1f} ms, at most {seen['most']} at once,"
        f" the first after {seen['first_us'] / 1e3 - begun * 1e3:.0f} ms; "
        f"sent {seen['seen']}, twice {seen['twice']}, receipts {told}\n"
        f"  longest turn of the loop {stall_ms:.0f} ms (aim {STALL_AIM_MS})",
        flush=True,
    )
    return (
        share >= SHARE_MIN
        and seen["seen"] == told == MESSAGES
        and seen["twice"] == 0
    )


async def post_and_kill(daemon, hooks):
    """Seconds until then; what was on its way has no answer."""
    begun = time.monotonic()
    posting = asyncio.create_task(hooks.post())
    while len(hooks.answered) < KILL_AT and not posting.done():
        await asyncio.sleep(0)
    daemon.kill()
    took = time.monotonic() - begun
    await posting
    return took


async def post_until_taken(hooks):
    begun = time.monotonic()
    while len(hooks.answered) < HOOKS:
        if time.monotonic() - begun > SETTLE_S:
            break
        await hooks.post()
    return time.monotonic() - begun


def is_marked(times):
    """The same stanza each time, and the later ones say that they are late."""
    return len({id for id, _ in times}) == 1 and all(d for _, d in times[1:])


async def inward(xmpp, daemon, hooks):
    """False: an aim was missed."""
    took = await post_and_kill(daemon, hooks)
    early = set(hooks.answered)
    await daemon.start()
    await xmpp.settle(
        lambda: len(early & set(xmpp.hooks)), len(early), SETTLE_S
    )
    lost = len(early - set(xmpp.hooks))
    again = await post_until_taken(hooks)
    await xmpp.settle(lambda: len(xmpp.hooks), HOOKS, SETTLE_S)
    missing = len(hooks.answered - set(xmpp.hooks))
    repeats = [v for v in xmpp.hooks.values() if len(v) > 1]
    unmarked = sum(not is_marked(v) for v in repeats)
    print(
        f"{HOOKS} webhooks, kill -9 after {len(early)} answers "
        f"({len(early) / took:.0f}/s): {lost} of these lost\n"
        f"  answered in all {len(hooks.answered)} "
        f"({(len(hooks.answered) - len(early)) / again:.0f}/s), missing "
        f"{missing}, repeated {len(repeats)}, of these not marked {unmarked}, "
        f"other answers {dict(hooks.refused)}"
    )
    return lost == missing == unmarked == 0 and len(hooks.answered) == HOOKS


def number_of(i):
    return f"+3360000{i:04d}"


def line_block(name, i, users, parallel, interval_ms, provider_port):
    return LINE.format(
        name=name,
        number=number_of(i),
        users=", ".join(f'"{u}"' for u in users),
        token=TOKEN,
        parallel=parallel,
        interval_ms=interval_ms,
        provider_port=provider_port,
    )


def write_files(folder, xmpp_port, provider_port, http_port):
    (folder / "bench.json").write_text(json.dumps(PROFILE))
    lines = [
        line_block(
            name,
            i,
            [sender(name, k) for k in range(SENDERS)],
            PARALLEL,
            interval_ms,
            provider_port,
        )
        for i, (name, interval_ms) in enumerate(LINES.items())
    ] + [
        line_block(
            f"l{i}", READER_LINES + i, [reader_of(i)], 1, 0, provider_port
        )
        for i in range(READERS)
    ]
    conf = folder / "conf"
    conf.touch(0o600)
    conf.write_text(
        CONFIG.format(
            xmpp_port=xmpp_port,
            folder=folder,
            http_port=http_port,
            lines="\n".join(lines),
        )
    )


def note_pressure():
    """Others on the machine make every figure worse."""
    try:
        text = Path("/proc/pressure/cpu").read_text()
    except OSError:
        return
    waited = float(re.search(r"avg60=([\d.]+)", text)[1])
    if waited > 50:
        print(f"the machine is busy: for {waited:.0f} % of the last minute")
        print("somebody waited for a processor (chrt -r 1 helps)")


async def run(build):
    xmpp, provider = Xmpp(), Provider(build)
    http_port = free_port()
    with tempfile.TemporaryDirectory(prefix="passerelle-bench-") as name:
        folder = Path(name)
        write_files(
            folder, await xmpp.server.start(), provider.port, http_port
        )
        daemon = Daemon(build, folder, xmpp)
        try:
            await daemon.start()
            good = [
                await outward(xmpp, provider, http_port, line)
                for line in LINES
            ]
            good.append(await inward(xmpp, daemon, Hooks(http_port)))
            note_pressure()
        finally:
            daemon.stop()
            provider.stop()
            await xmpp.server.stop()
    return all(good)


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(run(sys.argv[1])) else 1)
