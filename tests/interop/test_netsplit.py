"""Two linked InspIRCds, one of which is killed: a split as networks have."""

import asyncio

import pytest
from corner import Corner
from inspircd import Inspircd
from ircpeer import IrcPeer
from names import GATEWAY

NETWORK = "verona"
CHANNEL = "#balcony"
ROOM = f"{CHANNEL}%{NETWORK}@{GATEWAY}"
FAR = ("tybalt", "paris", "rosaline")


class TwoServers(Corner):
    def __init__(self, folder, certificates):
        self.near = Inspircd(folder, certificates, linked=True)
        self.far = Inspircd(folder, certificates, linked=self.near)
        super().__init__(
            folder,
            certificates,
            {NETWORK: (self.near, "interval_ms = 0")},
            behind=[self.far],
        )

    async def far_peer(self, nick):
        peer = IrcPeer(nick, self.far.port, self.log)
        self._people.append(peer)
        await peer.connect()
        await peer.join(CHANNEL)
        return peer


@pytest.fixture
def servers(certificates, tmp_path):
    servers = TwoServers(tmp_path, certificates)
    try:
        servers.start()
        yield servers
    finally:
        servers.kill()


async def until_linked(servers, juliet):
    for _ in range(60):
        names = await juliet.names(CHANNEL)
        if set(FAR) <= names:
            return
        await asyncio.sleep(0.25)
    raise AssertionError("the servers do not find each other")


def presences(romeo, nick, since):
    return [
        s
        for s in romeo.inbox.history[since:]
        if s.kind == "presence" and s.sender == f"{ROOM}/{nick}"
    ]


async def test_a_netsplit_and_its_end_leave_everybody_once(servers):
    juliet = await servers.peer("juliet", NETWORK)
    await juliet.join(CHANNEL)
    far = [await servers.far_peer(nick) for nick in FAR]
    await until_linked(servers, juliet)
    romeo = await servers.client("romeo")
    await romeo.join(ROOM, "romeo")

    mark = len(romeo.inbox.history)
    servers.far.kill()
    for nick in FAR:
        gone = await romeo.expect(
            f"{nick} is gone",
            kind="presence",
            type="unavailable",
            sender=f"{ROOM}/{nick}",
        )
        assert not gone.codes & {301, 307}, "nobody threw them out"
        assert len(presences(romeo, nick, mark)) == 1
    assert not presences(romeo, "juliet", mark)
    assert not presences(romeo, "romeo", mark)
    for peer in far:
        await peer.closed()

    mark = len(romeo.inbox.history)
    servers.far.start()
    far = [await servers.far_peer(nick) for nick in FAR]
    await until_linked(servers, juliet)
    for nick in FAR:
        await romeo.expect(
            f"{nick} is back",
            kind="presence",
            type="",
            sender=f"{ROOM}/{nick}",
        )
    await romeo.barrier(GATEWAY)
    for nick in FAR:
        seen = presences(romeo, nick, mark)
        assert [s.type for s in seen][:1] == [""]
        assert all(s.type == "" for s in seen), "he went again"
    far[0].say(CHANNEL, "we are one")
    await romeo.expect_text(f"{ROOM}/{FAR[0]}", "we are one")
    assert await servers.end() == 0
