"""A restart with many who stay connected, each from an address of his own,
to a server that throttles: nobody is refused, everybody is back.

CROWD=200 for the long run.
"""

import asyncio
import os
import subprocess

import pytest
from corner import Corner
from crowd import Crowd
from hybrid import Hybrid
from names import GATEWAY, SECRET
from passerelle import SANITIZERS, find_program

USERS = int(os.environ.get("CROWD", "24"))
INTERVAL_MS = 200
TEST_S = 60 + USERS * INTERVAL_MS / 1000 * 4
NETWORK = "hybrid"
PEOPLE = "people.verona.test"
CHANNELS = ("#one", "#two")


def room(channel):
    return f"{channel}%{NETWORK}@{GATEWAY}"


@pytest.fixture
def corner(certificates, tmp_path):
    irc = Hybrid(tmp_path, certificates, tempered=False)
    corner = Corner(
        tmp_path,
        certificates,
        {NETWORK: (irc, 'source_prefix = "127.0.0.0/8"')},
        options=f"connect_interval_ms = {INTERVAL_MS}"
        f" network_burst = 5 network_interval_ms = {INTERVAL_MS}"
        f' allow = {{ "{PEOPLE}" }}',
        components=[PEOPLE],
    )
    try:
        yield corner
    finally:
        corner.kill()


def set_all(corner, users, name, value):
    settings = corner.folder / "settings"
    settings.write_text(
        "".join(
            f"{u}@{PEOPLE}\t{GATEWAY}\t{name}\t{value}\n" for u in users
        )
    )
    done = subprocess.run(
        [find_program(), "--import", settings, "-c", corner.config],
        env={**os.environ, **SANITIZERS},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


async def names(peer, users):
    """Who of ours is in both channels, by whatever nick."""
    inside = [await peer.names(channel) for channel in CHANNELS]
    return inside[0] & inside[1] & set(users)


async def until_all(peer, users, deadline_s):
    end = asyncio.get_running_loop().time() + deadline_s
    while await names(peer, users) != set(users):
        assert asyncio.get_running_loop().time() < end, (
            f"{len(await names(peer, users))} of {len(users)} are back"
        )
        await asyncio.sleep(0.5)


async def enter(corner, crowd, users):
    for user in users:
        for channel in CHANNELS:
            crowd.join(user, room(channel))
    await crowd.until(
        "everybody is inside",
        lambda: sum(len(r) for r in crowd.inside.values())
        == len(users) * len(CHANNELS),
        30 + len(users) * INTERVAL_MS / 1000 * 1.5,
    )


async def test_everybody_is_back_after_a_restart(corner):
    users = [f"user{i}" for i in range(USERS)]
    set_all(corner, users, "stay_connected", "1")
    corner.start()
    await asyncio.sleep(3)  # looking whether it listens was a connection
    peer = await corner.peer("juliet", NETWORK)
    for channel in CHANNELS:
        await peer.join(channel)
    crowd = await Crowd(PEOPLE, SECRET, corner.xmpp.component_port).connect()
    await enter(corner, crowd, users)
    for user in users:
        for channel in CHANNELS:
            crowd.leave(user, room(channel))
    await crowd.until(
        "all clients are out", lambda: not any(crowd.inside.values()), 20
    )
    assert await names(peer, users) == set(users)

    mark = corner.passerelle.log_size()
    corner.passerelle.kill()
    await asyncio.sleep(1)  # the server has noticed
    corner.passerelle.start()
    await until_all(peer, users, 30 + USERS * INTERVAL_MS / 1000 * 1.5)
    log = corner.passerelle.log(mark)
    assert log.count("info online ") == USERS
    assert " offline " not in log, "somebody was refused"
    assert not crowd.errors, crowd.errors[:3]
    await crowd.close()
    assert await corner.end() == 0
