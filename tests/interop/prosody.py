"""Prosody with two domains and a component port."""

from names import (
    DOMAIN,
    GATEWAYS,
    OTHER_DOMAIN,
    PASSWORD,
    ROOMS,
    SECRET,
    USERS,
)
from place import CONTRIB, HOST, find_program, free_ports, is_listening
from process import Process

CONFIG = """
run_as_root = true
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/data"
log = {{ {{ levels = {{ min = "info" }}, to = "console" }} }}
interfaces = {{ "{host}" }}
c2s_ports = {{ {c2s_port} }}
c2s_direct_tls_ports = {{ }}
component_ports = {{ {component_port} }}
component_interfaces = {{ "{host}" }}
modules_enabled = {{ "saslauth", "roster", "disco", "ping", "carbons"{modules} }}
modules_disabled = {{ "s2s", "tls"{disabled} }}
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_plain"
"""

# A place for files; plain HTTP, since nothing here leaves this machine.
HTTP = """
http_ports = {{ {port} }}
http_interfaces = {{ "{host}" }}
https_ports = {{ }}
"""
UPLOAD = """
Component "upload.{domain}" "http_file_share"
	http_host = "{host}"
	http_external_url = "http://{host}:{port}/"
	http_file_share_size_limit = 1024 * 1024
"""

# Rooms of its own, with an archive where users have one.
ROOMS_BLOCK = """
Component "{rooms}" "muc"
	modules_enabled = {{ {modules} }}
"""

HOST_BLOCK = """
VirtualHost "{}"
"""


def component_block(gateway):
    """The snippet that operators get, with a name and the secret put in."""
    snippet = (CONTRIB / "prosody" / "passerelle.cfg.lua").read_text()
    return snippet.replace("irc.example.org", gateway).replace(
        "CHANGE ME", SECRET
    )


class Prosody:
    name = "prosody"

    def __init__(self, folder, components=(), modules=(), upload=False):
        self._folder = folder / self.name
        self._folder.mkdir()
        self.c2s_port, self.component_port = free_ports(2)
        self._write_accounts()
        config = self._folder / "prosody.cfg.lua"
        config.write_text(
            CONFIG.format(
                folder=self._folder,
                host=HOST,
                c2s_port=self.c2s_port,
                modules="".join(f', "{m}"' for m in modules if m != "muc"),
                disabled="" if upload else ', "http"',
                component_port=self.component_port,
            )
            + (self._http_options() if upload else "")
            + "".join(HOST_BLOCK.format(d) for d in (DOMAIN, OTHER_DOMAIN))
            + "".join(component_block(g) for g in (*GATEWAYS, *components))
            + (self._upload_block() if upload else "")
            + (self._rooms_block(modules) if "muc" in modules else "")
        )
        self.process = Process(
            self.name,
            [find_program("prosody"), "-F", "--config", config],
            self._folder,
        )

    def _http_options(self):
        (self.upload_port,) = free_ports(1)
        return HTTP.format(host=HOST, port=self.upload_port)

    def _upload_block(self):
        return UPLOAD.format(host=HOST, port=self.upload_port, domain=DOMAIN)

    @staticmethod
    def _rooms_block(modules):
        return ROOMS_BLOCK.format(
            rooms=ROOMS, modules='"muc_mam"' if "mam" in modules else ""
        )

    def _write_accounts(self):
        """The files that prosodyctl would write, at half a second each."""
        for domain in (DOMAIN, OTHER_DOMAIN):
            accounts = (
                self._folder / "data" / domain.replace(".", "%2e") / "accounts"
            )
            accounts.mkdir(parents=True)
            for user in USERS:
                (accounts / f"{user}.dat").write_text(
                    f'return {{ ["password"] = "{PASSWORD}" }};\n'
                )

    def start(self):
        self.process.start()
        self.process.wait_until(
            "listens",
            lambda: is_listening(self.c2s_port)
            and is_listening(self.component_port),
        )

    def stop(self):
        return self.process.stop()

    def kill(self):
        self.process.kill()
