"""The channels of a network as real servers list them."""

import pytest
from corner import Corner
from hybrid import Hybrid
from inspircd import Inspircd
from names import GATEWAY
from ngircd import Ngircd

NETWORK = "verona"
AT = f"{NETWORK}@{GATEWAY}"
SERVERS = {"inspircd": Inspircd, "hybrid": Hybrid, "ngircd": Ngircd}


@pytest.fixture(params=sorted(SERVERS))
def corner(request, certificates, tmp_path):
    server = SERVERS[request.param](tmp_path, certificates)
    corner = Corner(
        tmp_path, certificates, {NETWORK: (server, "interval_ms = 0")}
    )
    try:
        corner.start()
        yield corner
    finally:
        corner.kill()


def room(channel):
    return f"{channel}%{AT}"


async def listed(client):
    return {i["jid"]: i.get("name") for i in await client.items(AT)}


async def test_two_users_share_a_list_but_no_secrets(corner):
    juliet = await corner.peer("juliet", NETWORK)
    nurse = await corner.peer("nurse", NETWORK)
    for peer in (juliet, nurse):
        await peer.join("#ball")
    await juliet.topic("#ball", "masks & music")
    await juliet.join("#balcony")
    await nurse.join("#vault")
    await nurse.mode("#vault", "+s")

    romeo = await corner.client("romeo")
    await romeo.join(room("#balcony"), "romeo")
    await romeo.join(room("#plot"), "romeo")
    await juliet.barrier()
    benvolio = await corner.client("benvolio")
    await benvolio.join(room("#ball"), "benvolio")
    # Romeo asks first, Benvolio is shown the same list.
    nosy = await listed(romeo)
    assert nosy[room("#ball")] == "#ball (3): masks & music"
    assert nosy[room("#balcony")].startswith("#balcony (2)")
    assert room("#plot") in nosy
    assert room("#vault") not in nosy

    seen = await listed(benvolio)
    assert seen[room("#ball")] == "#ball (3): masks & music"
    assert room("#vault") not in seen
    assert list(seen)[0] == room("#ball"), "the largest first"
    assert await corner.end() == 0


async def test_a_secret_channel_is_in_the_list_of_its_members_only(corner):
    nurse = await corner.peer("nurse", NETWORK)
    await nurse.join("#vault")
    await nurse.mode("#vault", "+s")
    await nurse.join("#ball")
    romeo = await corner.client("romeo")
    await romeo.join(room("#vault"), "romeo")
    benvolio = await corner.client("benvolio")
    await benvolio.join(room("#ball"), "benvolio")

    assert room("#vault") in await listed(romeo)
    seen = await listed(benvolio)
    assert room("#vault") not in seen
    assert room("#ball") in seen
    assert await corner.end() == 0
