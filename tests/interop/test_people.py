"""Who is inside: coming, going, being renamed and thrown out."""

import asyncio

from names import GATEWAY
from xmppclient import KICKED, NICK_CHANGED, NICK_CHANGED_BY_ROOM, SELF
from xmppclient import resource

ADMIN = "http://jabber.org/protocol/muc#admin"


def kick(nick, reason):
    return (
        f"<query xmlns='{ADMIN}'><item nick='{nick}' role='none'>"
        f"<reason>{reason}</reason></item></query>"
    )


async def test_who_comes_is_seen(stage, romeo, nurse, balcony):
    await nurse.join(balcony.channel)
    seen = await romeo.expect(
        "the nurse", kind="presence", sender=f"{balcony.room}/nurse"
    )
    assert seen.type == ""
    assert SELF not in seen.codes


async def test_who_leaves_is_gone(stage, romeo, nurse, balcony):
    await nurse.join(balcony.channel)
    nurse.send(f"PART {balcony.channel} :J'ai à faire 🧺")
    seen = await romeo.expect(
        "the nurse gone",
        kind="presence",
        type="unavailable",
        sender=f"{balcony.room}/nurse",
    )
    assert seen.xml.findtext("{jabber:client}status") == "J'ai à faire 🧺"
    assert not seen.codes


async def test_who_quits_is_gone(stage, romeo, balcony):
    peter = await stage.peer("peter")
    await peter.join(balcony.channel)
    await asyncio.sleep(stage.irc.mute_s)
    peter.send("QUIT :anon, anon!")
    seen = await romeo.expect(
        "peter gone",
        kind="presence",
        type="unavailable",
        sender=f"{balcony.room}/peter",
    )
    assert "anon, anon!" in seen.xml.findtext("{jabber:client}status")


async def test_a_nick_changed_on_irc_is_told_with_303(
    stage, romeo, juliet, balcony
):
    await juliet.rename("capulet")
    gone = await romeo.expect(
        "juliet renamed",
        kind="presence",
        type="unavailable",
        sender=balcony.juliet_in_room,
    )
    assert gone.codes == {NICK_CHANGED}
    assert gone.item["nick"] == "capulet"
    here = await romeo.expect(
        "capulet", kind="presence", type="", sender=f"{balcony.room}/capulet"
    )
    assert here.item["role"] == "moderator", "still an operator"


async def test_a_nick_changed_on_xmpp_is_told_with_303_and_110(
    stage, romeo, juliet, balcony
):
    romeo.send_presence(f"{balcony.room}/montague")
    await juliet.expect("the new nick", "NICK", "montague", nick="romeo")
    gone = await romeo.expect(
        "romeo renamed",
        kind="presence",
        type="unavailable",
        sender=balcony.romeo_in_room,
    )
    assert gone.codes == {NICK_CHANGED, SELF}
    assert gone.item["nick"] == "montague"
    here = await romeo.expect(
        "montague", kind="presence", type="", sender=f"{balcony.room}/montague"
    )
    assert SELF in here.codes
    assert (await romeo.ping(f"{balcony.room}/montague")).type == "result"
    romeo.send_presence(balcony.romeo_in_room)
    await juliet.expect("the old nick", "NICK", "romeo", nick="montague")


async def test_a_nick_change_is_seen_in_every_room(stage, romeo, juliet):
    rooms = []
    for _ in range(2):
        channel = stage.new_channel()
        await juliet.join(channel)
        rooms.append(stage.room(channel))
        await romeo.join(rooms[-1], "romeo")
    romeo.send_presence(f"{rooms[0]}/montague")
    for room in rooms:
        await romeo.expect(
            "montague", kind="presence", sender=f"{room}/montague", code=SELF
        )
    romeo.send_presence(f"{rooms[1]}/romeo")
    for room in rooms:
        await romeo.expect(
            "romeo again", kind="presence", sender=f"{room}/romeo", code=SELF
        )


async def test_a_nick_that_is_taken_leaves_the_old_one(
    stage, romeo, juliet, balcony
):
    id = romeo.send_presence(balcony.juliet_in_room)
    error = await romeo.expect_error(id, "the nick is taken")
    assert error.condition == "conflict"
    assert (await romeo.ping(balcony.romeo_in_room)).type == "result"


async def test_who_leaves_on_xmpp_leaves_on_irc_and_is_told(
    stage, romeo, juliet, balcony
):
    romeo.leave(balcony.room, "romeo", "parting is such sweet sorrow 🌅")
    line = await juliet.inbox.expect(
        "romeo leaving",
        lambda line: line.nick == "romeo"
        and line.command in ("PART", "QUIT"),
    )
    assert "parting is such sweet sorrow 🌅" in line.text
    gone = await romeo.expect(
        "out",
        kind="presence",
        type="unavailable",
        sender=balcony.romeo_in_room,
    )
    assert SELF in gone.codes
    id = romeo.say(balcony.room, "one more thing")
    error = await romeo.expect_error(id, "not inside any more")
    assert error.condition == "not-acceptable"


async def test_who_is_kicked_is_told_why_and_by_whom(
    stage, romeo, juliet, balcony
):
    juliet.send(f"KICK {balcony.channel} romeo :l'infirmière vient 🏃")
    gone = await romeo.expect(
        "kicked",
        kind="presence",
        type="unavailable",
        sender=balcony.romeo_in_room,
    )
    assert gone.codes == {KICKED, SELF}
    assert gone.reason == "l'infirmière vient 🏃"
    actor = gone.find(".//{http://jabber.org/protocol/muc#user}actor")
    assert actor.get("nick") == "juliet"
    assert gone.item["role"] == "none"
    answer = await romeo.ping(balcony.romeo_in_room)
    assert answer.condition == "not-acceptable"
    stanzas = await romeo.join(balcony.room, "romeo")
    assert SELF in stanzas[-2].codes or SELF in stanzas[1].codes


