"""A stage for SMS providers: Prosody, Passerelle, and for each profile a
gateway with one line at a provider that follows orders (provider.py)."""

import itertools
import json
import os
import re
import subprocess

from names import ADMIN, DOMAIN, SECRET, USERS
from passerelle import REPORT, SANITIZERS, find_program
from place import HOST, TOP, free_ports
from process import STOP_S, Process
from prosody import Prosody
from provider import Provider
from xmppclient import XmppClient

PROFILES = sorted(p.stem for p in (TOP / "tests/profiles").glob("*.json"))

OWNER = f"{USERS[0]}@{DOMAIN}"  # of each line: all that comes in is his

CONFIG = """
server {{ host = "{host}"  port = {component_port}  domain = "{domain}" }}
store  {{ path = "{folder}/passerelle.db"  key_file = "{folder}/key" }}
log    {{ level = "{log_level}" }}
http   {{ listen = "{host}"  port = {http_port}
          public_url = "http://{host}:{http_port}" }}
access {{ allow = {{ "{domain}" }}  admins = {{ "{admin}" }} }}
"""
GATEWAY = """
gateway "{domain}" {{
	type = "sms"
	secret = "{secret}"
	reconnect_min = 1
	reconnect_max = 3
	default_region = "1"
	profiles = "{profiles}"
	destinations = {{ "+1", "+33", "+46" }}
	line "{line}" {{
		profile = "{profile}"
		number = "{number}"
		users = {{ "{users}" }}
		hook_token = "{token}"
		interval_ms = 0
{settings}
	}}
}}
"""


class Counter:
    def __init__(self, folder, profiles=PROFILES):
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.log = open(folder / "transcript.log", "w", buffering=1)
        self.providers = {name: Provider(name, self.log) for name in profiles}
        self.xmpp = None
        self.http_port = None
        self.config = folder / "passerelle.conf"
        self.passerelle = Process(
            "passerelle",
            [find_program(), "-c", self.config],
            folder,
            env=SANITIZERS,
        )
        self._numbers = itertools.count(1)
        self._people = []

    @staticmethod
    def domain(profile):
        return f"{profile}.{DOMAIN}"

    @staticmethod
    def line(profile):
        return profile

    @staticmethod
    def token(profile):
        return "token0of0" + profile.replace("-", "0")

    def jid(self, profile, number):
        return f"{number}@{self.domain(profile)}"

    def hooks(self, profile):
        """Where the webhooks of that line are."""
        return (f"http://{HOST}:{self.http_port}/sms/{self.line(profile)}/"
                f"{self.token(profile)}/")

    async def start(self):
        for provider in self.providers.values():
            await provider.start()
        # Afterwards, since providers take any port that is free.
        (self.http_port,) = free_ports(1)
        self.xmpp = Prosody(
            self.folder, [self.domain(name) for name in self.providers]
        )
        self._write_config()
        self.xmpp.start()
        self.start_passerelle()

    def _write_config(self):
        text = CONFIG.format(
            host=HOST,
            component_port=self.xmpp.component_port,
            domain=DOMAIN,
            folder=self.folder,
            log_level=os.environ.get("PASSERELLE_LOG", "debug"),
            http_port=self.http_port,
            admin=ADMIN,
        )
        for name, provider in self.providers.items():
            values = dict(provider.vars)
            if "base" in provider.file.profile["vars"]:
                values["base"] = provider.base
            text += GATEWAY.format(
                domain=self.domain(name),
                secret=SECRET,
                profiles=TOP / "gateways/sms/profiles",
                line=self.line(name),
                profile=name,
                number=provider.number,
                users=OWNER,
                token=self.token(name),
                settings="".join(
                    self._setting(name, key, value)
                    for key, value in values.items()
                ),
            )
        self.config.write_text(text)
        self.config.chmod(0o600)

    def _setting(self, profile, key, value):
        """What has several lines, a private key, goes into a file."""
        if "\n" in value:
            at = self.folder / f"{profile}.{key}"
            at.write_text(value)
            at.chmod(0o600)
            key, value = f"{key}_file", str(at)
        return f"\t\t{key} = {json.dumps(value)}\n"

    def start_passerelle(self):
        mark = self.passerelle.log_size()
        self.passerelle.start()
        self.passerelle.wait_until(
            "says ready",
            lambda: re.search(r"\bready\b", self.passerelle.log(mark)),
        )

    def operate(self, *words):
        """`passerelle WORDS`, as an operator types it; what it says."""
        done = subprocess.run(
            [find_program(), "-c", self.config, *words],
            capture_output=True, text=True, timeout=20,
            env={**os.environ, **SANITIZERS},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def complaints(self):
        """What sanitizers have said; "" if nothing."""
        text = self.passerelle.log()
        found = REPORT.search(text)
        return text[found.start():found.start() + 6000] if found else ""

    async def client(self, user, profile, resource=None):
        resource = resource or f"r{next(self._numbers)}"
        client = XmppClient(
            f"{user}@{DOMAIN}/{resource}", self.xmpp.c2s_port, self.log
        )
        self._people.append(client)
        await client.connect()
        await client.wait_for_service(self.domain(profile))
        return client

    async def part_all(self):
        for who in self._people:
            await who.close()
        self._people.clear()

    async def end(self):
        """Everybody goes; Passerelle's exit status."""
        await self.part_all()
        self.passerelle.signal(15)
        status = self.passerelle.wait(STOP_S)
        for provider in self.providers.values():
            await provider.stop()
        return status

    def kill(self):
        self.passerelle.kill()
        if self.xmpp:
            self.xmpp.kill()
        self.log.close()
