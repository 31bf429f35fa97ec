"""The program under test, with its configuration and its state."""

import os
import re

from names import (
    ADMIN,
    DEAD_NETWORK,
    DOMAIN,
    GATEWAY,
    NETWORK,
    OPEN_GATEWAY,
    SCRIPTED_NETWORK,
    SECRET,
    SOLO_GATEWAY,
)
from place import HOST, SCRIPTED_HOST, TOP, Missing, free_ports
from process import STOP_S, Process

CONFIG = """
server {{ host = "{host}"  port = {component_port}  domain = "{domain}" }}
store  {{ path = "{folder}/passerelle.db"  key_file = "{folder}/key" }}
log    {{ level = "{log_level}" }}
access {{ allow = {{ "{domain}" }}  admins = {{ "{admin}" }} }}

gateway "{gateway}" {{
	type = "irc"
	secret = "{secret}"
	reconnect_min = 1
	reconnect_max = 3
	connect_interval_ms = 100
	network "{network}" {{
		host = "localhost"
		port = {tls_port}
		tls = yes
		verify = yes
		ca_file = "{ca}"
		interval_ms = 0
	}}
	network "{dead_network}" {{
		host = "{host}"
		port = {dead_port}
		tls = no
		interval_ms = 0
	}}
	network "{scripted_network}" {{
		host = "{scripted_host}"
		port = {scripted_port}
		tls = no
		plain_secrets = yes
		interval_ms = 0
	}}
}}

gateway "{open_gateway}" {{
	type = "irc"
	secret = "{secret}"
	reconnect_min = 1
	open = yes
	private_hosts = no
}}

gateway "{solo_gateway}" {{
	type = "irc"
	secret = "{secret}"
	reconnect_min = 1
	only_network = "{network}"
	network "{network}" {{
		host = "{host}"
		port = {tls_port}
		tls = yes
		verify = yes
		ca_file = "{ca}"
		interval_ms = 0
	}}
}}
"""

# Status 1 is a leak found at the end, and must not be taken for a clean stop.
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
}
REPORT = re.compile(
    r"ERROR: \w+Sanitizer|runtime error:|SUMMARY: \w+Sanitizer|"
    r"Assertion .* failed|stack smashing"
)


def find_program():
    program = os.environ.get("PASSERELLE", str(TOP / "build/asan/passerelle"))
    if not os.access(program, os.X_OK):
        raise Missing(f"no {program}; make check-interop builds it")
    return os.path.abspath(program)


class Passerelle:
    name = "passerelle"

    def __init__(self, folder, xmpp, irc, certificates):
        self.folder = folder / self.name
        self.folder.mkdir()
        self.dead_port, self.scripted_port = free_ports(2)
        self.config = self.folder / "passerelle.conf"
        self.config.write_text(
            CONFIG.format(
                host=HOST,
                component_port=xmpp.component_port,
                domain=DOMAIN,
                folder=self.folder,
                log_level=os.environ.get("PASSERELLE_LOG", "debug"),
                admin=ADMIN,
                gateway=GATEWAY,
                open_gateway=OPEN_GATEWAY,
                solo_gateway=SOLO_GATEWAY,
                secret=SECRET,
                network=NETWORK,
                dead_network=DEAD_NETWORK,
                dead_port=self.dead_port,
                scripted_network=SCRIPTED_NETWORK,
                scripted_host=SCRIPTED_HOST,
                scripted_port=self.scripted_port,
                tls_port=irc.tls_port,
                ca=certificates.ca,
            )
        )
        self.config.chmod(0o600)  # it holds secrets, and would be told so
        self._checked = 0  # offset in the log up to which nothing was wrong
        self.process = self.another(self.name)

    def another(self, name):
        """A process of its own on the same configuration and store."""
        return Process(
            name,
            [find_program(), "-c", self.config],
            self.folder,
            env=SANITIZERS,
        )

    def start(self):
        mark = self.process.log_size()
        self.process.start()
        self.process.wait_until(
            "says ready",
            lambda: re.search(r"\bready\b", self.process.log(mark)),
        )

    def stop(self):
        """SIGTERM.  Its exit status, which has to be 0."""
        self.process.signal(15)
        return self.process.wait(STOP_S)

    def kill(self):
        self.process.kill()

    def complaints(self):
        """What sanitizers have said since the last call; "" if nothing."""
        text = self.process.log(self._checked)
        self._checked = self.process.log_size()
        found = REPORT.search(text)
        return text[found.start() : found.start() + 6000] if found else ""
