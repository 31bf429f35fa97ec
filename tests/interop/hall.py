"""A stage for seats: an XMPP server with rooms of its own, and Passerelle with
the network `post`, whose people take seats there by words (post_seats.h)."""

import asyncio
import itertools
import os
import re

from booth import XMPP_SERVERS
from inbox import DEADLINE_S
from names import ADMIN, DOMAIN, POST_GATEWAY, ROOMS, SECRET
from passerelle import REPORT, SANITIZERS, find_program
from place import HOST
from process import STOP_S, Process
from xmppclient import XmppClient

CONFIG = """
server {{ host = "{host}"  port = {component_port}  domain = "{domain}" }}
store  {{ path = "{folder}/passerelle.db"  key_file = "{folder}/key" }}
log    {{ level = "{log_level}" }}
access {{ allow = {{ "{domain}" }}  admins = {{ "{admin}" }} }}
gateway "{gateway}" {{ type = "post"  secret = "{secret}" }}
"""
OWNER = "http://jabber.org/protocol/muc#owner"
ADMIN_NS = "http://jabber.org/protocol/muc#admin"
CONFIG_FORM = "http://jabber.org/protocol/muc#roomconfig"
REQUEST = "<request xmlns='urn:xmpp:receipts'/>"
RECEIVED = "{urn:xmpp:receipts}received"


class Hall:
    """modules: of the XMPP server, beside the rooms."""

    def __init__(self, xmpp, folder, modules=("mam",)):
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self._numbers = itertools.count(1)
        self.xmpp = XMPP_SERVERS[xmpp](
            folder, (POST_GATEWAY,), ("muc", *modules)
        )
        self.config = folder / "passerelle.conf"
        self.config.write_text(
            CONFIG.format(
                host=HOST,
                component_port=self.xmpp.component_port,
                domain=DOMAIN,
                folder=folder,
                log_level=os.environ.get("PASSERELLE_LOG", "debug"),
                admin=ADMIN,
                gateway=POST_GATEWAY,
                secret=SECRET,
            )
        )
        self.config.chmod(0o600)
        self.passerelle = Process(
            "passerelle",
            [find_program(), "-c", self.config],
            folder,
            env=SANITIZERS,
        )
        self.log = open(folder / "transcript.log", "w", buffering=1)
        self._people = []

    def start(self):
        self.xmpp.start()
        self.start_passerelle()

    def start_passerelle(self):
        mark = self.passerelle.log_size()
        self.passerelle.start()
        self.passerelle.wait_until(
            "says ready",
            lambda: re.search(r"\bready\b", self.passerelle.log(mark)),
        )

    def complaints(self):
        """What sanitizers have said; "" if nothing."""
        text = self.passerelle.log()
        found = REPORT.search(text)
        return text[found.start() : found.start() + 6000] if found else ""

    async def client(self, user):
        client = XmppClient(
            f"{user}@{DOMAIN}/r{next(self._numbers)}",
            self.xmpp.c2s_port,
            self.log,
        )
        self._people.append(client)
        await client.connect()
        await client.wait_for_service(POST_GATEWAY)
        return client

    # Rooms.

    def new_room(self):
        """The address of one that no other test has, and that is not there."""
        return f"ops{next(self._numbers)}@{ROOMS}"

    async def make(self, owner, room, nick="owner", **options):
        """Its owner makes it and is inside; options: muc#roomconfig_..."""
        options = {"persistentroom": "1", **options}
        await owner.join(room, nick)
        fields = "".join(
            f"<field var='muc#roomconfig_{name}'><value>{value}</value>"
            "</field>"
            for name, value in options.items()
        )
        answer = await owner.iq(
            room,
            f"<query xmlns='{OWNER}'><x xmlns='jabber:x:data' type='submit'>"
            f"<field var='FORM_TYPE'><value>{CONFIG_FORM}</value></field>"
            f"{fields}</x></query>",
            kind="set",
        )
        assert answer.type == "result", answer

    async def destroy(self, owner, room, venue=None):
        at = f" jid='{venue}'" if venue else ""
        return await owner.iq(
            room,
            f"<query xmlns='{OWNER}'><destroy{at}><reason>over</reason>"
            "</destroy></query>",
            kind="set",
        )

    async def treat(self, owner, room, **item):
        """role or affiliation of a nick or jid."""
        attributes = " ".join(f"{k}='{v}'" for k, v in item.items())
        answer = await owner.iq(
            room,
            f"<query xmlns='{ADMIN_NS}'><item {attributes}/></query>",
            kind="set",
        )
        assert answer.type == "result", answer

    # Seats.

    @staticmethod
    def jid(name):
        return f"{name}@{POST_GATEWAY}"

    def order(self, user, name, words):
        """Something for a person of post to do."""
        return user.say(self.jid(name), words, kind="chat")

    async def state(self, user, name, room):
        """What he says of his seat."""
        self.order(user, name, f"seated {room}")
        answer = await user.expect(
            "the state of the seat",
            kind="message",
            sender=POST_GATEWAY,
            where=lambda s: re.match("inside|outside|no seat", s.body or ""),
        )
        return answer.body

    async def seated(self, user, name, room, want, deadline_s=DEADLINE_S):
        """Waits until his state begins with that, and returns it."""
        end = asyncio.get_running_loop().time() + deadline_s
        while True:
            is_now = await self.state(user, name, room)
            if is_now.startswith(want):
                return is_now
            assert asyncio.get_running_loop().time() < end, is_now
            await asyncio.sleep(0.1)

    async def sit(self, user, name, room, rest=""):
        self.order(user, name, f"seat {room} {rest}".strip())
        await self.seated(user, name, room, "inside")

    def post(self, user, name, room, words):
        """The id of the order, for which there is a receipt when it is kept,
        and what is posted, as it will be seen."""
        text = f"post {room}, by wide, {words}"
        return user.say(
            self.jid(name), text, kind="chat", extra=[REQUEST]
        ), text

    async def part_all(self):
        for who in self._people:
            await who.close()
        self._people.clear()

    async def end(self):
        """Everybody goes; Passerelle's exit status."""
        await self.part_all()
        self.passerelle.signal(15)
        return self.passerelle.wait(STOP_S)

    def kill(self):
        self.passerelle.kill()
        self.xmpp.kill()
        self.log.close()
