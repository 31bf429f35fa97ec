"""Many lines at once, to servers that throw out who floods: as they come.

FLOOD_MESSAGES=500 for the long run, which takes four minutes.
"""

import asyncio
import os

import pytest
from hybrid import Hybrid
from inspircd import Inspircd
from ircpeer import IrcPeer
from names import DOMAIN, GATEWAY, SECRET
from passerelle import SANITIZERS, find_program
from place import HOST
from process import Process
from prosody import Prosody
from xmppclient import XmppClient

MESSAGES = int(os.environ.get("FLOOD_MESSAGES", "60"))
THROTTLE_S = 3  # between connections from one address, for hybrid
QUEUE = 200  # what is over that is refused at once
TEST_S = 60 + min(MESSAGES, QUEUE + 5) * 1.5
NETWORKS = {"insp": Inspircd, "hybrid": Hybrid}
# No two networks may have the same host.
HOSTS = {"insp": "localhost", "hybrid": HOST}

CONFIG = """
server {{ host = "{host}"  port = {port}  domain = "{domain}" }}
store  {{ path = "{folder}/passerelle.db"  key_file = "{folder}/key" }}
log    {{ level = "debug" }}
gateway "{gateway}" {{
	type = "irc"
	secret = "{secret}"
	reconnect_min = 1
{networks}}}
"""
NETWORK = """
	network "{name}" {{
		host = "{at}"
		port = {port}
		ca_file = "{ca}"
		interval_ms = 1000
	}}
"""


class Place:
    """Both servers with tempers of their own, one Passerelle."""

    def __init__(self, folder, certificates):
        self.xmpp = Prosody(folder)
        self.irc = {
            name: kind(folder, certificates, tempered=False)
            for name, kind in NETWORKS.items()
        }
        config = folder / "passerelle.conf"
        config.write_text(
            CONFIG.format(
                host=HOST,
                port=self.xmpp.component_port,
                domain=DOMAIN,
                folder=folder,
                gateway=GATEWAY,
                secret=SECRET,
                networks="".join(
                    NETWORK.format(
                        name=name,
                        at=HOSTS[name],
                        port=irc.tls_port,
                        ca=certificates.ca,
                    )
                    for name, irc in self.irc.items()
                ),
            )
        )
        config.chmod(0o600)
        self.passerelle = Process(
            "passerelle",
            [find_program(), "-c", config],
            folder,
            env=SANITIZERS,
        )
        self.log = open(folder / "transcript.log", "w", buffering=1)

    def start(self):
        self.xmpp.start()
        for irc in self.irc.values():
            irc.start()
        self.passerelle.start()

    def kill(self):
        self.passerelle.kill()
        for irc in self.irc.values():
            irc.kill()
        self.xmpp.kill()
        self.log.close()


@pytest.fixture
def place(scratch, certificates, tmp_path):
    tmp_path.chmod(0o755)
    for folder in tmp_path.parents:
        if folder.owner() == tmp_path.owner() and "pytest" in folder.name:
            folder.chmod(0o755)
    place = Place(tmp_path, certificates)
    try:
        place.start()
        yield place
    finally:
        place.kill()


async def connect(nick, port, log):
    """Probes for the port count as connections, and are throttled."""
    for _ in range(20):
        try:
            return await IrcPeer(nick, port, log).connect()
        except Exception:  # noqa: BLE001 - closed without a word
            await asyncio.sleep(1)
    raise AssertionError(f"{nick} is not let in")


async def flood(place, name):
    """Every id has its end; the other side has every line, in order."""
    channel, room = "#flood", f"#flood%{name}@{GATEWAY}"
    peer = await connect("juliet", place.irc[name].port, place.log)
    await peer.join(channel)
    romeo = XmppClient(
        f"romeo@{DOMAIN}/{name}", place.xmpp.c2s_port, place.log
    )
    await romeo.connect()
    await romeo.wait_for_service(GATEWAY)
    await asyncio.sleep(THROTTLE_S)
    await romeo.join(room, "romeo", deadline_s=40)
    ids = [romeo.say(room, f"line {i}") for i in range(MESSAGES)]
    told = await romeo.expect(
        "a word about the delay",
        kind="message",
        sender=f"{name}@{GATEWAY}",
        deadline_s=30,
        where=lambda s: s.body and "waits here" in s.body,
    )
    assert told
    left = 0
    for i, id in enumerate(ids):
        end = await romeo.expect(
            f"the end of line {i}",
            kind="message",
            id=id,
            deadline_s=30,
            where=lambda s: s.type in ("groupchat", "error"),
        )
        if end.type == "groupchat":
            await peer.expect_text(channel, f"line {i}", deadline_s=30)
            left += 1
        else:
            assert end.condition == "resource-constraint"
    assert left == MESSAGES or left >= QUEUE
    await romeo.close()
    await peer.close()


async def test_a_paste_ends_no_connection(place):
    await asyncio.gather(*(flood(place, name) for name in NETWORKS))
    log = place.passerelle.log()
    assert log.count(" online ") == len(NETWORKS), log[-4000:]
    place.passerelle.signal(15)
    assert place.passerelle.wait(10) == 0
