"""An XMPP client on slixmpp, with what the tests need on top of it.

slixmpp logs in, keeps the stream and answers what any client answers; the
tests see every stanza in the order of its arrival, as a Stanza.
"""

import asyncio
import itertools
import logging
import warnings
from xml.etree import ElementTree as ET

# Before the import, which would complain on the terminal about its speed.
logging.getLogger("slixmpp").addHandler(logging.NullHandler())
logging.getLogger("slixmpp").propagate = False

import slixmpp  # noqa: E402
from inbox import DEADLINE_S, Inbox, Unseen  # noqa: E402
from names import PASSWORD  # noqa: E402
from place import HOST  # noqa: E402
from slixmpp.xmlstream.tostring import tostring  # noqa: E402

CLIENT = "{jabber:client}"
MUC = "{http://jabber.org/protocol/muc}"
MUC_USER = "{http://jabber.org/protocol/muc#user}"
STANZA_ID = "{urn:xmpp:sid:0}stanza-id"
DELAY = "{urn:xmpp:delay}delay"
STANZAS = "{urn:ietf:params:xml:ns:xmpp-stanzas}"
XML = "{http://www.w3.org/XML/1998/namespace}"

SELF, NONANONYMOUS, NICK_CHANGED_BY_ROOM = 110, 100, 210
NICK_CHANGED, KICKED, BANNED = 303, 307, 301


def bare(jid):
    return jid.partition("/")[0]


def resource(jid):
    return jid.partition("/")[2]


class Stanza:
    """A stanza that arrived; reading it never fails, absent things are None."""

    def __init__(self, xml):
        self.xml = xml
        self.kind = xml.tag.rpartition("}")[2]
        self.sender = xml.get("from", "")
        self.type = xml.get("type", "")
        self.id = xml.get("id")
        self.body = xml.findtext(CLIENT + "body")
        self.subject = xml.findtext(CLIENT + "subject")
        self.codes = {
            int(s.get("code")) for s in xml.iter(MUC_USER + "status")
        }
        item = xml.find(f"{MUC_USER}x/{MUC_USER}item")
        self.item = dict(item.attrib) if item is not None else {}
        self.reason = xml.findtext(f".//{MUC_USER}reason")
        self.actor = xml.find(f".//{MUC_USER}actor")
        self.is_delayed = xml.find(DELAY) is not None
        self._read_error(xml.find(CLIENT + "error"))

    def _read_error(self, error):
        """condition, error_type and error_text; None without an error."""
        self.condition = self.error_type = self.error_text = None
        if error is None:
            return
        self.error_type = error.get("type")
        self.error_text = error.findtext(STANZAS + "text")
        for child in error:
            if child.tag.startswith(STANZAS) and child.tag != STANZAS + "text":
                self.condition = child.tag[len(STANZAS):]

    @property
    def is_subject(self):
        return self.kind == "message" and self.subject is not None

    def find(self, path):
        return self.xml.find(path)

    def __repr__(self):
        return tostring(self.xml, xmlns="jabber:client")[:1000]


