"""The XMPP server's end of a component stream (XEP-0114), and no server.

Accepts any secret, answers what a component asks and tells a listener what
it sends to users.  Stanzas go in as text.
"""

import asyncio
import xml.etree.ElementTree as ET

NS = "{jabber:component:accept}"
STREAM = (
    "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
    "xmlns:stream='http://etherx.jabber.org/streams' id='fake' from='%s'>"
)
PING = "{urn:xmpp:ping}ping"
REFUSAL = (
    "<error type='cancel'><service-unavailable "
    "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
)


def quoted(text):
    """An attribute value for single quotes."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("'", "&apos;")


class FakeComponentServer:
    """Takes one component at a time; on_stanza(element) sees its stanzas."""

    def __init__(self, on_stanza):
        self.on_stanza = on_stanza
        self.attached = asyncio.Event()
        self.domain = ""
        self.nstanzas = 0
        self._server = self._writer = None

    async def start(self, host="127.0.0.1"):
        """Listens, and returns the port."""
        self._server = await asyncio.start_server(self._serve, host, 0)
        return self._server.sockets[0].getsockname()[1]

    async def stop(self):
        self._server.close()
        if self._writer:
            self._writer.close()
        await asyncio.sleep(0)  # the reader sees its end

    def send(self, text):
        self._writer.write(text.encode())

    async def drain(self):
        await self._writer.drain()

    async def _serve(self, reader, writer):
        self._writer = writer
        parser = ET.XMLPullParser(("start", "end"))
        depth, root = 0, None
        while data := await reader.read(262144):
            parser.feed(data)
            for event, element in parser.read_events():
                depth += 1 if event == "start" else -1
                if event == "start" and depth == 1:
                    root = element
                    self.domain = element.get("to", "")
                    self.send(STREAM % self.domain)
                elif event == "end" and depth == 1:
                    self._take(element)
                    root.clear()
        self.attached.clear()
        writer.close()

    def _take(self, element):
        self.nstanzas += 1
        if element.tag == NS + "handshake":
            self.send("<handshake/>")
            self.attached.set()
        elif element.tag == NS + "iq" and element.get("type") in ("get", "set"):
            self._answer(element)
        else:
            self.on_stanza(element)

    def _answer(self, iq):
        """A ping is answered, also for the component's own address: a server
        would hand it round, with the same result."""
        is_ping = iq.find(PING) is not None
        self.send(
            "<iq type='%s' id='%s' from='%s' to='%s'>%s</iq>"
            % (
                "result" if is_ping else "error",
                quoted(iq.get("id", "")),
                quoted(iq.get("to", self.domain)),
                quoted(iq.get("from", self.domain)),
                "" if is_ping else REFUSAL,
            )
        )