async def test_a_moderator_kicks(stage, romeo, juliet, nurse, balcony):
    await nurse.join(balcony.channel)
    await juliet.mode(balcony.channel, "+o", "romeo")
    await romeo.expect(
        "romeo as a moderator",
        kind="presence",
        sender=balcony.romeo_in_room,
        where=lambda s: s.item.get("role") == "moderator",
    )
    answer = await romeo.iq(
        balcony.room, kick("nurse", "Peace, good nurse"), kind="set"
    )
    assert answer.type == "result"
    line = await nurse.expect("the kick", "KICK", balcony.channel, "nurse")
    assert (line.nick, line.text) == ("romeo", "Peace, good nurse")
    gone = await romeo.expect(
        "the nurse kicked",
        kind="presence",
        type="unavailable",
        sender=f"{balcony.room}/nurse",
    )
    assert gone.codes == {KICKED}


async def test_others_may_not_kick(stage, romeo, juliet, balcony):
    answer = await romeo.iq(
        balcony.room, kick("juliet", "I dare"), kind="set"
    )
    assert answer.condition in ("forbidden", "not-allowed")
    assert "juliet" in await juliet.names(balcony.channel)


async def test_somebody_who_is_not_there_cannot_be_kicked(
    stage, romeo, juliet, balcony
):
    await juliet.mode(balcony.channel, "+o", "romeo")
    answer = await romeo.iq(
        balcony.room, kick("tybalt", "thou art a villain"), kind="set"
    )
    assert answer.condition == "item-not-found"


async def test_two_resources_are_one_person_on_irc(
    stage, romeo, juliet, balcony
):
    phone = await stage.client("romeo")
    juliet.inbox.forget()
    stanzas = await phone.join(balcony.room, "romeo")
    assert {resource(s.sender) for s in stanzas if s.kind == "presence"} == {
        "romeo",
        "juliet",
    }
    await juliet.barrier()
    assert not juliet.inbox.waiting(lambda line: line.command == "JOIN")

    juliet.say(balcony.channel, "to all of you")
    for client in (romeo, phone):
        await client.expect_text(balcony.juliet_in_room, "to all of you")
    phone.say(balcony.room, "from the phone")
    await juliet.expect_text(balcony.channel, "from the phone", nick="romeo")
    for client in (romeo, phone):
        await client.expect_text(balcony.romeo_in_room, "from the phone")
        assert (await client.ping(balcony.romeo_in_room)).type == "result"


async def test_a_second_resource_gets_the_nick_there_is(
    stage, romeo, juliet, balcony
):
    phone = await stage.client("romeo")
    juliet.inbox.forget()
    stanzas = await phone.join(balcony.room, "romeo-phone")
    (own,) = [s for s in stanzas if SELF in s.codes]
    assert resource(own.sender) == "romeo"
    assert NICK_CHANGED_BY_ROOM in own.codes
    await juliet.barrier()
    assert not juliet.inbox.waiting(lambda line: line.nick == "romeo")


async def test_one_resource_leaves_and_the_other_stays(
    stage, romeo, juliet, balcony
):
    phone = await stage.client("romeo")
    await phone.join(balcony.room, "romeo")
    romeo.inbox.forget()
    juliet.inbox.forget()
    phone.leave(balcony.room, "romeo")
    await phone.expect("out", type="unavailable", code=SELF)
    assert (await phone.ping(balcony.romeo_in_room)).condition == (
        "not-acceptable"
    )
    romeo.say(balcony.room, "still here")
    await juliet.expect_text(balcony.channel, "still here", nick="romeo")
    assert not juliet.inbox.waiting(
        lambda line: line.command in ("PART", "QUIT")
    )
    await romeo.barrier(GATEWAY)
    assert not romeo.inbox.waiting(lambda s: s.type == "unavailable"), (
        "the other resource is not told that romeo has gone"
    )
    await phone.barrier(GATEWAY)
    assert "still here" not in [s.body for s in phone.inbox.history]


async def test_both_resources_are_kicked(stage, romeo, juliet, balcony):
    phone = await stage.client("romeo")
    await phone.join(balcony.room, "romeo")
    juliet.send(f"KICK {balcony.channel} romeo :out")
    for client in (romeo, phone):
        gone = await client.expect("out", type="unavailable", code=KICKED)
        assert SELF in gone.codes


async def test_two_users_in_one_channel_see_each_other(
    stage, romeo, benvolio, juliet, balcony
):
    await benvolio.join(balcony.room, "benvolio")
    await romeo.expect(
        "benvolio", kind="presence", sender=f"{balcony.room}/benvolio"
    )
    benvolio.say(balcony.room, "Romeo! my cousin Romeo!")
    await romeo.expect_text(
        f"{balcony.room}/benvolio", "Romeo! my cousin Romeo!"
    )
    await juliet.expect_text(
        balcony.channel, "Romeo! my cousin Romeo!", nick="benvolio"
    )
    romeo.say(f"{balcony.room}/benvolio", "psst", kind="chat")
    await benvolio.expect_text(stage.contact("romeo"), "psst", "chat")
