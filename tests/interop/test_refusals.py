"""Every join ends: inside, or with an error that says why.

Clients take not-authorized for "ask for the room's password" and forbidden
for "you are banned", so no other refusal uses those.
"""

import asyncio

import pytest
from names import DEAD_NETWORK, OPEN_GATEWAY
from place import HOST

REFUSALS = {
    "a password": (("+k", "sesame"), "not-authorized", "auth"),
    "a ban": (("+b", "romeo!*@*"), "forbidden", "auth"),
    "an invitation": (("+i",), "registration-required", "auth"),
    "a place": (("+l", "1"), "service-unavailable", "wait"),
}


@pytest.mark.parametrize("lacking", REFUSALS)
async def test_a_channel_refuses_a_join(stage, romeo, juliet, lacking):
    mode, condition, error_type = REFUSALS[lacking]
    channel = stage.new_channel()
    await juliet.join(channel)
    await juliet.mode(channel, *mode)
    error = await romeo.refusal(stage.room(channel), "romeo")
    assert error.condition == condition
    assert error.error_type in (error_type, "cancel")
    assert error.error_text
    await juliet.barrier()
    assert "romeo" not in await juliet.names(channel)


async def test_a_wrong_password_is_refused_and_the_right_one_opens(
    stage, romeo, juliet
):
    channel = stage.new_channel()
    await juliet.join(channel)
    await juliet.mode(channel, "+k", "sesame")
    room = stage.room(channel)
    error = await romeo.refusal(room, "romeo", password="barley")
    assert error.condition == "not-authorized"
    await romeo.join(room, "romeo", password="sesame")
    assert "romeo" in await juliet.names(channel)


async def test_a_refused_room_is_not_joined(stage, romeo, juliet):
    channel = stage.new_channel()
    await juliet.join(channel)
    await juliet.mode(channel, "+i")
    room = stage.room(channel)
    await romeo.refusal(room, "romeo")
    assert (await romeo.ping(f"{room}/romeo")).condition == "not-acceptable"
    juliet.send(f"INVITE romeo {channel}")
    await juliet.expect("the invitation sent", "341")
    await romeo.join(room, "romeo")


async def test_a_network_that_does_not_answer_ends_the_join(stage, romeo):
    room = stage.room("#tomb", network=DEAD_NETWORK)
    error = await romeo.refusal(room, "romeo", deadline_s=30)
    assert error.condition in (
        "remote-server-not-found",
        "remote-server-timeout",
    )
    assert error.error_text


async def test_a_network_nobody_knows_is_refused(stage, romeo):
    room = stage.room("#tomb", network="nowhere.example")
    error = await romeo.refusal(room, "romeo")
    assert error.condition not in ("not-authorized", "forbidden")
    assert error.error_text


@pytest.mark.parametrize("name", ("#a,b", "#a\\20b", "#" + "x" * 300))
async def test_a_name_no_channel_can_have_is_refused(
    stage, romeo, juliet, name
):
    await juliet.join("#a")
    juliet.inbox.forget()
    error = await romeo.refusal(stage.room(name), "romeo")
    assert error.condition in (
        "item-not-found",
        "jid-malformed",
        "bad-request",
        "policy-violation",
    )
    await juliet.barrier()
    assert not juliet.inbox.waiting(lambda line: line.command == "JOIN")


async def test_one_channel_too_many_is_refused(stage, romeo):
    """Both IRC servers allow twelve."""
    for n in range(12):
        await romeo.join(stage.room(stage.new_channel("many")), "romeo")
    error = await romeo.refusal(stage.room(stage.new_channel("many")), "romeo")
    assert error.condition == "resource-constraint"


@pytest.mark.parametrize("host", (HOST, "localhost", "[::1]", "10.255.255.1"))
async def test_a_private_host_is_refused_where_any_host_may_be_named(
    stage, romeo, host
):
    """private_hosts = no.  Nothing may even knock there."""
    knocked = []
    doors = await open_doors(knocked)
    room = stage.room("#tomb", network=host, gateway=OPEN_GATEWAY)
    error = await romeo.refusal(room, "romeo")
    assert error.condition not in ("not-authorized", "forbidden")
    for door in doors:
        door.close()
    assert not knocked


async def open_doors(knocked):
    """The usual IRC ports, where they are free."""
    doors = []

    async def open_up(_, writer):
        knocked.append(writer.get_extra_info("sockname"))
        writer.close()

    for port in (6667, 6697):
        try:
            doors.append(await asyncio.start_server(open_up, HOST, port))
        except OSError:
            pass
    return doors
