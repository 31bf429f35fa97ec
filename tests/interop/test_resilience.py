"""Servers and Passerelle itself end in mid-conversation, and come back.

reconnect_min = 1, so the rooms are usable again for the same clients within
BACK_S of everything being there again.
"""

import asyncio
import signal

import pytest
from inbox import Unseen
from names import DOMAIN, GATEWAY
from xmppclient import SELF, Refused

BACK_S = 15
EX_TEMPFAIL = 75


class Clock:
    """Since everything was back."""

    def __init__(self):
        self._loop = asyncio.get_running_loop()
        self._start = self._loop.time()

    @property
    def left_s(self):
        return self._start + BACK_S - self._loop.time()


async def usable_again(clock, client, room, peer, channel, nick="romeo"):
    """Does what a client does: pings itself (XEP-0410) and joins again when
    it is not inside; then both must hear each other.  Returns whether it had
    to join."""
    joined = False
    for attempt in range(100):
        assert clock.left_s > 0, f"{room} is not usable after {BACK_S} s"
        answer = await client.ping(f"{room}/{nick}", deadline_s=clock.left_s)
        if answer.condition == "not-acceptable":
            try:
                await client.join(room, nick, deadline_s=clock.left_s)
                joined = True
            except Refused:
                await asyncio.sleep(0.2)
            continue
        if answer.type == "result" and await hear_each_other(
            clock, client, room, peer, channel, nick, attempt
        ):
            return joined
        await asyncio.sleep(0.2)
    raise AssertionError(f"{room} is not usable")


async def hear_each_other(clock, client, room, peer, channel, nick, attempt):
    id = client.say(room, f"hello again {attempt}")
    answer = await client.expect(
        "the reflection or an error",
        kind="message",
        id=id,
        deadline_s=max(clock.left_s, 0.1),
    )
    if answer.type == "error":
        return False
    await peer.expect_text(channel, f"hello again {attempt}", nick=nick)
    peer.say(channel, f"welcome {attempt}")
    await client.expect_text(f"{room}/{peer.nick}", f"welcome {attempt}")
    return True


async def test_the_irc_server_dies_and_comes_back(
    stage, romeo, juliet, balcony
):
    romeo.inbox.forget()
    await stage.kill_irc()
    notice = await romeo.expect(
        "a notice that the link is down",
        kind="message",
        type="groupchat",
        where=lambda s: s.body,
    )
    assert notice.sender.startswith(balcony.room)

    assert (await romeo.ping(balcony.romeo_in_room)).type == "result", (
        "he is still inside: the gateway will see to it"
    )
    id = romeo.say(balcony.room, "Is anybody there?")
    error = await romeo.expect_error(id, "the network is down")
    assert error.error_type == "wait"
    assert (await romeo.ping(balcony.romeo_in_room)).type == "result"
    await asyncio.sleep(2)  # it tries meanwhile, and must not give up
    more = romeo.inbox.waiting(
        lambda s: s.kind == "message" and s.type == "groupchat" and s.body
    )
    assert len(more) == 0, "one notice is enough"

    stage.irc.start()
    clock = Clock()
    juliet = await stage.peer("juliet")
    await juliet.join(balcony.channel)
    joined = await usable_again(
        clock, romeo, balcony.room, juliet, balcony.channel
    )
    assert not joined, "the gateway joined again, not the client"
    present = {
        s.sender
        for s in romeo.inbox.history
        if s.kind == "presence" and s.type == ""
    }
    assert balcony.juliet_in_room in present


async def test_two_clients_in_two_rooms_survive_the_irc_server(
    stage, romeo, benvolio, juliet
):
    channels = [stage.new_channel() for _ in range(2)]
    for channel in channels:
        await juliet.join(channel)
        await romeo.join(stage.room(channel), "romeo")
        await benvolio.join(stage.room(channel), "benvolio")
    await stage.kill_irc()
    stage.irc.start()
    clock = Clock()
    juliet = await stage.peer("juliet")
    for channel in channels:
        await juliet.join(channel)
    for channel in channels:
        for client, nick in ((romeo, "romeo"), (benvolio, "benvolio")):
            await usable_again(
                clock, client, stage.room(channel), juliet, channel, nick
            )


