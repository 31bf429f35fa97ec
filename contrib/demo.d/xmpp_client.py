"""An XMPP client on slixmpp, reduced to what a conversation needs."""

import asyncio
import logging
from typing import NamedTuple

# Before the import, which would complain on the terminal about its speed.
logging.getLogger("slixmpp").addHandler(logging.NullHandler())

import slixmpp
from slixmpp.xmlstream import ET

from inbox import DEADLINE_S, Inbox, Unseen

CLIENT = "{jabber:client}"
MUC = "{http://jabber.org/protocol/muc}"
MUC_USER = "{http://jabber.org/protocol/muc#user}"
SELF = 110  # status codes of XEP-0045
NICK_CHANGED = 303
KICKED = 307


class Seen(NamedTuple):
    """One message or presence that arrived."""

    kind: str
    sender: str
    type: str
    body: str = None
    subject: str = None
    codes: frozenset = frozenset()
    nick: str = None
    reason: str = None


def summary(stanza):
    x = stanza.find(MUC_USER + "x")
    x = ET.Element("none") if x is None else x
    item = x.find(MUC_USER + "item")
    item = ET.Element("none") if item is None else item
    return Seen(
        kind=stanza.tag.rpartition("}")[2],
        sender=stanza.get("from", ""),
        type=stanza.get("type", ""),
        body=stanza.findtext(CLIENT + "body"),
        subject=stanza.findtext(CLIENT + "subject"),
        codes=frozenset(int(s.get("code")) for s in x.iter(MUC_USER + "status")),
        nick=item.get("nick"),
        reason=item.findtext(MUC_USER + "reason"),
    )


class XmppClient:
    def __init__(self, jid, password, log):
        self.jid = jid
        self._log = log  # an open text file, for every stanza
        self._inbox = Inbox()
        self._xmpp = slixmpp.ClientXMPP(jid, password)
        self._xmpp.register_plugin("xep_0030")
        self._xmpp.add_filter("in", self._note)
        self._xmpp.add_filter("out", self._note_sent)

    async def connect(self, host, port, ca_file):
        """With STARTTLS, verified; returns once the session has begun."""
        begun = asyncio.get_running_loop().create_future()

        def begin(event):
            if not begun.done():
                begun.set_result(event)

        for name in ("session_start", "failed_all_auth", "connection_failed"):
            self._xmpp.add_event_handler(
                name, lambda _, name=name: begin(name)
            )
        self._xmpp.ca_certs = ca_file
        self._xmpp.connect((host, port))
        try:
            how = await asyncio.wait_for(begun, DEADLINE_S)
        except asyncio.TimeoutError:
            how = "timeout"
        if how != "session_start":
            raise Unseen(f"{self.jid} logged in to Prosody: {how}")
        self._xmpp.send_presence()

    async def wait_for_service(self, jid):
        """Asks until the component answers, as it attaches in its own time."""
        for _ in range(DEADLINE_S * 5):
            try:
                return await self._xmpp["xep_0030"].get_info(jid, timeout=3)
            except (slixmpp.exceptions.IqError, slixmpp.exceptions.IqTimeout):
                await asyncio.sleep(0.2)
        raise Unseen(f"{jid} answered service discovery through Prosody")

    def join(self, room, nick):
        presence = self._xmpp.make_presence(pto=f"{room}/{nick}")
        presence.append(ET.Element(MUC + "x"))
        presence.send()

    def change_nick(self, room, nick):
        self._xmpp.send_presence(pto=f"{room}/{nick}")

    def leave(self, room, nick, why):
        self._xmpp.send_presence(
            pto=f"{room}/{nick}", ptype="unavailable", pstatus=why
        )

    def say(self, to, text, kind):
        self._xmpp.send_message(mto=to, mbody=text, mtype=kind)

    def set_subject(self, room, text):
        message = self._xmpp.make_message(mto=room, mtype="groupchat")
        message["subject"] = text
        message.send()

    async def expect(self, what, kind, sender, **attributes):
        """Waits for a stanza; codes=110 means that 110 is among them."""
        code = attributes.pop("codes", None)
        return await self._inbox.expect(
            what,
            lambda seen: (seen.kind, seen.sender) == (kind, sender)
            and (code is None or code in seen.codes)
            and all(getattr(seen, k) == v for k, v in attributes.items()),
        )

    async def close(self):
        if self._xmpp.is_connected():
            await self._xmpp.disconnect(wait=1)

    def _note(self, stanza):
        self._log.write(f"<- {stanza}\n")
        seen = summary(stanza.xml)
        if seen.kind in ("message", "presence"):
            self._inbox.put(seen)
        return stanza

    def _note_sent(self, stanza):
        self._log.write(f"-> {stanza}\n")
        return stanza
