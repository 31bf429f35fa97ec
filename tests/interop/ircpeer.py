"""An IRC client on a bare socket, sharing no code with the program.

Text is str with surrogateescape: bytes that are not UTF-8 survive the way
there and back, so that tests can send and compare any byte.
"""

import asyncio
import ssl
import time
from typing import NamedTuple

from inbox import DEADLINE_S, Inbox, Unseen
from place import HOST

LINE_MAX = 16384


def to_text(raw):
    return raw.decode("utf-8", "surrogateescape")


def to_bytes(text):
    return text.encode("utf-8", "surrogateescape")


class Line(NamedTuple):
    """One line from the server."""

    nick: str  # or the server's name
    source: str  # all of the prefix
    command: str
    params: list
    raw: bytes

    @property
    def text(self):
        return self.params[-1]


def parse(raw):
    text = to_text(raw)
    if text.startswith("@"):
        text = text.partition(" ")[2].lstrip(" ")
    source = ""
    if text.startswith(":"):
        source, _, text = text[1:].partition(" ")
    head, colon, trailing = text.partition(" :")
    words = [word for word in head.split(" ") if word]
    params = words[1:] + ([trailing] if colon else [])
    command = words[0].upper() if words else ""
    return Line(source.partition("!")[0], source, command, params, raw)


class IrcPeer:
    def __init__(self, nick, port, log, ca_file=None):
        """ca_file: connect over TLS, to a certificate signed by it."""
        self.nick = nick
        self._port = port
        self._tls = ca_file and ssl.create_default_context(cafile=ca_file)
        self._log = log  # an open text file, for every line
        self._writer = None
        self._reading = None
        self._pings = 0
        self.channels = set()
        self.inbox = Inbox(f"{nick} on IRC")

    async def connect(self):
        reader, self._writer = await asyncio.open_connection(
            HOST, self._port, limit=LINE_MAX, ssl=self._tls
        )
        self._reading = asyncio.create_task(self._read(reader))
        self.send(f"NICK {self.nick}")
        self.send(f"USER peer 0 * :{self.nick} of the tests")
        await self.expect("the welcome", "001")
        await self.inbox.expect(
            "the end of the greeting",
            lambda line: line.command in ("376", "422"),
        )
        return self

    @property
    def is_connected(self):
        return self._reading is not None and not self._reading.done()

    def send(self, line):
        self.send_raw(to_bytes(line))

    def send_raw(self, raw):
        """One line of any bytes, without its end."""
        self._log.write(f"{self.nick} -> {raw!r}\n")
        self._writer.write(raw + b"\r\n")

    async def expect(
        self, what, command, *params, nick=None, deadline_s=DEADLINE_S
    ):
        """A line; params are its first ones, None for any."""

        def matches(line):
            return (
                line.command == command
                and nick in (None, line.nick)
                and len(line.params) >= len(params)
                and all(p in (None, q) for p, q in zip(params, line.params))
            )

        return await self.inbox.expect(what, matches, deadline_s)

    async def expect_text(self, target, text, nick=None, **more):
        """A PRIVMSG to a channel or to us."""
        return await self.expect(
            f"{text[:60]!r} said to {target}",
            "PRIVMSG",
            target,
            text,
            nick=nick,
            **more,
        )

    def say(self, target, text):
        self.send(f"PRIVMSG {target} :{text}")

    async def join(self, channel, key=""):
        """False when the server knows no channel of such a name."""
        self.send(f"JOIN {channel} {key}" if key else f"JOIN {channel}")
        line = await self.inbox.expect(
            f"all names of {channel}",
            lambda line: line.command in ("366", "403", "476", "479")
            and channel in line.params,
        )
        if line.command != "366":
            return False
        self.channels.add(channel)
        return True

    async def mode(self, channel, *mode):
        self.send(f"MODE {channel} {' '.join(mode)}")
        return await self.expect(f"{mode} of {channel}", "MODE", channel)

    async def topic(self, channel, text):
        self.send(f"TOPIC {channel} :{text}")
        return await self.expect("the new topic", "TOPIC", channel)

    async def rename(self, nick):
        was, self.nick = self.nick, nick
        self.send(f"NICK {nick}")
        return await self.expect("our own new nick", "NICK", nick, nick=was)

    async def names(self, channel):
        """Who is inside, without the signs of their rank."""
        self.send(f"NAMES {channel}")
        found = set()
        while True:
            line = await self.inbox.expect(
                f"the names of {channel}",
                lambda line: line.command in ("353", "366")
                and channel in line.params,
            )
            if line.command == "366":
                return found
            found |= {n.lstrip("~&@%+") for n in line.text.split(" ")}

    async def barrier(self):
        """All that the server had for us before is in the inbox now."""
        self._pings += 1
        token = f"barrier{self._pings}"
        self.send(f"PING {token}")
        await self.inbox.expect(
            "the answer to our own ping",
            lambda line: line.command == "PONG" and token in line.params,
        )

    async def leave_all(self):
        for channel in self.channels:
            self.send(f"PART {channel}")
        self.channels.clear()
        await self.barrier()
        self.inbox.forget()

    async def closed(self):
        """The server has ended the connection, and we have noticed."""
        done, _ = await asyncio.wait([self._reading], timeout=DEADLINE_S)
        if not done:
            raise Unseen(f"{self.nick} on IRC: the end of the connection")

    async def close(self):
        if self._reading:
            self._reading.cancel()
        if self._writer:
            self._writer.close()

    async def _read(self, reader):
        try:
            while raw := await reader.readline():
                self._take(raw.rstrip(b"\r\n"))
        except (OSError, ValueError) as problem:
            self._log.write(f"{self.nick} !! {problem}\n")
        self.inbox.close("the IRC server closed the connection")

    def _take(self, raw):
        self._log.write(f"{self.nick} <- {raw!r}\n")
        if not raw:
            return
        line = parse(raw)
        if line.command == "PING":
            self.send(f"PONG :{line.text}")
            return
        if line.command == "PRIVMSG" and line.params[0] == self.nick:
            self._answer_ctcp(line)
        self.inbox.put(line)

    def _answer_ctcp(self, line):
        """What any client answers to a question inside a message."""
        word, _, rest = line.text.strip("\x01").partition(" ")
        answers = {
            "VERSION": "VERSION IrcPeer of the tests",
            "PING": f"PING {rest}",
            "TIME": time.strftime("TIME %a %b %d %H:%M:%S %Y"),
        }
        if line.text.startswith("\x01") and word in answers:
            self.send(f"NOTICE {line.nick} :\x01{answers[word]}\x01")


__all__ = ["IrcPeer", "Line", "Unseen", "parse"]
