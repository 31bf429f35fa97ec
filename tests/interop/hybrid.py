"""ircd-hybrid: TLS, some of IRCv3 without tags, and short tempers.

Its flood control and its connect throttle are those of the sample that it
comes with where a test asks for them (tempered=False).
"""

import os
import shutil
import tempfile
from pathlib import Path

from place import HOST, find_folder, find_program, free_ports, is_listening
from process import Process

MODULES = b"/usr/lib/ircd-hybrid/modules"  # compiled into the program

CONFIG = """
serverinfo {{
	name = "irc.verona.test";
	description = "interop tests";
	network_name = "Verona";
	sid = "0HY";
	max_nick_length = 30;
	max_topic_length = 300;
	rsa_private_key_file = "{folder}/server.key";
	tls_certificate_file = "{folder}/server.pem";
	tls_dh_param_file = "{folder}/dh.pem";
}};
admin {{
	name = "a";
	description = "a";
	email = "<a@verona.test>";
}};
class {{
	name = "users";
	ping_time = 60 seconds;
	number_per_ip_local = {per_ip};
	number_per_ip_global = {per_ip};
	max_number = 2000;
	max_channels = 12;
	sendq = 4 megabytes;
	recvq = {recvq} bytes;
}};
listen {{ port = {port}; host = "{host}"; }};
listen {{ flags = tls; port = {tls_port}; host = "{host}"; }};
auth {{
	user = "*@*";
	class = "users";
{auth}}};
operator {{
	name = "escalus";
	user = "*@*";
	password = "rapier";
	encrypted = no;
	class = "users";
	flags = admin, close, die, kill, kline, unkline, operwall, rehash;
}};
general {{
	disable_auth = yes;
	ping_cookie = no;
	{general}
}};
channel {{
	max_channels = 12;
	{channel}
}};
modules {{
	path = "{modules}";
	path = "{modules}/autoload";
}};
log {{ use_logging = no; }};
"""

CALM_GENERAL = """
	throttle_count = 100000; throttle_time = 1 second;
	anti_nick_flood = no; pace_wait = 0; pace_wait_simple = 0;
	default_floodcount = 0; max_targets = 20;
	anti_spam_exit_message_time = 0;
"""
CALM_CHANNEL = """
	default_join_flood_count = 0; invite_client_count = 1000;
	invite_delay_channel = 0; knock_delay_channel = 0;
"""
# As in the sample that the server comes with.
OWN_GENERAL = """
	throttle_count = 1; throttle_time = 2 seconds;
	anti_nick_flood = yes; max_nick_changes = 5; max_nick_time = 20 seconds;
	pace_wait = 10 seconds; pace_wait_simple = 1 second;
	default_floodcount = 10; default_floodtime = 1 second; max_targets = 4;
"""
OWN_CHANNEL = """
	default_join_flood_count = 18; default_join_flood_time = 6 seconds;
"""


class Hybrid:
    name = "hybrid"
    has_echo = False
    mute_s = 1.1  # so long it passes on no reason of who quits

    def __init__(self, folder, certificates, tempered=True):
        self._folder = folder / self.name
        self._folder.mkdir()
        # The name has to fit into the program; gone when we are.
        self._temporary = tempfile.TemporaryDirectory(prefix="h", dir="/tmp")
        self._short = Path(self._temporary.name)
        self._short.chmod(0o755)
        self.port, self.tls_port = free_ports(2)
        for path in (certificates.cert, certificates.key, certificates.dh):
            shutil.copy(path, self._folder)
        config = self._folder / "ircd.conf"
        config.write_text(
            CONFIG.format(
                folder=self._folder,
                host=HOST,
                port=self.port,
                tls_port=self.tls_port,
                modules=self._modules(),
                per_ip=1000 if tempered else 2,
                recvq=8000 if tempered else 2560,
                auth="\tflags = can_flood;\n" if tempered else "",
                general=CALM_GENERAL if tempered else OWN_GENERAL,
                channel=CALM_CHANNEL if tempered else OWN_CHANNEL,
            )
        )
        self._own_by_nobody()
        self.process = Process(
            self.name,
            [self._program(), "-foreground", "-configfile", config]
            + [
                word
                for what in ("kline", "dline", "xline", "resv", "log", "pid")
                for word in (f"-{what}file", self._folder / f"{what}.db")
            ],
            self._folder,
            user="nobody" if os.geteuid() == 0 else None,
        )

    def _own_by_nobody(self):
        """It refuses to be root, and writes into its folder."""
        if os.geteuid() == 0:
            for path in (self._folder, *self._folder.iterdir()):
                shutil.chown(path, "nobody", "nogroup")

    def _modules(self):
        """A short path to the modules, wherever they were unpacked."""
        link = self._short / "modules"
        if not link.is_symlink():
            found = self._short / "copy"
            shutil.copytree(find_folder("ircd-hybrid/modules"), found)
            for top, _, _ in os.walk(found):
                os.chmod(top, 0o755)
            link.symlink_to("copy")
        return link

    def _program(self):
        """A copy of the server that looks for its modules where they are."""
        text = find_program("ircd-hybrid").read_bytes()
        here = f"{self._short}/modules".encode()
        assert MODULES in text and len(here) <= len(MODULES)
        slashes = b"/" * (len(MODULES) - len(here))
        copy = self._short / "ircd-hybrid"
        copy.write_bytes(text.replace(MODULES, slashes + here))
        copy.chmod(0o755)
        return copy

    def start(self):
        self.process.start()
        self.process.wait_until(
            "listens",
            lambda: is_listening(self.port) and is_listening(self.tls_port),
        )

    def stop(self):
        return self.process.stop()

    def kill(self):
        self.process.kill()
