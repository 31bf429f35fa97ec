"""The servers of the demo: their files, ports, accounts and start.

Everything lies in build/demo and listens on 127.0.0.1 only.
"""

import grp
import os
import pwd
import secrets
import shutil
import socket
import subprocess

import kannel
from kannel import Kannel
from leash import Leash
from place import CONTRIB, HOST, TOP, Certificates, find_program, is_listening
from process import Process
from sink import Sink

DOMAIN = "localhost"
GATEWAY = "irc.localhost"
SMS_GATEWAY = "sms.localhost"
NUMBER = "+33600000001"  # of the telephone line
MAIL_GATEWAY = "mail.localhost"
ROOMS = "rooms.localhost"
OPS = f"ops@{ROOMS}"  # where monitoring speaks
TARGET, ALERTS = "backup", "alerts"  # mail to them: for romeo, for that room
TOKEN = "demodemodemodemodemodemode"  # 26 letters, which all can read here
NETWORK = "demo"  # its name in passerelle.conf and so in every JID
USERS = ("romeo", "guest")

# The usual ports, so that clients find them by themselves; others if taken.
PORTS = {
    "xmpp": 5222,
    "component": 5347,
    "irc": 6667,
    "irc_tls": 6697,
    "http": 8080,
    "lmtp": 2424,
}

PROSODY = """
-- Written by contrib/demo; lost at its next run.
run_as_root = true
pidfile = "{dir}/prosody.pid"
data_path = "{dir}/prosody"
log = {{ info = "*console" }}
interfaces = {{ "{host}" }}
c2s_ports = {{ {xmpp} }}
component_ports = {{ {component} }}
component_interfaces = {{ "{host}" }}
c2s_direct_tls_ports = {{ }}
modules_enabled = {{ "saslauth", "tls", "roster", "disco", "ping", "pep",
	"carbons", "bookmarks", "vcard4" }}
modules_disabled = {{ "s2s", "http" }}
certificates = "{dir}/tls"
ssl = {{ certificate = "{tls.cert}"; key = "{tls.key}" }}
c2s_require_encryption = true
authentication = "internal_hashed"

VirtualHost "{domain}"

Component "{rooms}" "muc"
	muc_room_default_public = true
"""

# As root ngIRCd becomes a user without rights; without DHFile it makes its
# own parameters, which takes its time.
NGIRCD = """
# Written by contrib/demo; lost at its next run.
[Global]
Name = irc.demo.localhost
Info = Passerelle demo
Listen = {host}
Ports = {irc}
{become}

[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxNickLength = 31
MaxPenaltyTime = 0

[Options]
DNS = no
Ident = no
PAM = no

[SSL]
CertFile = {tls.cert}
KeyFile = {tls.key}
DHFile = {tls.dh}
Ports = {irc_tls}
"""

PASSERELLE = """
# Written by contrib/demo; lost at its next run.
server {{ host = "{host}"  port = {component}  domain = "{domain}" }}
store  {{ path = "{dir}/passerelle.db"  key_file = "{dir}/passerelle.key" }}
log    {{ level = "debug" }}
access {{ allow = {{ "{domain}" }} }}

gateway "{gateway}" {{
	type = "irc"
	secret = "{secret}"
	network "{network}" {{
		host = "{domain}"
		port = {irc_tls}
		tls = yes
		verify = yes
		ca_file = "{tls.ca}"
	}}
}}

http {{ listen = "{host}"  port = {http}  public_url = "http://{host}:{http}" }}

gateway "{sms_gateway}" {{
	type = "sms"
	secret = "{secret}"
	default_region = "33"
	profiles = "{profiles}"
	line "demo" {{
		profile = "kannel"
		number = "{number}"
		users = {{ "{domain}" }}
		hook_token = "{token}"
		base = "{kannel.base}"
		username = "{kannel_user}"
		password = "{kannel_password}"
	}}
}}

gateway "{mail_gateway}" {{
	type = "smtp"
	secret = "{secret}"
	hold_ms = 0
	submit {{ host = "{host}"  port = {far_mail}  tls = "none" }}
	receive "lmtp" {{ listen = "{host}"  port = {lmtp} }}
	target "{target}" {{ to = "romeo@{domain}"  token = "{mail_token}" }}
	target "{alerts}" {{ to = "{ops}"  token = "{mail_token}" }}
}}
"""