@pytest.mark.parametrize("end", ("stop", "kill"))
async def test_the_xmpp_server_dies_and_comes_back(
    stage, romeo, juliet, balcony, end
):
    juliet.inbox.forget()
    getattr(stage.xmpp, end)()
    await juliet.barrier()
    stage.xmpp.start()
    clock = Clock()
    juliet.say(balcony.channel, "said while he was away")
    await romeo.close()
    await romeo.connect()
    await gateway_is_back(clock, romeo)
    await usable_again(clock, romeo, balcony.room, juliet, balcony.channel)
    assert not juliet.inbox.waiting(lambda line: line.command == "QUIT"), (
        "the link to IRC stays up"
    )


async def gateway_is_back(clock, client):
    await client.wait_for_service(GATEWAY, deadline_s=clock.left_s)


async def test_passerelle_is_stopped_and_started(
    stage, romeo, juliet, balcony
):
    assert stage.passerelle.stop() == 0
    line = await juliet.expect("romeo quits", "QUIT", nick="romeo")
    assert line.text
    gone = await romeo.expect(
        "out of the room",
        kind="presence",
        type="unavailable",
        sender=balcony.romeo_in_room,
    )
    assert SELF in gone.codes
    stage.passerelle.start()
    clock = Clock()
    await gateway_is_back(clock, romeo)
    await usable_again(clock, romeo, balcony.room, juliet, balcony.channel)


async def test_passerelle_is_killed_and_started(
    stage, romeo, juliet, balcony
):
    await asyncio.sleep(0.5)  # who is inside is stored some milliseconds later
    stage.passerelle.kill()
    await juliet.expect("romeo quits", "QUIT", nick="romeo")
    stage.passerelle.start()
    clock = Clock()
    await gateway_is_back(clock, romeo)
    try:
        await romeo.expect(
            "romeo brought back without asking for it",
            kind="presence",
            code=SELF,
            type="",
            sender=balcony.romeo_in_room,
            deadline_s=clock.left_s,
        )
    except Unseen as unseen:
        raise AssertionError(
            "who is inside is stored, and who answers is resynced"
        ) from unseen
    await usable_again(clock, romeo, balcony.room, juliet, balcony.channel)


async def test_who_is_gone_after_a_kill_is_not_brought_back(
    stage, romeo, juliet, balcony
):
    stage.passerelle.kill()
    await romeo.close()
    stage.passerelle.start()
    clock = Clock()
    benvolio = await stage.client("benvolio")
    await gateway_is_back(clock, benvolio)
    await benvolio.join(balcony.room, "benvolio", deadline_s=clock.left_s)
    await asyncio.sleep(2)
    assert "romeo" not in await juliet.names(balcony.channel)


async def told_of(client, id, clock):
    """The reflection of a message, or the error with its id."""
    return await client.expect(
        f"what became of {id}",
        kind="message",
        id=id,
        deadline_s=max(clock.left_s, 0.1),
    )


@pytest.mark.parametrize("victim", ("irc", "passerelle"))
async def test_every_id_ends_whatever_is_killed(
    stage, romeo, juliet, balcony, victim
):
    """Reflected, refused, or said to be unsure, each once.  Nothing is in a
    socket between the XMPP server and us at the kill: that would be known to
    nobody (XEP-0114 has no acknowledgements)."""
    ids = []

    async def say(n):
        for i in range(n):
            ids.append(romeo.say(balcony.room, f"line {len(ids)}"))
            await asyncio.sleep(0.02)

    await asyncio.sleep(0.5)  # who is inside is stored some milliseconds later
    await say(25)  # after each ten the network is asked whether it has them
    last = ids[-1]
    await romeo.expect("its reflection", kind="message", id=last)
    if victim == "irc":
        await stage.kill_irc()
    else:
        stage.passerelle.kill()
        await juliet.expect("romeo quits", "QUIT", nick="romeo")
    await asyncio.sleep(0.3)  # the XMPP server has seen it, too
    await say(10)
    if victim == "irc":
        stage.irc.start()
    else:
        stage.passerelle.start()
    clock = Clock()
    await gateway_is_back(clock, romeo)
    open_ids = [i for i in ids if not ends_of(romeo, i)]
    for id in open_ids:
        await told_of(romeo, id, clock)
    await romeo.barrier(GATEWAY)
    unsure = 0
    for id in ids:
        ends = ends_of(romeo, id)
        assert ends in (
            ["groupchat"],  # accepted
            ["error"],
            ["groupchat", "error"],  # and then nobody knew
        ), f"{id}: {ends}"
        unsure += len(ends) == 2
    # An echo says at once that a line was taken; elsewhere some were open.
    assert unsure or stage.irc.has_echo


