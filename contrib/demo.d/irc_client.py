"""An IRC client on a bare socket: it shares no code with what it tests."""

import asyncio
import ssl
from typing import NamedTuple

from inbox import DEADLINE_S, Inbox, Unseen

LINE_MAX = 16 * 1024


class Line(NamedTuple):
    nick: str  # who caused it; a server's name is one too
    command: str
    params: list


def parse(text):
    """RFC 1459 2.3.1; the demo's server sends no tags to this client."""
    source = ""
    if text.startswith(":"):
        source, _, text = text[1:].partition(" ")
    text, colon, trailing = text.partition(" :")
    command, *params = text.split()
    if colon:
        params.append(trailing)
    return Line(source.partition("!")[0], command, params)


class IrcClient:
    def __init__(self, nick, log):
        self.nick = nick
        self._log = log  # an open text file, for every line
        self._inbox = Inbox()
        self._writer = None
        self._reading = None

    async def connect(self, host, port, ca_file):
        """Over TLS, verified; returns once the server has welcomed us."""
        tls = ssl.create_default_context(cafile=ca_file)
        opening = asyncio.open_connection(host, port, ssl=tls, limit=LINE_MAX)
        try:
            reader, self._writer = await asyncio.wait_for(opening, DEADLINE_S)
        except (OSError, asyncio.TimeoutError) as e:
            raise Unseen(f"a TLS connection to the IRC server: {e}") from None
        self._reading = asyncio.create_task(self._read(reader))
        self.send(f"NICK {self.nick}")
        self.send(f"USER {self.nick} 0 * :Passerelle demo")
        await self.expect("the IRC server's welcome", "001")

    def send(self, line):
        self._log.write(f"-> {line}\n")
        self._writer.write(line.encode() + b"\r\n")

    async def expect(self, what, command, *params, nick=None):
        """Waits for a line; it may have more parameters than are given."""
        return await self._inbox.expect(
            what,
            lambda line: line.command == command
            and line.params[: len(params)] == list(params)
            and nick in (None, line.nick),
        )

    async def close(self):
        if not self._writer:
            return
        self._reading.cancel()
        self._writer.close()

    async def _read(self, reader):
        while raw := await reader.readline():
            text = raw.decode(errors="replace").rstrip("\r\n")
            self._log.write(f"<- {text}\n")
            if not text:
                continue
            line = parse(text)
            if line.command == "PING":
                self.send("PONG :" + line.params[-1])
            else:
                self._inbox.put(line)
