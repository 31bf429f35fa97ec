"""A small stage of a test's own: servers with options that no other test
wants, one Passerelle, one Prosody."""

from ircpeer import IrcPeer
from names import ADMIN, DOMAIN, GATEWAY, SECRET
from passerelle import SANITIZERS, find_program
from place import HOST
from process import Process
from prosody import Prosody
from xmppclient import XmppClient

CONFIG = """
server {{ host = "{host}"  port = {port}  domain = "{domain}" }}
store  {{ path = "{folder}/passerelle.db"  key_file = "{folder}/key" }}
log    {{ level = "debug" }}
access {{ admins = {{ "{admin}" }} }}
{blocks}
gateway "{gateway}" {{
	type = "irc"
	secret = "{secret}"
	reconnect_min = 1
	{options}
{networks}}}
"""
NETWORK = """
	network "{name}" {{
		host = "{at}"
		port = {port}
		ca_file = "{ca}"
		{options}
	}}
"""
# No two networks may have the same host, and the certificate has both.
HOSTS = ("localhost", HOST)


class Corner:
    """networks: {name: (server, options)}; others: started before them."""

    def __init__(
        self,
        folder,
        certificates,
        networks,
        options="",
        behind=(),
        components=(),
        blocks="",
    ):
        """behind: what is started after the IRC servers; components: other
        domains that may attach to the XMPP server; blocks: of the
        configuration, beside the gateway."""
        self.folder = folder
        folder.chmod(0o755)  # some servers will not be root
        for parent in folder.parents:
            if "pytest" in parent.name:
                parent.chmod(0o755)
        self.xmpp = Prosody(folder, components)
        self.irc = {name: server for name, (server, _) in networks.items()}
        self._behind = list(behind)
        irc_blocks = [
            NETWORK.format(
                name=name,
                at=at,
                port=server.tls_port,
                ca=certificates.ca,
                options=options,
            )
            for at, (name, (server, options)) in zip(
                HOSTS, networks.items(), strict=False
            )
        ]
        config = self.config = folder / "passerelle.conf"
        config.write_text(
            CONFIG.format(
                host=HOST,
                port=self.xmpp.component_port,
                domain=DOMAIN,
                folder=folder,
                admin=ADMIN,
                gateway=GATEWAY,
                secret=SECRET,
                options=options,
                networks="".join(irc_blocks),
                blocks=blocks,
            )
        )
        config.chmod(0o600)
        self.passerelle = Process(
            "passerelle",
            [find_program(), "-c", config],
            folder,
            env=SANITIZERS,
        )
        self.log = open(folder / "transcript.log", "w", buffering=1)
        self._people = []

    def start(self):
        self.xmpp.start()
        for server in (*self.irc.values(), *self._behind):
            server.start()
        self.passerelle.start()

    async def client(self, user, resource="corner"):
        client = XmppClient(
            f"{user}@{DOMAIN}/{resource}", self.xmpp.c2s_port, self.log
        )
        self._people.append(client)
        await client.connect()
        await client.wait_for_service(GATEWAY)
        return client

    async def peer(self, nick, network):
        peer = IrcPeer(nick, self.irc[network].port, self.log)
        self._people.append(peer)
        return await peer.connect()

    async def end(self):
        """Everybody goes; Passerelle's exit status."""
        for who in self._people:
            await who.close()
        self._people.clear()
        self.passerelle.signal(15)
        return self.passerelle.wait(10)

    def kill(self):
        self.passerelle.kill()
        for server in (*self._behind, *self.irc.values()):
            server.kill()
        self.xmpp.kill()
        self.log.close()
