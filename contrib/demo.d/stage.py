"""The servers of the demo: their files, ports, accounts and start.

Everything lies in build/demo and listens on 127.0.0.1 only.
"""

import asyncio
import grp
import os
import pwd
import secrets
import shutil
import socket
import subprocess
from pathlib import Path

from inbox import DEADLINE_S, Unseen
from processes import Processes

HOST = "127.0.0.1"
DOMAIN = "localhost"
GATEWAY = "irc.localhost"
NETWORK = "demo"  # its name in passerelle.conf and so in every JID
USERS = ("romeo", "guest")

# The usual ports, so that clients find them by themselves; others if taken.
PORTS = {
    "xmpp": 5222,
    "component": 5347,
    "irc": 6667,
    "irc_tls": 6697,
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
ssl = {{ certificate = "{dir}/server.pem"; key = "{dir}/server.key" }}
c2s_require_encryption = true
authentication = "internal_hashed"

VirtualHost "{domain}"

Component "{gateway}"
	component_secret = "{secret}"
	component_conflict_resolve = "kick_old"
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
CertFile = {dir}/server.pem
KeyFile = {dir}/server.key
DHFile = {dir}/dh.pem
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
		ca_file = "{dir}/ca.pem"
	}}
}}
"""


class Stage:
    def __init__(self, top, usual_ports):
        self.dir = top / "build" / "demo"
        self._program = top / "build" / "passerelle"
        self._servers = top / "build" / "servers"
        self.ca_file = str(self.dir / "ca.pem")
        self.port = free_ports(usual_ports)
        self.password = {user: secrets.token_urlsafe(9) for user in USERS}
        shutil.rmtree(self.dir, ignore_errors=True)
        self.dir.mkdir(parents=True)
        self.processes = Processes(self.dir)

    async def raise_curtain(self):
        """Starts all three; each is up when this returns."""
        self._write_certificates()
        self._write_configuration()
        self._make_accounts()
        await self._start(
            "prosody",
            [self._find("prosody"), "-F", "--config", "prosody.cfg.lua"],
            self._is_open("xmpp", "component"),
        )
        await self._start(
            "ngircd",
            [self._find("ngircd"), "-n", "-f", str(self.dir / "ngircd.conf")],
            self._is_open("irc", "irc_tls"),
        )
        await self._start(
            "passerelle",
            [str(self._program), "-c", "passerelle.conf"],
            self._says_ready,
        )

    async def _start(self, name, argv, is_up):
        self.processes.start(name, argv)
        for _ in range(DEADLINE_S * 20):
            if self.processes.ended():
                raise Unseen("; ".join(self.processes.ended()))
            if is_up():
                return
            await asyncio.sleep(0.05)
        raise Unseen(f"{name} came up (waited {DEADLINE_S} s)")

    def _is_open(self, *names):
        return lambda: all(is_listening(self.port[name]) for name in names)

    def _says_ready(self):
        log = (self.dir / "passerelle.log").read_text(errors="replace")
        return any("ready" in line.split() for line in log.splitlines())

    def _find(self, name):
        """A server, which Debian may keep where only root's PATH leads, or
        which install-deps has unpacked for us."""
        places = [os.environ["PATH"], "/usr/sbin"]
        places += map(str, self._servers.glob("*/usr/*bin"))
        found = shutil.which(name, path=":".join(places))
        if not found:
            raise Unseen(f"the program {name}; try contrib/install-deps demo")
        return found

    def _write_configuration(self):
        values = {
            "dir": self.dir,
            "host": HOST,
            "domain": DOMAIN,
            "gateway": GATEWAY,
            "network": NETWORK,
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

    def _write_certificates(self):
        """An authority of our own, and one certificate for both servers."""
        new = "req -x509 -nodes -days 30 -newkey ec -pkeyopt" \
            " ec_paramgen_curve:P-256"
        self._openssl(
            f"{new} -keyout ca.key -out ca.pem -subj /CN=Passerelle-demo-CA"
        )
        self._openssl(
            f"{new} -keyout server.key -out server.pem -subj /CN={DOMAIN}"
            f" -CA ca.pem -CAkey ca.key -addext basicConstraints=CA:FALSE"
            f" -addext subjectAltName=DNS:{DOMAIN},IP:{HOST}"
        )
        self._openssl("dhparam -dsaparam -out dh.pem 2048")

    def _make_accounts(self):
        for user in USERS:
            self._run(
                self._find("prosodyctl"), "--config", "prosody.cfg.lua",
                "register", user, DOMAIN, self.password[user],
            )

    def _openssl(self, arguments):
        self._run(self._find("openssl"), *arguments.split())

    def _run(self, *argv):
        done = subprocess.run(
            argv, cwd=self.dir, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=DEADLINE_S,
        )
        if done.returncode:
            raise Unseen(f"{argv[0]} succeeded: {done.stderr}{done.stdout}")


def unprivileged_user():
    user = pwd.getpwnam("nobody")
    group = grp.getgrgid(user.pw_gid).gr_name
    return f"ServerUID = {user.pw_name}\nServerGID = {group}"


def is_listening(port):
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex((HOST, port)) == 0


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
