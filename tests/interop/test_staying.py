"""The setting "stay connected", with everything ending that can end."""

import asyncio

import pytest
from names import GATEWAY
from test_commands import change

BACK_S = 15
USER = "mercutio"  # settings of its own


@pytest.fixture
def guest(loop, stage):
    return loop.run_until_complete(stage.client(USER))


async def stay(stage, guest, juliet):
    """Mercutio stays in a new channel, and no client of his is there."""
    channel = stage.new_channel("stay")
    room = stage.room(channel)
    await juliet.join(channel)
    await change(guest, stay_connected="1")
    await guest.join(room, USER)
    await juliet.expect("he comes", "JOIN", channel, nick=USER)
    await asyncio.sleep(0.5)  # his row is committed
    guest.leave(room, USER)
    await guest.expect(
        "he is out",
        kind="presence",
        type="unavailable",
        sender=f"{room}/{USER}",
    )
    await guest.barrier(GATEWAY)
    names = await juliet.names(channel)
    assert USER in names, "the network has him still"
    return channel, room


async def back(peer, channel):
    """Perhaps with another nick: the old link may still have had his."""
    end = asyncio.get_running_loop().time() + BACK_S
    while len(await peer.names(channel)) < 2:
        assert asyncio.get_running_loop().time() < end, "he is not back"
        await asyncio.sleep(0.3)


async def leave_for_good(guest, juliet, channel):
    await change(guest, stay_connected="0")
    await juliet.expect("he goes", "PART", channel)


async def test_the_last_client_leaves_and_he_stays(stage, guest, juliet):
    channel, room = await stay(stage, guest, juliet)
    juliet.say(channel, "nobody hears this")
    seen = await guest.join(room, USER)
    senders = {s.sender for s in seen}
    assert f"{room}/juliet" in senders
    guest.leave(room, USER)
    await leave_for_good(guest, juliet, channel)


async def test_passerelle_is_killed_and_he_is_back(stage, guest, juliet):
    channel, _ = await stay(stage, guest, juliet)
    stage.passerelle.kill()
    await juliet.expect("he quits", "QUIT", nick=USER)
    stage.passerelle.start()
    await back(juliet, channel)
    await guest.wait_for_service(GATEWAY)
    await leave_for_good(guest, juliet, channel)


async def test_the_irc_server_dies_and_he_is_back(stage, guest, juliet):
    channel, _ = await stay(stage, guest, juliet)
    await stage.kill_irc()
    stage.irc.start()
    juliet = await stage.peer("juliet")
    await juliet.join(channel)
    await back(juliet, channel)
    await leave_for_good(guest, juliet, channel)


async def test_the_xmpp_server_dies_and_he_does_not_notice(
    stage, guest, juliet
):
    channel, room = await stay(stage, guest, juliet)
    await guest.close()
    stage.xmpp.kill()
    stage.xmpp.start()
    guest = await stage.client(USER)
    await guest.wait_for_service(GATEWAY)
    assert USER in await juliet.names(channel)
    seen = await guest.join(room, USER)
    assert seen
    guest.leave(room, USER)
    await leave_for_good(guest, juliet, channel)
