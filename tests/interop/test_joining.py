"""Joining a room, being inside, pinging oneself (XEP-0045, XEP-0410)."""

from inbox import Unseen
from names import GATEWAY, SOLO_GATEWAY
from xmppclient import NICK_CHANGED_BY_ROOM, NONANONYMOUS, SELF, resource

ROOM_CREATED, LOGGED = 201, 170


def presences(stanzas):
    return [s for s in stanzas if s.kind == "presence"]


def myself(stanzas):
    (own,) = [s for s in presences(stanzas) if SELF in s.codes]
    return own


async def test_a_join_comes_in_the_order_of_xep_0045(
    stage, romeo, juliet, nurse
):
    channel = stage.new_channel()
    await juliet.join(channel)
    await nurse.join(channel)
    await juliet.topic(channel, "Two households")
    stanzas = await romeo.join(stage.room(channel), "romeo")

    occupants = presences(stanzas)
    assert stanzas[: len(occupants)] == occupants, "presences come first"
    assert SELF in occupants[-1].codes, "our own comes last of them"
    assert resource(occupants[-1].sender) == "romeo"
    others = {resource(s.sender) for s in occupants[:-1]}
    assert others == {"juliet", "nurse"}
    assert not any(s.codes & {SELF} for s in occupants[:-1])
    for history in stanzas[len(occupants) : -1]:
        assert history.is_delayed
    subject = stanzas[-1]
    assert (subject.subject, subject.type) == ("Two households", "groupchat")
    assert subject.body is None


async def test_the_codes_of_our_presence_are_true(stage, romeo, juliet):
    channel = stage.new_channel()
    await juliet.join(channel)
    own = myself(await romeo.join(stage.room(channel), "romeo"))
    room = await romeo.disco(stage.room(channel))
    expected = {SELF}
    if "muc_nonanonymous" in room.features:
        expected.add(NONANONYMOUS)
    assert own.codes == expected
    assert "muc_membersonly" not in room.features


async def test_an_empty_subject_is_sent_too(stage, romeo, juliet):
    channel = stage.new_channel()
    await juliet.join(channel)
    stanzas = await romeo.join(stage.room(channel), "romeo")
    assert stanzas[-1].subject == ""
    assert stanzas[-1].body is None


async def test_a_channel_that_nobody_is_in_can_be_joined(stage, romeo):
    stanzas = await romeo.join(stage.room(stage.new_channel("new")), "romeo")
    own = myself(stanzas)
    assert presences(stanzas) == [own]
    assert ROOM_CREATED not in own.codes
    assert LOGGED not in own.codes


async def test_roles_follow_the_channel(stage, romeo, juliet, nurse):
    channel = stage.new_channel()
    await juliet.join(channel)
    await nurse.join(channel)
    await juliet.mode(channel, "+v", "nurse")
    stanzas = await romeo.join(stage.room(channel), "romeo")
    role = {resource(s.sender): s.item["role"] for s in presences(stanzas)}
    assert role["juliet"] == "moderator"
    assert role["nurse"] == "participant"
    assert role["romeo"] == "participant"

    await juliet.mode(channel, "+o", "romeo")
    await romeo.expect(
        "romeo as a moderator",
        kind="presence",
        sender=f"{stage.room(channel)}/romeo",
        where=lambda s: s.item.get("role") == "moderator",
    )


async def test_a_nick_that_irc_cannot_have_is_changed_with_210(
    stage, romeo, juliet
):
    channel = stage.new_channel()
    await juliet.join(channel)
    own = myself(await romeo.join(stage.room(channel), "Roméo de Vérone"))
    assert NICK_CHANGED_BY_ROOM in own.codes
    nick = resource(own.sender)
    await juliet.barrier()
    assert nick in await juliet.names(channel)


async def test_a_nick_of_somebody_else_is_changed_or_refused(stage, juliet):
    mercutio = await stage.client("mercutio")
    channel = stage.new_channel()
    await juliet.join(channel)
    room = stage.room(channel)
    mercutio.ask_to_join(room, "juliet")
    end = await mercutio.expect(
        "a refusal or a changed nick",
        kind="presence",
        where=lambda s: s.type == "error" or SELF in s.codes,
    )
    if end.type == "error":
        assert end.condition == "conflict"
    else:
        assert NICK_CHANGED_BY_ROOM in end.codes
        assert resource(end.sender) in await juliet.names(channel)


async def test_a_second_join_of_the_same_resource_sends_everything_again(
    stage, romeo, juliet, balcony
):
    juliet.inbox.forget()
    stanzas = await romeo.join(balcony.room, "romeo")
    assert {resource(s.sender) for s in presences(stanzas)} == {
        "juliet",
        "romeo",
    }
    assert SELF in presences(stanzas)[-1].codes
    assert stanzas[-1].is_subject
    await romeo.barrier(GATEWAY)
    await juliet.barrier()
    assert not juliet.inbox.waiting(lambda line: line.nick == "romeo")


async def test_pinging_oneself_says_who_is_inside(
    stage, romeo, benvolio, balcony
):
    assert (await romeo.ping(balcony.romeo_in_room)).type == "result"
    answer = await benvolio.ping(balcony.romeo_in_room)
    assert answer.condition == "not-acceptable"
    other = await stage.client("romeo")
    answer = await other.ping(balcony.romeo_in_room)
    assert answer.condition == "not-acceptable"
    romeo.leave(balcony.room, "romeo")
    await romeo.expect("gone", kind="presence", type="unavailable", code=SELF)
    answer = await romeo.ping(balcony.romeo_in_room)
    assert answer.condition == "not-acceptable"


async def test_ordinary_presence_is_no_join(stage, romeo):
    room = stage.room(stage.new_channel())
    id = romeo.send_presence(f"{room}/romeo")
    refusal = await romeo.expect_error(id, "presence without <x/>")
    assert refusal.condition == "not-acceptable"


async def test_being_away_inside_a_room_is_no_change_of_nick(
    stage, romeo, juliet, balcony
):
    juliet.inbox.forget()
    romeo.send_presence(balcony.romeo_in_room, "<show>away</show>")
    romeo.say(balcony.room, "marker")
    await juliet.expect_text(balcony.channel, "marker", nick="romeo")
    assert not juliet.inbox.waiting(
        lambda line: line.nick == "romeo" and line.command != "AWAY"
    )


async def test_a_gateway_bound_to_one_network_needs_no_percent_sign(
    stage, romeo, juliet
):
    channel = stage.new_channel("solo")
    await juliet.join(channel)
    room = f"{channel}@{SOLO_GATEWAY}"
    stanzas = await romeo.join(room, "romeo")
    occupants = {resource(s.sender) for s in presences(stanzas)}
    own = resource(myself(stanzas).sender)
    assert occupants == {"juliet", own}
    romeo.say(room, "O blessed, blessed night!")
    await juliet.expect_text(channel, "O blessed, blessed night!", nick=own)
    juliet.say(own, "Three words")
    await romeo.expect_text(f"juliet@{SOLO_GATEWAY}", "Three words", "chat")


async def test_a_client_that_dies_leaves_the_channel(
    stage, romeo, juliet, balcony
):
    romeo.break_connection()
    try:
        await juliet.inbox.expect(
            "romeo gone",
            lambda line: line.nick == "romeo"
            and line.command in ("PART", "QUIT"),
        )
    except Unseen:
        assert "romeo" not in await juliet.names(balcony.channel)
        raise
