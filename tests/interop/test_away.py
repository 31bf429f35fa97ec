"""Who is away, both ways, on a server that tells of it."""

import pytest
from corner import Corner
from inspircd import Inspircd
from names import GATEWAY

NETWORK = "verona"
CHANNEL = "#balcony"
CLIENT = "{jabber:client}"
ROOM = f"{CHANNEL}%{NETWORK}@{GATEWAY}"


@pytest.fixture
def corner(certificates, tmp_path):
    corner = Corner(
        tmp_path,
        certificates,
        {NETWORK: (Inspircd(tmp_path, certificates), "interval_ms = 0")},
    )
    try:
        corner.start()
        yield corner
    finally:
        corner.kill()


async def expect_show(client, nick, show, status=None):
    return await client.expect(
        f"{nick} is {show or 'here'}",
        kind="presence",
        sender=f"{ROOM}/{nick}",
        where=lambda s: s.xml.findtext(f"{CLIENT}show") == show
        and status in (None, s.xml.findtext(f"{CLIENT}status")),
    )


async def test_who_is_away_is_seen_whenever_he_went(corner):
    juliet = await corner.peer("juliet", NETWORK)
    nurse = await corner.peer("nurse", NETWORK)
    juliet.send("AWAY :asleep")
    await juliet.expect("being away", "306")
    for peer in (juliet, nurse):
        await peer.join(CHANNEL)
    romeo = await corner.client("romeo")
    await romeo.join(ROOM, "romeo")
    await expect_show(romeo, "juliet", "away")
    nurse.send("AWAY :at the market")
    await expect_show(romeo, "nurse", "away", "at the market")
    juliet.send("AWAY")
    await expect_show(romeo, "juliet", None)

    romeo.send_presence(
        f"{ROOM}/romeo",
        "<show>away</show>",
        "<status>in the garden</status>",
    )
    await expect_show(romeo, "romeo", "away", "in the garden")
    juliet.say("romeo", "hello?")
    line = await juliet.expect("being told", "301", "juliet", "romeo")
    assert line.text == "in the garden"
    assert await corner.end() == 0
