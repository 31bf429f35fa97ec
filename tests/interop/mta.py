"""Mail servers from Debian, each with the snippet of contrib/ that operators
are told to use, and with a configuration, a queue and ports of its own.

They want users of their own, and to be started by root.  What the packages
would have set up on this machine is set up in a mount namespace instead, so
that three servers that conflict can stand side by side.
"""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from names import MAIL_GATEWAY
from place import CONTRIB, HOST, Missing, find_program, free_ports, is_listening
from process import Process

MAIL_DOMAIN = MAIL_GATEWAY
FAR_DOMAIN = "far.example.net"  # whose mail goes to a sink of the test

# Users that the packages make, where the package is only unpacked here.
USERS = ("Debian-exim", "opensmtpd", "opensmtpq", "postfix", "dovecot", "dovenull")
FIRST_ID = 64000  # below those that people have, above Debian's

# With a process table of its own nothing is left behind when the first of
# them ends, however that comes about.
NAMESPACES = (
    *("--mount", "--propagation", "private"),
    *("--pid", "--fork", "--mount-proc", "--kill-child=KILL"),
)


def can_start():
    """Why not, or None."""
    if os.geteuid() != 0:
        return "only root can start mail servers as the users that they want"
    tried = subprocess.run(
        [find_program("unshare"), *NAMESPACES, "true"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
    )
    if tried.returncode:
        return f"no namespaces here: {tried.stderr.strip()}"
    return None


def snippet(name, lmtp_port):
    """What contrib/ tells operators to write, with our names and port."""
    text = (CONTRIB / name).read_text()
    text = text.replace("mail.example.org", MAIL_DOMAIN)
    return text.replace("2424", str(lmtp_port))


def piece(name, lmtp_port, first_words):
    """One of the pieces of a snippet: from the comment that begins so to the
    next empty line."""
    pieces = snippet(name, lmtp_port).split("\n\n")
    found = [p for p in pieces if p.startswith(f"# {first_words}")]
    assert len(found) == 1, f"{first_words} in contrib/{name}"
    return found[0] + "\n"


class Mta:
    """One server; smtp_port: where it takes mail of others."""

    name = None
    hidden = ()  # folders of the machine that it is not to see, or to find

    def __init__(self, folder, lmtp_port, far_port):
        # Sockets below: their names must be short.
        self._home = Path(tempfile.mkdtemp(prefix=f"{self.name}-"))
        self._home.chmod(0o755)
        self.lmtp_port = lmtp_port
        self.far_port = far_port
        (self.smtp_port,) = free_ports(1)
        self._process = Process(self.name, self._argv(), folder)

    def _argv(self):
        steps = ["set -e"]
        for kind, entry in (
            ("passwd", "{0}:x:{1}:{1}::/nonexistent:/usr/sbin/nologin"),
            ("group", "{0}:x:{1}:"),
        ):
            mine = self._home / kind
            text = Path(f"/etc/{kind}").read_text()
            for number, user in enumerate(USERS, FIRST_ID):
                if not re.search(f"^{user}:", text, re.M):
                    text += entry.format(user, number) + "\n"
            mine.write_text(text)
            steps.append(f"mount --bind {mine} /etc/{kind}")
        for place in self.hidden:
            steps.append(f"mount -t tmpfs none {place}")
        steps += self.prepare()
        # The shell stays: it is what the kernel ends with unshare, which
        # servers that change their user are not.
        steps.append(" ".join(str(a) for a in self.command()) + " & wait")
        return [
            *(find_program("unshare"), *NAMESPACES),
            *("sh", "-c", "\n".join(steps)),
        ]

    def prepare(self):
        """Writes the configuration; shell lines to run inside, as root."""
        return []

    def command(self):
        raise NotImplementedError

    def start(self):
        self._process.start()
        self._process.wait_until(
            "takes mail", lambda: is_listening(self.smtp_port)
        )

    def stop(self):
        self._process.kill()
        shutil.rmtree(self._home, ignore_errors=True)

    def log(self, start=0):
        return self._process.log(start)

    def log_size(self):
        return self._process.log_size()


class Postfix(Mta):
    name = "postfix"

    MAIN = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = {host}
inet_protocols = ipv4
myhostname = mx.example.org
mydestination =
mynetworks = 127.0.0.0/30
alias_maps =
maillog_file = {home}/maillog
maillog_file_prefixes = {home}
smtputf8_enable = yes
default_transport = smtp:[{host}]:{far_port}
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
lmtp_connection_cache_on_demand = no
address_verify_map =
delay_warning_time = 0
{more}
"""
    MASTER = """
{port} inet n - n - - smtpd
postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
"""

    def __init__(self, folder, lmtp_port, far_port, more=""):
        self._more = more
        super().__init__(folder, lmtp_port, far_port)

    def prepare(self):
        if not Path("/usr/lib/postfix").exists():
            raise Missing("Postfix is not installed, only unpacked")
        conf = self._home / "conf"
        for name in ("conf", "queue", "data"):
            (self._home / name).mkdir()
        shutil.chown(self._home / "data", "postfix", "postfix")
        (conf / "main.cf").write_text(
            self.MAIN.format(
                home=self._home,
                host=HOST,
                far_port=self.far_port,
                more=self._more,
            )
            + snippet("postfix/main.cf", self.lmtp_port)
        )
        (conf / "master.cf").write_text(self.MASTER.format(port=self.smtp_port))
        return []

    @property
    def config(self):
        """For sendmail -C."""
        return self._home / "conf"

    def maillog(self):
        """What its daemons have written about the mail."""
        path = self._home / "maillog"
        return path.read_text(errors="replace") if path.exists() else ""

    def command(self):
        return [find_program("postfix"), "-c", self._home / "conf", "start-fg"]


class PostfixOfNetworks(Postfix):
    """For targets that know who mails by where he is."""

    def prepare(self):
        steps = super().prepare()
        with open(self.config / "main.cf", "a") as config:
            config.write(snippet("postfix/networks.cf", self.lmtp_port))
        return steps


class Exim(Mta):
    name = "exim"

    MAIN = """
primary_hostname = mx.example.org
exim_path = {exim}
spool_directory = {home}/spool
log_file_path = {home}/spool/log/%slog
local_interfaces = {host}
daemon_smtp_ports = {port}
{main}
hostlist relay_from = 127.0.0.0/30
acl_smtp_rcpt = acl_check_rcpt
acl_smtp_data = acl_check_data
host_lookup =
rfc1413_hosts = :
qualify_domain = mx.example.org
smtputf8_advertise_hosts = *
ignore_bounce_errors_after = 2d
keep_environment =
queue_run_max = 5
chunking_advertise_hosts = *

begin acl
acl_check_rcpt:
{acl}
  accept
    hosts = +relay_from
    control = submission/sender_retain
  deny
    message = relaying is not for you

acl_check_data:
  accept

begin routers
{router}

far:
  driver = manualroute
  route_list = * {host}
  self = send
  transport = far

begin transports
{transport}

far:
  driver = smtp
  port = {far_port}
  allow_localhost
  hosts_try_fastopen = !*

begin retry
* * F,1h,1s

begin rewrite
begin authenticators
"""

    def prepare(self):
        spool = self._home / "spool"
        config = self._home / "exim.conf"
        parts = {
            name: piece("exim/passerelle.conf", self.lmtp_port, words)
            for name, words in (
                ("main", "main:"),
                ("acl", "acl_check_rcpt"),
                ("router", "router"),
                ("transport", "transport"),
            )
        }
        config.write_text(
            self.MAIN.format(
                exim=find_program("exim4"),
                home=self._home,
                host=HOST,
                port=self.smtp_port,
                far_port=self.far_port,
                **parts,
            )
        )
        return [f"mkdir -p {spool}/log", f"chown -R Debian-exim: {spool}"]

    def command(self):
        return [
            *(find_program("exim4"), "-C", self._home / "exim.conf"),
            *("-bdf", "-q1s", "-v"),
        ]


class OpenSmtpd(Mta):
    name = "opensmtpd"
    hidden = ("/var/spool", "/var/lib", "/run")

    MAIN = """
listen on {host} port {port} hostname mx.example.org
queue ttl 1h
{snippet}
action "far" relay host "smtp://{host}:{far_port}"
match from local for any action "far"
match from src 127.0.0.0/30 for any action "far"
"""

    def prepare(self):
        config = self._home / "smtpd.conf"
        config.write_text(
            self.MAIN.format(
                host=HOST,
                port=self.smtp_port,
                far_port=self.far_port,
                snippet=snippet("opensmtpd/smtpd.conf", self.lmtp_port),
            )
        )
        return [
            "mkdir -p /var/lib/opensmtpd/empty /var/spool/smtpd",
            "chmod 711 /var/spool/smtpd",
        ]

    def command(self):
        return [
            *(find_program("smtpd"), "-d", "-f", self._home / "smtpd.conf"),
        ]


class Dovecot(Mta):
    """Not a mail server of its own: LMTP in, LMTP out."""

    name = "dovecot"

    MAIN = """
protocols = lmtp
base_dir = {home}/run
state_dir = {home}/state
log_path = /dev/stderr
ssl = no
listen = {host}
default_internal_user = dovecot
default_login_user = dovenull
mail_location = maildir:{home}/mail
service lmtp {{
  inet_listener lmtp {{
    address = {host}
    port = {port}
  }}
}}
userdb {{
  driver = static
  args = uid=dovenull gid=dovenull home={home}
}}
{snippet}
"""

    def prepare(self):
        (self._home / "dovecot.conf").write_text(
            self.MAIN.format(
                home=self._home,
                host=HOST,
                port=self.smtp_port,
                snippet=snippet("dovecot/passerelle.conf", self.lmtp_port),
            )
        )
        return []

    def command(self):
        return [
            *(find_program("dovecot"), "-F"),
            *("-c", self._home / "dovecot.conf"),
        ]


MTAS = {kind.name: kind for kind in (Postfix, Exim, OpenSmtpd, Dovecot)}
