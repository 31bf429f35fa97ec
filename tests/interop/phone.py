"""All the phones of an SMS network: the other end of Kannel's fake SMSC.

One message is one line, `sender receiver kind text`; kinds are those of
Kannel, and a text of two phones' worth of bytes comes as several lines.
"""

import asyncio
import urllib.parse

from inbox import Inbox
from place import HOST

PART_HEADER = "%05%00%03"  # concatenation with an 8-bit reference


def looks_like_utf16(octets):
    """Parts do not say which alphabet they are in."""
    return any(
        o < ord(" ") and o != ord("\n") for o in octets
    ) or octets[:1] in (b"\xd8", b"\xdc", b"\xde", b"\xdf")


class Text:
    """What a phone has received; a part of a longer one has parts > 1."""

    def __init__(self, line):
        fields = line.split(" ", 4)
        self.sender, self.receiver, self.kind = fields[:3]
        self.reference, self.parts, self.part = None, 1, 1
        if self.kind == "udh":
            header = urllib.parse.unquote_to_bytes(fields[3])
            self.reference, self.parts, self.part = header[3:6]
            self.kind, _, rest = fields[4].partition(" ")
        else:
            rest = line.split(" ", 3)[3]
        self.text = self._decode(rest)

    def _decode(self, rest):
        if self.kind == "text":
            return rest
        octets = urllib.parse.unquote_to_bytes(rest.replace("+", "%20"))
        if self.kind == "ucs-2" or looks_like_utf16(octets):
            return octets.decode("utf-16-be", errors="surrogatepass")
        return octets.decode(errors="replace")

    def __repr__(self):
        return (
            f"{self.sender} -> {self.receiver} [{self.part}/{self.parts}]"
            f" {self.text[:200]!r}"
        )


class Phone:
    """Attached to the network; everybody's messages arrive here."""

    def __init__(self, port, log):
        self._port = port
        self._log = log
        self._writer = None
        self._reading = None
        self.inbox = Inbox("the phones")

    async def attach(self):
        reader, self._writer = await asyncio.open_connection(HOST, self._port)
        self._reading = asyncio.ensure_future(self._read(reader))
        return self

    async def _read(self, reader):
        pending = None
        while line := await reader.readline():
            line = line.decode(errors="replace").rstrip("\n")
            # A text may have line feeds in it: then what follows does not
            # begin like a message.
            if pending is not None and not self._is_message(line):
                pending.text += "\n" + line
                continue
            self._log.write(f"phone <- {line[:1000]}\n")
            pending = Text(line)
            self.inbox.put(pending)

    @staticmethod
    def _is_message(line):
        fields = line.split(" ", 3)
        return len(fields) == 4 and fields[2] in (
            "text",
            "ucs-2",
            "data",
            "udh",
        )

    async def detach(self):
        if self._writer:
            self._writer.close()
            self._reading.cancel()
            self._writer = None

    close = detach

    async def say(self, sender, receiver, text, ucs2=False):
        """A message from the phone with that number."""
        if ucs2:
            octets = text.encode("utf-16-be", errors="surrogatepass")
            line = f"{sender} {receiver} ucs2 {urllib.parse.quote(octets)}\n"
        else:
            line = f"{sender} {receiver} text {text}\n"
        self._log.write(f"phone -> {line}")
        self._writer.write(line.encode())
        await self._writer.drain()

    async def expect(self, what, deadline_s=10, **wanted):
        return await self.inbox.expect(
            what,
            lambda t: all(getattr(t, k) == v for k, v in wanted.items()),
            deadline_s,
        )
