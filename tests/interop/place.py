"""Where things are on this machine: programs, free ports, certificates."""

import glob
import os
import shutil
import socket
import subprocess
from pathlib import Path

HOST = "127.0.0.1"
SCRIPTED_HOST = "127.0.0.2"  # no two networks may have the same host
TOP = Path(__file__).resolve().parents[2]
SERVERS = TOP / "build" / "servers"  # what contrib/install-deps unpacked


CONTRIB = TOP / "contrib"  # its snippets are what the servers here run on


class Missing(Exception):
    """A program that the tests need is not here."""


def find_program(name):
    """Debian keeps servers where only root's PATH leads."""
    places = [os.environ.get("PATH", ""), "/usr/sbin", "/usr/bin"]
    places += glob.glob(str(SERVERS / "*/usr/sbin"))
    places += glob.glob(str(SERVERS / "*/usr/bin"))
    found = shutil.which(name, path=":".join(places))
    if not found:
        raise Missing(f"no {name} here; contrib/install-deps test gets it")
    return Path(found)


def find_folder(pattern):
    """A folder below /usr/lib, or below an unpacked server's usr/lib."""
    for top in ("/usr/lib", str(SERVERS / "*/usr/lib")):
        found = sorted(glob.glob(f"{top}/{pattern}"))
        if found:
            return Path(found[-1])
    raise Missing(f"no /usr/lib/{pattern}; contrib/install-deps test gets it")


def free_ports(count):
    """All taken at once, so that no two are the same."""
    held = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


def is_listening(port):
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex((HOST, port)) == 0


class Certificates:
    """An authority of our own and one certificate for every IRC server.

    The directory and the key are readable to all: ngIRCd runs as nobody
    when the tests run as root, and nothing here is worth hiding.
    """

    def __init__(self, folder, authority="Interop-tests-CA"):
        folder.mkdir()
        folder.chmod(0o755)
        self._folder = folder
        self.ca = folder / "ca.pem"
        self.cert = folder / "server.pem"
        self.key = folder / "server.key"
        self.dh = folder / "dh.pem"
        new = (
            "req -x509 -nodes -days 30 -newkey ec"
            " -pkeyopt ec_paramgen_curve:P-256"
        )
        self._openssl(
            f"{new} -keyout ca.key -out ca.pem -subj /CN={authority}"
            " -addext keyUsage=critical,keyCertSign"
        )
        self._openssl(
            f"{new} -keyout server.key -out server.pem -subj /CN=localhost"
            " -CA ca.pem -CAkey ca.key -addext basicConstraints=CA:FALSE"
            f" -addext subjectAltName=DNS:localhost,IP:{HOST}"
        )
        # Without a file ngIRCd makes its own at every start, and slowly.
        self._openssl("dhparam -dsaparam -out dh.pem 2048")
        for path in folder.iterdir():
            path.chmod(0o644)

    def _openssl(self, arguments):
        subprocess.run(
            [find_program("openssl"), *arguments.split()],
            cwd=self._folder,
            check=True,
            capture_output=True,
            timeout=60,
        )