async def test_what_left_while_the_xmpp_server_died_is_known_afterwards(
    stage, romeo, juliet, balcony
):
    """Nobody can be told meanwhile, so who comes back finds it in the
    history: each line that is on IRC, in order, and no other."""
    for i in range(25):
        romeo.say(balcony.room, f"word {i}")
        await asyncio.sleep(0.02)
    stage.xmpp.kill()
    await juliet.barrier()
    before = {s.body for s in romeo.inbox.history if s.type == "groupchat"}
    stage.xmpp.start()
    clock = Clock()
    await romeo.close()
    await romeo.connect()
    await gateway_is_back(clock, romeo)
    await asyncio.sleep(1.5)  # the network is asked whether it has the last
    # Perhaps it has let him in again by itself already, with the history.
    romeo.ask_to_join(balcony.room, "romeo", history={"maxstanzas": "100"})
    await romeo.barrier(f"{balcony.room}/romeo")
    await romeo.barrier(GATEWAY)
    bodies = [s.body for s in romeo.inbox.history if s.is_delayed]
    after = list(dict.fromkeys(b for b in bodies if b.startswith("word ")))
    there = [
        line.text
        for line in juliet.inbox.history
        if line.command == "PRIVMSG" and line.text.startswith("word ")
    ]
    assert there, "it was in mid-conversation"
    assert after == there
    assert before & set(there), "and some had been reflected before"


def ends_of(client, id):
    return [
        s.type
        for s in client.inbox.history
        if s.kind == "message" and s.id == id and not s.is_delayed
    ]


async def test_a_second_passerelle_on_the_same_store_ends_with_75(
    stage, romeo, juliet, balcony
):
    twin = stage.passerelle.another("twin")
    twin.start()
    try:
        assert twin.wait() == EX_TEMPFAIL
    finally:
        twin.kill()
    assert twin.log().strip()
    romeo.say(balcony.room, "the first one works on")
    await juliet.expect_text(balcony.channel, "the first one works on")


async def test_passerelle_waits_for_an_xmpp_server_that_is_not_there(
    stage, juliet
):
    """Both orders of starting are right."""
    assert stage.passerelle.stop() == 0
    stage.xmpp.stop()
    stage.passerelle.process.start()
    await asyncio.sleep(1)
    assert stage.passerelle.process.is_running()
    stage.xmpp.start()
    clock = Clock()
    romeo = await stage.client("romeo")
    await gateway_is_back(clock, romeo)
    channel = stage.new_channel()
    await juliet.join(channel)
    await romeo.join(stage.room(channel), "romeo", deadline_s=clock.left_s)


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGINT))
async def test_a_signal_ends_it_with_status_0(stage, romeo, balcony, number):
    stage.passerelle.process.signal(number)
    assert stage.passerelle.process.wait() == 0
    stage.passerelle.start()
    await romeo.wait_for_service(GATEWAY)


async def test_reloading_keeps_everybody(stage, romeo, juliet, balcony):
    stage.passerelle.process.signal(signal.SIGHUP)
    await romeo.barrier(GATEWAY)
    romeo.say(balcony.room, f"{DOMAIN} still stands")
    await juliet.expect_text(balcony.channel, f"{DOMAIN} still stands")
    assert stage.passerelle.process.is_running()