class XmppClient:
    """One resource of one user.  Logs in again as the same after close()."""

    _ids = itertools.count(1)

    def __init__(self, jid, port, log, password=PASSWORD, ca_file=None):
        """ca_file: log in over STARTTLS, with a certificate signed by it."""
        self.jid = jid
        self.bare = bare(jid)
        self._port = port
        self._log = log  # an open text file, for every stanza
        self._password = password
        self._ca_file = ca_file
        self._xmpp = None
        self.inbox = Inbox(jid)

    async def connect(self, deadline_s=DEADLINE_S):
        """Returns when the server has taken our presence."""
        self.inbox = Inbox(self.jid)
        self._xmpp = self._new_stream()
        begun = asyncio.get_running_loop().create_future()

        def settle(name):
            if not begun.done():
                begun.set_result(name)

        for name in ("session_start", "failed_all_auth", "connection_failed"):
            self._xmpp.add_event_handler(name, lambda _, n=name: settle(n))
        self._xmpp.connect(
            (HOST, self._port),
            use_ssl=False,
            force_starttls=self._ca_file is not None,
            disable_starttls=self._ca_file is None,
        )
        try:
            how = await asyncio.wait_for(begun, deadline_s)
        except asyncio.TimeoutError:
            how = f"no answer in {deadline_s} s"
        if how != "session_start":
            await self.close()
            raise Unseen(f"{self.jid} logs in: {how}")
        self._xmpp.send_presence()
        await self.inbox.expect(
            "our own presence",
            lambda s: s.kind == "presence" and s.sender == self.jid,
        )
        return self

    def _new_stream(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            xmpp = slixmpp.ClientXMPP(self.jid, self._password)
        xmpp.ca_certs = self._ca_file
        xmpp.plugin["feature_mechanisms"].unencrypted_plain = True
        xmpp.plugin["feature_mechanisms"].unencrypted_scram = True
        xmpp.register_plugin("xep_0030")
        xmpp.register_plugin("xep_0199")
        xmpp.add_filter("in", self._note)
        xmpp.add_event_handler(
            "disconnected", lambda _: self.inbox.close("the stream ended")
        )
        return xmpp

    def _note(self, stanza):
        if isinstance(
            stanza, (slixmpp.Message, slixmpp.Presence, slixmpp.Iq)
        ):
            seen = Stanza(stanza.xml)
            self._log.write(f"{self.jid} <- {seen!r}\n")
            self.inbox.put(seen)
        return stanza

    @property
    def is_connected(self):
        return self._xmpp is not None and self._xmpp.is_connected()

    async def close(self):
        """Says goodbye; the server tells everybody that we are gone."""
        if self.is_connected:
            await self._xmpp.disconnect(wait=2)
        self._drop()

    def break_connection(self):
        """As a client ends whose machine is switched off."""
        self._xmpp.transport.abort()
        self._drop()

    def _drop(self):
        if self._xmpp is not None:
            self._xmpp.cancel_connection_attempt()
            self._xmpp.abort()
            if self._xmpp._run_out_filters:  # slixmpp leaves it running
                self._xmpp._run_out_filters.cancel()
        self._xmpp = None

    # Sending.

    def new_id(self):
        return f"t{next(self._ids)}"

    def send_xml(self, text):
        """Any bytes of XML, well-formed or not."""
        self._log.write(f"{self.jid} -> {text[:1000]}\n")
        self._xmpp.send_raw(text)

    def _send(self, kind, children=(), **attributes):
        attributes.setdefault("id", self.new_id())
        xml = ET.Element(
            kind, {k: v for k, v in attributes.items() if v is not None}
        )
        for child in children:
            xml.append(ET.fromstring(child) if isinstance(child, str) else child)
        # A bare CR would arrive as LF.
        self.send_xml(tostring(xml).replace("\r", "&#13;"))
        return attributes["id"]

    def say(self, to, text, kind="groupchat", extra=(), id=None):
        """Sends a message and returns its id."""
        body = ET.Element("body")
        body.text = text
        return self._send(
            "message",
            [body, *extra],
            to=to,
            type=kind,
            id=id or self.new_id(),
        )

    def send_message(self, to, *children, kind="chat"):
        """Children are XML, as text or elements."""
        return self._send("message", children, to=to, type=kind)

    def set_subject(self, room, text):
        subject = ET.Element("subject")
        subject.text = text
        return self._send("message", [subject], to=room, type="groupchat")

    def send_presence(self, to, *children, kind=None):
        return self._send("presence", children, to=to, type=kind)

    def ask_to_join(self, room, nick, password=None, history=None):
        x = ET.Element(MUC + "x")
        if password is not None:
            ET.SubElement(x, MUC + "password").text = password
        if history is not None:
            ET.SubElement(x, MUC + "history", history)
        return self.send_presence(f"{room}/{nick}", x)

    def leave(self, room, nick, why=None):
        status = []
        if why is not None:
            status.append(ET.Element("status"))
            status[0].text = why
        return self.send_presence(
            f"{room}/{nick}", *status, kind="unavailable"
        )

    # Waiting.

    async def expect(self, what, deadline_s=DEADLINE_S, where=None, **wanted):
        """A stanza with those attributes; code=110 is one of its codes."""
        code = wanted.pop("code", None)

        def matches(s):
            return (
                all(getattr(s, k) == v for k, v in wanted.items())
                and (code is None or code in s.codes)
                and (where is None or where(s))
            )

        return await self.inbox.expect(what, matches, deadline_s)

    async def expect_text(self, sender, text, kind="groupchat", **more):
        return await self.expect(
            f"{text[:60]!r} from {sender}",
            kind="message",
            sender=sender,
            type=kind,
            body=text,
            **more,
        )

    async def expect_error(self, id, what="an error", **more):
        return await self.expect(what, type="error", id=id, **more)

    async def join(self, room, nick, deadline_s=DEADLINE_S, **options):
        """Joins; the stanzas of the room, from the first to the subject."""
        mark = len(self.inbox.history)
        self.ask_to_join(room, nick, **options)
        last = await self.inbox.expect(
            f"the subject of {room} or a refusal",
            lambda s: bare(s.sender) == room
            and (s.is_subject or s.kind == "presence" and s.type == "error"),
            deadline_s,
        )
        if last.type == "error":
            raise Refused(last)
        stanzas = [
            s
            for s in self.inbox.history[mark:]
            if bare(s.sender) == room and s.kind != "iq"
        ]
        stanzas = stanzas[: stanzas.index(last) + 1]
        for s in stanzas:
            if s in self.inbox._waiting:
                self.inbox._waiting.remove(s)
        return stanzas

    async def refusal(self, room, nick, deadline_s=DEADLINE_S, **options):
        """The error presence that answers a join which has to fail."""
        try:
            await self.join(room, nick, deadline_s, **options)
        except Refused as refused:
            return refused.stanza
        raise AssertionError(f"{room} let {nick} in")

    async def iq(self, to, payload, kind="get", deadline_s=DEADLINE_S):
        """The answer, of type result or error."""
        id = self._send("iq", [payload], to=to, type=kind)
        return await self.expect(
            f"the answer of {to} to {payload[:60]!r}",
            deadline_s,
            kind="iq",
            id=id,
            where=lambda s: s.type in ("result", "error"),
        )

    async def ping(self, to, **more):
        return await self.iq(to, "<ping xmlns='urn:xmpp:ping'/>", **more)

    async def disco(self, to, node=None):
        """Identities as {(category, type)}, features as a set, the forms."""
        node = f" node='{node}'" if node else ""
        space = "http://jabber.org/protocol/disco#info"
        answer = await self.iq(to, f"<query xmlns='{space}'{node}/>")
        if answer.type == "error":
            raise Refused(answer)
        return Disco(answer.find(f"{{{space}}}query"))

    async def items(self, to, node=None):
        node = f" node='{node}'" if node else ""
        space = "http://jabber.org/protocol/disco#items"
        answer = await self.iq(to, f"<query xmlns='{space}'{node}/>")
        if answer.type == "error":
            raise Refused(answer)
        return [dict(i.attrib) for i in answer.xml.iter(f"{{{space}}}item")]

    async def wait_for_service(self, to, deadline_s=20):
        """A component attaches in its own time."""
        loop = asyncio.get_running_loop()
        end = loop.time() + deadline_s
        while True:
            answer = await self.ping(to, deadline_s=deadline_s)
            if answer.type == "result":
                return
            if loop.time() > end:
                raise Unseen(f"{to} answers a ping; it said {answer}")
            await asyncio.sleep(0.1)

    async def barrier(self, to):
        """All that the gateway had for us before is in the inbox now."""
        await self.ping(to)


class Disco:
    """One answer to disco#info, with the raw element for its hash."""

    def __init__(self, query):
        space = query.tag.partition("}")[0] + "}"
        self.query = query
        self.identities = {
            (i.get("category"), i.get("type"))
            for i in query.findall(space + "identity")
        }
        self.names = [i.get("name") for i in query.findall(space + "identity")]
        self.features = {
            f.get("var") for f in query.findall(space + "feature")
        }


class Refused(Exception):
    """An error where something else was wanted; stanza is that error."""

    def __init__(self, stanza):
        super().__init__(repr(stanza))
        self.stanza = stanza
