"""ngIRCd: the IRC server with TLS and hardly a word of IRCv3.

It never gets a line of more than 2 KB here: that makes this version spin and
fill its log by hundreds of megabytes.
"""

import os
import shutil

from place import HOST, SERVERS, find_program, free_ports, is_listening
from process import Process

CONFIG = """
[Global]
Name = irc.verona.test
Info = interop tests
Network = Verona
Listen = {host}
Ports = {port}
AdminInfo1 = interop tests

[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 12
MaxNickLength = 31
MaxPenaltyTime = 0
PingTimeout = 60
PongTimeout = 20

[Options]
DNS = no
Ident = no
PAM = no
OperCanUseMode = yes

[Operator]
Name = escalus
Password = rapier

[SSL]
CertFile = {cert}
KeyFile = {key}
DHFile = {dh}
Ports = {tls_port}
"""


class Ngircd:
    name = "ngircd"
    has_echo = False
    mute_s = 0

    def __init__(self, folder, certificates):
        self._folder = folder / self.name
        self._folder.mkdir()
        self.port, self.tls_port = free_ports(2)
        config = self._folder / "ngircd.conf"
        config.write_text(
            CONFIG.format(
                host=HOST,
                port=self.port,
                tls_port=self.tls_port,
                cert=certificates.cert,
                key=certificates.key,
                dh=certificates.dh,
            ).lstrip()
        )
        self.process = Process(
            self.name,
            [self._program(), "-n", "-f", config],
            self._folder,
            user="nobody" if os.geteuid() == 0 else None,
        )

    def _program(self):
        """It will not be root, and what drops root drops PR_SET_PDEATHSIG:
        so it never is.  An unpacked one may lie where only root gets to."""
        program = find_program("ngircd")
        if SERVERS in program.parents:
            program = shutil.copy(program, self._folder)
        return program

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
