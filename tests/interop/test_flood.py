"""Many lines at once, to servers that throw out who floods: as they come.

FLOOD_MESSAGES=500 for the long run, which takes four minutes.
"""

import asyncio
import os

import pytest
from corner import Corner
from hybrid import Hybrid
from inspircd import Inspircd
from names import GATEWAY

MESSAGES = int(os.environ.get("FLOOD_MESSAGES", "60"))
THROTTLE_S = 3  # between connections from one address, for hybrid
QUEUE = 200  # what is over that is refused at once
TEST_S = 60 + min(MESSAGES, QUEUE + 5) * 1.5
NETWORKS = {"insp": Inspircd, "hybrid": Hybrid}


@pytest.fixture
def corner(certificates, tmp_path):
    networks = {
        name: (
            kind(tmp_path, certificates, tempered=False),
            "interval_ms = 1000",
        )
        for name, kind in NETWORKS.items()
    }
    corner = Corner(tmp_path, certificates, networks)
    try:
        corner.start()
        yield corner
    finally:
        corner.kill()


async def peer_when_let_in(corner, name):
    """Looking whether it listens is a connection, and is throttled."""
    for _ in range(20):
        try:
            return await corner.peer("juliet", name)
        except Exception:  # noqa: BLE001 - closed without a word
            await asyncio.sleep(1)
    raise AssertionError("juliet is not let in")


async def end_of(romeo, id, i):
    return await romeo.expect(
        f"the end of line {i}",
        kind="message",
        id=id,
        deadline_s=30,
        where=lambda s: s.type in ("groupchat", "error"),
    )


async def flood(corner, name):
    """Every id has its end; the other side has every line, in order."""
    channel, room = "#flood", f"#flood%{name}@{GATEWAY}"
    peer = await peer_when_let_in(corner, name)
    await peer.join(channel)
    romeo = await corner.client("romeo", name)
    await asyncio.sleep(THROTTLE_S)
    await romeo.join(room, "romeo", deadline_s=40)
    ids = [romeo.say(room, f"line {i}") for i in range(MESSAGES)]
    await romeo.expect(
        "a word about the delay",
        kind="message",
        sender=f"{name}@{GATEWAY}",
        deadline_s=30,
        where=lambda s: s.body and "waits here" in s.body,
    )
    left = 0
    for i, id in enumerate(ids):
        end = await end_of(romeo, id, i)
        if end.type == "error":
            assert end.condition == "resource-constraint"
            continue
        await peer.expect_text(channel, f"line {i}", deadline_s=30)
        left += 1
    assert left == MESSAGES or left >= QUEUE


async def test_a_paste_ends_no_connection(corner):
    await asyncio.gather(*(flood(corner, name) for name in NETWORKS))
    log = corner.passerelle.log()
    assert log.count(" online ") == len(NETWORKS), log[-4000:]
    assert await corner.end() == 0
