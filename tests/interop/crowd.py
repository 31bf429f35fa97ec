"""Many users at once, on one component stream: XEP-0114 as another component
of the same XMPP server, whose domain is where they live."""

import asyncio
import hashlib
import re

from place import HOST

STANZA = re.compile(rb"<(presence|message|iq)\b[^>]*?(/>|>.*?</\1>)", re.S)
ATTRIBUTE = re.compile(rb"\b(from|to|type|id)=['\"]([^'\"]*)['\"]")


def attributes(stanza):
    head = stanza[: stanza.index(b">")]
    return {k.decode(): v.decode() for k, v in ATTRIBUTE.findall(head)}


class Crowd:
    """Answers every ping while people are there."""

    def __init__(self, domain, secret, port):
        self.domain, self._secret, self._port = domain, secret, port
        self.inside = {}  # user -> rooms he has been shown himself in
        self.errors = []
        self.is_there = True
        self._changed = asyncio.Event()

    async def connect(self):
        reader, self._writer = await asyncio.open_connection(HOST, self._port)
        self._writer.write(
            b"<stream:stream xmlns='jabber:component:accept'"
            b" xmlns:stream='http://etherx.jabber.org/streams' to='"
            + self.domain.encode()
            + b"'>"
        )
        head = await reader.readuntil(b">")
        while b"<stream:stream" not in head:
            head += await reader.readuntil(b">")
        id = re.search(rb"\bid=['\"]([^'\"]+)['\"]", head)[1]
        digest = hashlib.sha1(id + self._secret.encode()).hexdigest()
        self._writer.write(f"<handshake>{digest}</handshake>".encode())
        rest = b""
        while b"<handshake" not in rest:
            rest += await reader.read(4096)
        self._reading = asyncio.create_task(self._read(reader))
        return self

    async def _read(self, reader):
        text = b""
        while data := await reader.read(65536):
            text += data
            end = 0
            for found in STANZA.finditer(text):
                self._take(found[0])
                end = found.end()
            text = text[end:]
            self._changed.set()

    def _take(self, stanza):
        a = attributes(stanza)
        user = a.get("to", "").partition("@")[0]
        room = a.get("from", "").partition("/")[0]
        if a.get("type") == "error":
            self.errors.append(stanza.decode(errors="replace"))
        elif stanza.startswith(b"<presence") and b"'110'" in stanza.replace(
            b'"', b"'"
        ):
            rooms = self.inside.setdefault(user, set())
            if a.get("type") == "unavailable":
                rooms.discard(room)
            else:
                rooms.add(room)
        elif stanza.startswith(b"<iq") and b"urn:xmpp:ping" in stanza:
            self._pong(a)

    def _pong(self, a):
        kind = "result" if self.is_there else "error"
        gone = (
            ""
            if self.is_there
            else "<error type='cancel'><service-unavailable xmlns="
            "'urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
        )
        self._send(
            f"<iq type='{kind}' from='{a['to']}' to='{a['from']}'"
            f" id='{a['id']}'>{gone}</iq>"
        )

    def _send(self, text):
        self._writer.write(text.encode())

    def jid(self, user):
        return f"{user}@{self.domain}"

    def join(self, user, room):
        self._send(
            f"<presence from='{self.jid(user)}/c' to='{room}/{user}'>"
            "<x xmlns='http://jabber.org/protocol/muc'/></presence>"
        )

    def leave(self, user, room):
        self._send(
            f"<presence from='{self.jid(user)}/c' to='{room}/{user}'"
            " type='unavailable'/>"
        )

    async def until(self, what, holds, deadline_s):
        end = asyncio.get_running_loop().time() + deadline_s
        while not holds():
            left = end - asyncio.get_running_loop().time()
            assert left > 0, f"{what}: not within {deadline_s} s"
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), left)
            except asyncio.TimeoutError:
                pass

    async def close(self):
        self._writer.close()
        self._reading.cancel()
