"""ejabberd with two domains and a component port.

The Erlang machine is started without a node name.  So there is no epmd to be
left running, and two instances cannot meet; ejabberdctl cannot reach it
either, which is why the accounts are made by an expression at its start.
"""

from names import (
    DOMAIN,
    GATEWAYS,
    OTHER_DOMAIN,
    PASSWORD,
    ROOMS,
    SECRET,
    USERS,
)
from place import CONTRIB, HOST, find_folder, find_program, free_ports
from process import Process

CONFIG = """
loglevel: info
log_rotate_count: 0
hosts: [{domain}, {other}]
s2s_access: none
auth_method: internal
auth_password_format: plain
include_config_file:
  {snippet}: {{}}
listen:
  - port: {c2s_port}
    ip: "{host}"
    module: ejabberd_c2s
    max_stanza_size: 300000
modules:
  {mam}
  {muc}
  mod_carboncopy: {{}}
  mod_disco: {{}}
  mod_roster: {{}}
"""

ROOMS_MODULE = (
    "mod_muc: {{ host: {rooms}, access_create: all, access_persistent: all,"
    " default_room_options: {{ mam: {archive} }} }}"
)

READY = "accounts are there"


class Ejabberd:
    name = "ejabberd"

    def __init__(self, folder, components=(), modules=()):
        """modules: by the names that they have at Prosody."""
        self._folder = folder / self.name
        self._components = (*GATEWAYS, *components)
        self._folder.mkdir()
        self.c2s_port, self.component_port = free_ports(2)
        snippet = self._folder / "passerelle.yml"
        snippet.write_text(self._snippet())
        config = self._folder / "ejabberd.yml"
        config.write_text(
            CONFIG.format(
                domain=DOMAIN,
                other=OTHER_DOMAIN,
                host=HOST,
                c2s_port=self.c2s_port,
                snippet=snippet,
                mam="mod_mam: { default: always }" if "mam" in modules else "",
                muc=self._rooms(modules) if "muc" in modules else "",
            )
        )
        self.process = Process(
            self.name,
            [
                find_program("erl"),
                "-noinput",
                *"+sbwt none +sbwtdcpu none +sbwtdio none".split(),
                # With the stack it has of itself, XML nested 4,000 deep ends
                # ejabberd; some tests send more of it.
                *"+sss 8192 +sssdcpu 8192 +sssdio 8192".split(),
                *("-mnesia", "dir", f'"{self._folder}/mnesia"'),
                *("-s", "ejabberd"),
                *("-eval", self._accounts()),
            ],
            self._folder,
            env={
                "HOME": str(self._folder),
                "ERL_LIBS": str(find_folder("*/ejabberd-*/ebin").parents[1]),
                "EJABBERD_CONFIG_PATH": str(config),
                "EJABBERD_LOG_PATH": str(self._folder / "server.log"),
                "ERL_CRASH_DUMP": str(self._folder / "erl_crash.dump"),
            },
        )

    @staticmethod
    def _rooms(modules):
        archive = "true" if "mam" in modules else "false"
        return ROOMS_MODULE.format(rooms=ROOMS, archive=archive)

    def _snippet(self):
        """What operators get, with names, a port and the secret put in."""
        text = (CONTRIB / "ejabberd" / "passerelle.yml").read_text()
        text = text.replace("port: 5347", f"port: {self.component_port}")
        head, name, entry = text.partition("      irc.example.org:")
        entry = entry.replace("CHANGE ME", SECRET)
        return head + "".join(
            name.replace("irc.example.org", g) + entry for g in self._components
        )

    @staticmethod
    def _accounts():
        """Registering twice does no harm: the second time is refused."""
        users = ", ".join(f'<<"{u}">>' for u in USERS)
        domains = ", ".join(f'<<"{d}">>' for d in (DOMAIN, OTHER_DOMAIN))
        return (
            f'[ejabberd_auth:try_register(U, D, <<"{PASSWORD}">>)'
            f" || D <- [{domains}], U <- [{users}]],"
            f' io:format("{READY}~n").'
        )

    def start(self):
        mark = self.process.log_size()
        self.process.start()
        self.process.wait_until(
            "is up", lambda: READY in self.process.log(mark)
        )

    def stop(self):
        return self.process.stop()

    def kill(self):
        self.process.kill()
