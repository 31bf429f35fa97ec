"""One XMPP server, one IRC server, Passerelle between them, and the cast.

A stage serves many tests.  What a test does to it, it undoes: rooms that it
alone uses, clients that leave at its end, servers started again.
"""

import itertools

from ejabberd import Ejabberd
from hybrid import Hybrid
from inspircd import Inspircd
from ircpeer import IrcPeer
from names import DOMAIN, GATEWAY, NETWORK, USERS
from ngircd import Ngircd
from passerelle import Passerelle
from prosody import Prosody
from xmppclient import XmppClient

XMPP_SERVERS = {kind.name: kind for kind in (Prosody, Ejabberd)}
IRC_SERVERS = {kind.name: kind for kind in (Inspircd, Ngircd, Hybrid)}
MATRIX = [f"{x}-{i}" for x in XMPP_SERVERS for i in IRC_SERVERS]
# Every server once: for what depends on one of them, not on the pair.
DIAGONAL = [MATRIX[0], MATRIX[4]]


class Stage:
    def __init__(self, name, folder, certificates):
        xmpp, irc = name.split("-")
        self.name = name
        self.folder = folder / name
        self.folder.mkdir()
        self.folder.chmod(0o755)
        self.xmpp = XMPP_SERVERS[xmpp](self.folder)
        self.irc = IRC_SERVERS[irc](self.folder, certificates)
        self.passerelle = Passerelle(
            self.folder, self.xmpp, self.irc, certificates
        )
        self._numbers = itertools.count(1)
        self._peers = {}
        self._guests = []  # clients of the test that is running
        self.transcript = open(
            self.folder / "transcript.log", "w", buffering=1
        )

    @property
    def servers(self):
        return (self.xmpp, self.irc, self.passerelle)

    async def raise_curtain(self):
        self.irc.start()
        self.xmpp.start()
        self.passerelle.start()
        usher = await self.client(USERS[0], "usher")
        await usher.wait_for_service(GATEWAY)
        await usher.close()

    async def lower_curtain(self):
        """Passerelle's exit status."""
        for peer in self._peers.values():
            await peer.close()
        status = None
        if self.passerelle.process.is_running():
            status = self.passerelle.stop()
        self.xmpp.stop()
        self.irc.stop()
        self.transcript.close()
        return status

    def abandon(self):
        """Whatever happened, nothing is left running."""
        for server in self.servers:
            server.kill()

    def restart_what_ended(self):
        """So that the next test is about itself.  What ended, and how."""
        story = []
        for server in self.servers:
            if not server.process.is_running():
                status, tail = server.process.status, server.process.tail()
                story.append(f"{server.name} ended with {status}\n{tail}")
                server.start()
        return "\n".join(story)

    # The cast.

    async def client(self, user, resource=None, domain=DOMAIN):
        """Logs in; the test's end logs out."""
        resource = resource or f"r{next(self._numbers)}"
        client = XmppClient(
            f"{user}@{domain}/{resource}", self.xmpp.c2s_port, self.transcript
        )
        self._guests.append(client)
        return await client.connect()

    async def peer(self, nick):
        """An IRC user, connected once and kept for the tests that follow:
        registering takes InspIRCd up to a second."""
        peer = self._peers.get(nick)
        if not peer or not peer.is_connected or peer.nick != nick:
            if peer:
                await peer.close()
            peer = IrcPeer(nick, self.irc.port, self.transcript)
            self._peers[nick] = await peer.connect()
        return peer

    async def kill_irc(self):
        """Returns when all who were connected know."""
        self.irc.kill()
        for peer in self._peers.values():
            await peer.closed()

    async def part_all(self):
        """Ends a test: everybody leaves, nobody remembers."""
        for client in self._guests:
            await client.close()
        self._guests.clear()
        for nick, peer in list(self._peers.items()):
            if not peer.is_connected:
                del self._peers[nick]
                continue
            if peer.nick != nick:
                await peer.rename(nick)
            await peer.leave_all()

    def new_channel(self, stem="balcony"):
        return f"#{stem}{next(self._numbers)}"

    @staticmethod
    def room(channel, network=NETWORK, gateway=GATEWAY):
        return f"{channel}%{network}@{gateway}"

    @staticmethod
    def contact(nick, network=NETWORK, gateway=GATEWAY):
        return f"{nick}%{network}@{gateway}"

    # For those who look for what went wrong.

    def mark(self):
        """A moment in all logs, for story()."""
        self.transcript.flush()
        marks = {s.name: s.process.log_size() for s in self.servers}
        marks["transcript"] = self._transcript_size()
        return marks

    def _transcript_size(self):
        return (self.folder / "transcript.log").stat().st_size

    def story(self, marks):
        """(title, text) of what was said since that moment."""
        for server in self.servers:
            start = marks[server.name]
            yield f"{server.name} log", server.process.tail(60, start)
        self.transcript.flush()
        with open(
            self.folder / "transcript.log", encoding="utf-8", errors="replace"
        ) as f:
            f.seek(marks["transcript"])
            yield "what the clients saw", "\n".join(f.read().splitlines()[-80:])
