"""A stage for mail: an XMPP server, Passerelle, a mail server between it and
the far side (or nothing), and the far side itself, which a test looks into."""

import asyncio
import itertools
import os
import re
import smtplib
from email.message import EmailMessage
from email.policy import SMTP

import mta
from booth import XMPP_SERVERS
from names import ADMIN, DOMAIN, MAIL_GATEWAY, SECRET
from passerelle import REPORT, SANITIZERS, find_program
from place import HOST, free_ports, is_listening
from process import STOP_S, Process
from sink import Sink
from xmppclient import XmppClient

FAR_DOMAIN = mta.FAR_DOMAIN

CONFIG = """
server {{ host = "{host}"  port = {component_port}  domain = "{domain}" }}
store  {{ path = "{folder}/passerelle.db"  key_file = "{folder}/key" }}
log    {{ level = "{log_level}" }}
access {{ allow = {{ "{domain}" }}  admins = {{ "{admin}" }} }}

gateway "{gateway}" {{
	type = "smtp"
	secret = "{secret}"
	reconnect_min = 1
	reconnect_max = 3
	{options}
	submit {{ host = "{host}"  port = {submit_port}  tls = "none"
	         {submit_options} }}
	receive "lmtp" {{ listen = "{host}"  port = {lmtp_port}
	                 {receive_options} }}
	{sections}
}}
"""


class Office:
    """server: a name of mta.MTAS, or None: Passerelle submits to the far side
    itself, and tests hand mail in by LMTP.  options, submit_options,
    receive_options, sections: more of the gateway's block; modules: more of
    the XMPP server's; upload: it takes files (Prosody)."""

    def __init__(
        self,
        xmpp,
        folder,
        server=None,
        options="",
        submit_options="",
        receive_options="",
        sections="",
        modules=(),
        upload=False,
    ):
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self._numbers = itertools.count(1)
        more = {"upload": True} if upload else {}
        self.xmpp = XMPP_SERVERS[xmpp](
            folder, (MAIL_GATEWAY,), modules, **more
        )
        self.far = Sink()
        (self.lmtp_port,) = free_ports(1)
        self.mta = None
        if server:
            self.mta = mta.MTAS[server](
                folder, self.lmtp_port, self.far.port
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
                gateway=MAIL_GATEWAY,
                secret=SECRET,
                options=options,
                submit_port=self.mta.smtp_port if server else self.far.port,
                submit_options=submit_options,
                lmtp_port=self.lmtp_port,
                receive_options=receive_options,
                sections=sections,
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
        if self.mta:
            self.mta.start()

    def start_passerelle(self):
        mark = self.passerelle.log_size()
        self.passerelle.start()
        self.passerelle.wait_until(
            "says ready",
            lambda: re.search(r"\bready\b", self.passerelle.log(mark))
            and is_listening(self.lmtp_port),
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
        await client.wait_for_service(MAIL_GATEWAY)
        return client

    async def register(self, client, name, title=""):
        """A mailbox for the client's user; its address."""
        await client.iq(
            MAIL_GATEWAY,
            "<query xmlns='jabber:iq:register'>"
            f"<username>{name}</username><name>{title}</name></query>",
            kind="set",
        )
        await client.expect(
            "the address",
            sender=MAIL_GATEWAY,
            where=lambda s: name in (s.body or ""),
        )
        return f"{name}@{MAIL_GATEWAY}"

    @staticmethod
    def jid(address):
        """Of somebody who has that mail address."""
        return address.replace("@", "\\40") + f"@{MAIL_GATEWAY}"

    def new_name(self):
        """Of a far mailbox that no other test has."""
        return f"bob{next(self._numbers)}@{FAR_DOMAIN}"

    def write(self, sender, to, text="hello\n", subject="news", **headers):
        """A mail as people write one; headers: with _ for -."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, to, subject
        mail["Message-ID"] = f"<{next(self._numbers)}@{FAR_DOMAIN}>"
        mail["Date"] = "Thu, 01 Jan 2026 12:00:00 +0000"
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(text)
        return mail

    def hand_in(self, mail, sender, *recipients):
        """By the mail server, else by LMTP.  Who was refused, and how."""
        data = mail if isinstance(mail, bytes) else mail.as_bytes(policy=SMTP)
        if self.mta:
            client = smtplib.SMTP(HOST, self.mta.smtp_port, timeout=30)
        else:
            client = smtplib.LMTP(HOST, self.lmtp_port, timeout=30)
        with client:
            try:
                return client.sendmail(sender, recipients, data)
            except smtplib.SMTPRecipientsRefused as all_of_them:
                return all_of_them.recipients

    async def at_far_side(self, found):
        """The first mail there for which that holds."""
        return await asyncio.to_thread(self.far.wait_for, found)

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
        if self.mta:
            self.mta.stop()
        self.xmpp.kill()
        self.far.stop()
        self.log.close()
