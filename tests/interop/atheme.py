"""Atheme: NickServ and SASL (PLAIN, EXTERNAL) for an InspIRCd."""

import os

from place import HOST, find_program
from process import Process

CONFIG = """
loadmodule "modules/protocol/inspircd";
loadmodule "modules/backend/opensex";
loadmodule "modules/crypto/posix";
loadmodule "modules/nickserv/main";
loadmodule "modules/nickserv/register";
loadmodule "modules/nickserv/identify";
loadmodule "modules/nickserv/cert";
loadmodule "modules/nickserv/ghost";
loadmodule "modules/saslserv/main";
loadmodule "modules/saslserv/plain";
loadmodule "modules/saslserv/external";

serverinfo {{
	name = "services.verona.test";
	desc = "interop tests";
	numeric = "00A";
	recontime = 1;
	netname = "Verona";
	hidehostsuffix = "users.verona.test";
	adminname = "a";
	adminemail = "a@verona.test";
	registeremail = "noreply@verona.test";
	auth = none;
	casemapping = rfc1459;
	mta = "/bin/true";
	loglevel = {{ error; info; network; wallops; }};
	maxlogins = 20;
	maxusers = 0;
	maxnicks = 20;
	maxchans = 20;
	emaillimit = 1000;
	emailtime = 1;
}};
uplink "irc.verona.test" {{
	host = "{host}";
	send_password = "{secret}";
	receive_password = "{secret}";
	port = {port};
}};
nickserv {{ nick = "NickServ"; user = "services"; host = "verona.test";
	real = "Nickname services"; }};
saslserv {{ nick = "SaslServ"; user = "services"; host = "verona.test";
	real = "SASL agent"; }};
general {{ commit_interval = 60; expiry_time = 0; }};
"""


class Atheme:
    name = "atheme"

    def __init__(self, folder, irc):
        """irc: an Inspircd made with services=True."""
        self._folder = folder / self.name
        (self._folder / "data").mkdir(parents=True)
        config = self._folder / "atheme.conf"
        config.write_text(
            CONFIG.format(
                host=HOST, port=irc.services_port, secret=irc.services_secret
            )
        )
        if os.geteuid() == 0:
            for path in (self._folder, self._folder / "data"):
                os.chmod(path, 0o777)
        self.process = Process(
            self.name,
            [
                find_program("atheme-services"),
                "-n",
                "-c",
                config,
                "-D",
                self._folder / "data",
                "-p",
                self._folder / "atheme.pid",
                "-l",
                self._folder / "services.log",
            ],
            self._folder,
            user="nobody" if os.geteuid() == 0 else None,
        )

    def start(self):
        self.process.start()

    def stop(self):
        return self.process.stop()

    def kill(self):
        self.process.kill()