class Servers:
    def __init__(self, usual_ports):
        self.dir = TOP / "build" / "demo"
        self.port = free_ports(usual_ports)
        self.password = {user: secrets.token_urlsafe(9) for user in USERS}
        self.tls = None
        self._token = secrets.token_hex(16)
        self._kannel = None
        self.far_mail = None
        self._running = []  # oldest first
        self._leash = Leash()

    def start(self):
        """All of them; each is up before the next begins."""
        shutil.rmtree(self.dir, ignore_errors=True)
        self.dir.mkdir(parents=True)
        self.tls = Certificates(self.dir / "tls", "Passerelle-demo-CA")
        self._kannel = Kannel(self.dir, self._hook())
        self.far_mail = Sink()
        self._write_configuration()
        self._make_accounts()
        self._start(
            [find_program("prosody"), "-F", "--config", "prosody.cfg.lua"],
            lambda p: self._are_open("xmpp", "component"),
        )
        self._start(
            [find_program("ngircd"), "-n", "-f", self.dir / "ngircd.conf"],
            lambda p: self._are_open("irc", "irc_tls"),
        )
        for process in self._kannel.processes:
            self._run(process, self._kannel.is_up(process))
        self._start(
            [TOP / "build" / "passerelle", "-c", "passerelle.conf"],
            lambda p: "ready" in p.log().split(),
        )

    def _start(self, argv, is_up):
        process = Process(argv[0].name, argv, self.dir)
        self._run(process, lambda: is_up(process))

    def _run(self, process, is_up):
        process.start()
        self._leash.hold(process.pid)
        self._running.append(process)
        process.wait_until("is up", is_up)

    @property
    def phone_port(self):
        return self._kannel.phone_port

    def _hook(self):
        """Where Kannel tells what phones say, in its escapes."""
        return (
            f"http://{HOST}:{self.port['http']}/sms/demo/{self._token}/inbound"
            "?from=%p&to=%P&hex=%e&charset=%C&coding=%c&ts=%T&id=%I"
        )

    def enter(self, room):
        """Passerelle's seat enters it now; operators do it like this."""
        subprocess.run(
            [
                TOP / "build" / "passerelle",
                *("-c", "passerelle.conf", "seat", "enter", room),
            ],
            cwd=self.dir,
            stdout=subprocess.DEVNULL,
            check=True,
            timeout=30,
        )

    def stop(self):
        """Youngest first, so that Passerelle can still say goodbye."""
        for process in reversed(self._running):
            process.stop()
        if self.far_mail:
            self.far_mail.stop()
        self._running.clear()
        self._leash.drop()

    def have_all(self):
        """False once one has ended though nobody asked it to."""
        return all(p.is_running() for p in self._running)

    def _are_open(self, *names):
        return all(is_listening(self.port[name]) for name in names)

    def _write_configuration(self):
        values = {
            "dir": self.dir,
            "tls": self.tls,
            "host": HOST,
            "domain": DOMAIN,
            "gateway": GATEWAY,
            "network": NETWORK,
            "sms_gateway": SMS_GATEWAY,
            "number": NUMBER,
            "token": self._token,
            "profiles": TOP / "gateways/sms/profiles",
            "kannel": self._kannel,
            "kannel_user": kannel.USER,
            "kannel_password": kannel.PASSWORD,
            "mail_gateway": MAIL_GATEWAY,
            "far_mail": self.far_mail.port,
            "rooms": ROOMS,
            "ops": OPS,
            "target": TARGET,
            "alerts": ALERTS,
            "mail_token": TOKEN,
            "secret": secrets.token_urlsafe(16),
            "become": unprivileged_user() if os.geteuid() == 0 else "",
            **self.port,
        }
        for name, text in (
            ("prosody.cfg.lua", PROSODY),
            ("ngircd.conf", NGIRCD),
            ("passerelle.conf", PASSERELLE),
        ):
            (self.dir / name).write_text(text.format(**values).lstrip())
            (self.dir / name).chmod(0o600)  # they have the secret
        snippet = (CONTRIB / "prosody" / "passerelle.cfg.lua").read_text()
        snippet = snippet.replace("CHANGE ME", values["secret"])
        with open(self.dir / "prosody.cfg.lua", "a") as config:
            for gateway in (GATEWAY, SMS_GATEWAY, MAIL_GATEWAY):
                config.write(snippet.replace("irc.example.org", gateway))

    def _make_accounts(self):
        path = self.dir / "prosodyctl.log"
        with open(path, "w") as log:
            for user in USERS:
                subprocess.run(
                    [
                        find_program("prosodyctl"),
                        *("--config", "prosody.cfg.lua"),
                        *("register", user, DOMAIN, self.password[user]),
                    ],
                    cwd=self.dir,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    check=True,
                    timeout=30,
                )
        path.unlink()  # of no interest but to find out what went wrong


def unprivileged_user():
    user = pwd.getpwnam("nobody")
    group = grp.getgrgid(user.pw_gid).gr_name
    return f"ServerUID = {user.pw_name}\nServerGID = {group}"


def free_ports(usual):
    """A port for each name of PORTS: the usual one where it is free."""
    held = []  # all at once, so that no two get the same
    ports = {}
    for name, wanted in PORTS.items():
        s = bound(wanted) if usual else None
        s = s or bound(0)
        held.append(s)
        ports[name] = s.getsockname()[1]
    for s in held:
        s.close()
    return ports


def bound(port):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        s.bind((HOST, port))
    except OSError:
        s.close()
        return None
    return s
