"""A stage for text messages: an XMPP server, Passerelle, and Kannel as the
network with all its phones."""

import itertools
import os
import re

from carrier import Carrier
from ejabberd import Ejabberd
from kannel import PASSWORD, USER, Kannel
from names import ADMIN, DOMAIN, SECRET, SMS_GATEWAY
from passerelle import REPORT, SANITIZERS, find_program
from phone import Phone
from place import HOST, TOP, free_ports
from process import STOP_S, Process
from prosody import Prosody
from xmppclient import XmppClient

XMPP_SERVERS = {kind.name: kind for kind in (Prosody, Ejabberd)}

NUMBER = "+33600000001"  # of the line that all users share
TOKEN = "kzq3t7w1m5x9"  # the part of its webhooks that cannot be guessed

CONFIG = """
server {{ host = "{host}"  port = {component_port}  domain = "{domain}" }}
store  {{ path = "{folder}/passerelle.db"  key_file = "{folder}/key" }}
log    {{ level = "{log_level}" }}
http   {{ listen = "{host}"  port = {http_port}
          public_url = "http://{host}:{http_port}" }}
access {{ allow = {{ "{domain}" }}  admins = {{ "{admin}" }} }}

gateway "{gateway}" {{
	type = "sms"
	secret = "{secret}"
	reconnect_min = 1
	reconnect_max = 3
	default_region = "33"
	profiles = "{profiles}"
	destinations = {{ "+33", "+1" }}
	{options}
	line "main" {{
		profile = "kannel"
		number = "{number}"
		users = {{ "{domain}" }}
		hook_token = "{token}"
		interval_ms = 0
		base = "{base}"
		username = "{user}"
		password = "{password}"
		{line_options}
	}}
}}
"""


class Booth:
    """options, line_options: more of the gateway's block, of the line's;
    modules: more of the XMPP server's; kannel: see there."""

    def __init__(
        self, xmpp, folder, options="", line_options="", modules=(), **kannel
    ):
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self._numbers = itertools.count(1)
        self.xmpp = XMPP_SERVERS[xmpp](folder, (SMS_GATEWAY,), modules)
        (self.http_port,) = free_ports(1)
        self.kannel = Kannel(folder, self.hook("inbound"), **kannel)
        self.config = folder / "passerelle.conf"
        self.config.write_text(
            CONFIG.format(
                host=HOST,
                component_port=self.xmpp.component_port,
                domain=DOMAIN,
                folder=folder,
                log_level=os.environ.get("PASSERELLE_LOG", "debug"),
                http_port=self.http_port,
                admin=ADMIN,
                gateway=SMS_GATEWAY,
                secret=SECRET,
                options=options,
                number=NUMBER,
                token=TOKEN,
                profiles=TOP / "gateways/sms/profiles",
                base=self.kannel.base,
                user=USER,
                password=PASSWORD,
                line_options=line_options,
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
        self.phone = Phone(self.kannel.phone_port, self.log)
        self.carrier = Carrier(
            self.kannel.carrier_page_port, self.kannel.carrier_port
        )
        self._people = []

    def hook(self, kind):
        """Where the network tells what comes in, in Kannel's escapes."""
        return (
            f"http://{HOST}:{self.http_port}/sms/main/{TOKEN}/{kind}"
            "?from=%p&to=%P&hex=%e&charset=%C&coding=%c&ts=%T&id=%I"
        )

    async def start(self):
        self.carrier.start()
        self.kannel.start()
        self.xmpp.start()
        self.start_passerelle()
        await self.phone.attach()

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

    async def client(self, user, resource=None):
        resource = resource or f"r{next(self._numbers)}"
        client = XmppClient(
            f"{user}@{DOMAIN}/{resource}", self.xmpp.c2s_port, self.log
        )
        self._people.append(client)
        await client.connect()
        await client.wait_for_service(SMS_GATEWAY)
        return client

    @staticmethod
    def jid(number):
        return f"{number}@{SMS_GATEWAY}"

    def odd_number(self):
        """One whose network is carrier.py."""
        return f"+1666555{next(self._numbers):04}"

    def new_number(self):
        """Of a phone that no other test has."""
        return f"+3361{next(self._numbers):07}"

    async def part_all(self):
        for who in self._people:
            await who.close()
        self._people.clear()

    async def end(self):
        """Everybody goes; Passerelle's exit status."""
        await self.part_all()
        await self.phone.detach()
        self.passerelle.signal(15)
        return self.passerelle.wait(STOP_S)

    def kill(self):
        self.passerelle.kill()
        self.kannel.kill()
        self.carrier.stop()
        self.xmpp.kill()
        self.log.close()
