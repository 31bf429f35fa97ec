"""Roles, affiliations, bans and the configuration of channels."""

from names import GATEWAY, NETWORK
from xmppclient import SELF

ADMIN = "http://jabber.org/protocol/muc#admin"
OWNER = "http://jabber.org/protocol/muc#owner"
DATA = "jabber:x:data"
BANNED = 301


async def become_operator(romeo, juliet, balcony):
    await juliet.mode(balcony.channel, "+o", "romeo")
    await romeo.expect(
        "romeo as a moderator",
        kind="presence",
        sender=balcony.romeo_in_room,
        where=lambda s: s.item.get("role") == "moderator",
    )


def change(**item):
    words = " ".join(f"{k}='{v}'" for k, v in item.items())
    return f"<query xmlns='{ADMIN}'><item {words}/></query>"


async def outcasts(romeo, balcony):
    answer = await romeo.iq(
        balcony.room,
        f"<query xmlns='{ADMIN}'><item affiliation='outcast'/></query>",
    )
    assert answer.type == "result", answer
    return [i.get("jid") for i in answer.xml.iter(f"{{{ADMIN}}}item")]


async def form(romeo, balcony):
    answer = await romeo.iq(balcony.room, f"<query xmlns='{OWNER}'/>")
    assert answer.type == "result", answer
    return {
        f.get("var"): f.findtext(f"{{{DATA}}}value")
        for f in answer.xml.iter(f"{{{DATA}}}field")
    }


async def submit(romeo, balcony, **fields):
    text = "".join(
        f"<field var='{var.replace('__', '#').replace('_D_', '-')}'>"
        f"<value>{value}</value></field>"
        for var, value in fields.items()
    )
    return await romeo.iq(
        balcony.room,
        f"<query xmlns='{OWNER}'><x xmlns='{DATA}' type='submit'>{text}</x>"
        "</query>",
        kind="set",
    )


async def test_voice_and_operator_are_given_and_taken(
    romeo, juliet, nurse, balcony
):
    await nurse.join(balcony.channel)
    await become_operator(romeo, juliet, balcony)
    for item, role in (
        ({"role": "participant"}, "participant"),
        ({"role": "moderator"}, "moderator"),
        ({"affiliation": "none"}, "participant"),
    ):
        answer = await romeo.iq(
            balcony.room, change(nick="nurse", **item), kind="set"
        )
        assert answer.type == "result", (item, answer)
        await romeo.expect(
            f"the nurse as {item}",
            kind="presence",
            sender=f"{balcony.room}/nurse",
            where=lambda s, role=role: s.item.get("role") == role,
        )


async def test_who_may_not_speak_is_a_visitor(romeo, juliet, balcony):
    await juliet.mode(balcony.channel, "+m")
    await romeo.expect(
        "romeo as a visitor",
        kind="presence",
        sender=balcony.romeo_in_room,
        where=lambda s: s.item.get("role") == "visitor",
    )
    await juliet.mode(balcony.channel, "-m")
    await romeo.expect(
        "romeo as a participant",
        kind="presence",
        sender=balcony.romeo_in_room,
        code=SELF,
        where=lambda s: s.item.get("role") == "participant",
    )


async def test_an_outcast_is_banned_listed_and_let_in_again(
    romeo, juliet, nurse, balcony
):
    await nurse.join(balcony.channel)
    await become_operator(romeo, juliet, balcony)
    answer = await romeo.iq(
        balcony.room,
        change(jid=f"nurse%{NETWORK}@{GATEWAY}", affiliation="outcast"),
        kind="set",
    )
    assert answer.type == "result", answer
    gone = await romeo.expect(
        "the nurse banned",
        kind="presence",
        type="unavailable",
        sender=f"{balcony.room}/nurse",
    )
    assert BANNED in gone.codes
    listed = await outcasts(romeo, balcony)
    assert len(listed) == 1, listed
    nurse.send(f"JOIN {balcony.channel}")
    await nurse.expect("to be kept out", "474")
    answer = await romeo.iq(
        balcony.room,
        change(jid=listed[0].lower(), affiliation="none"),
        kind="set",
    )
    assert answer.type == "result", answer
    assert await outcasts(romeo, balcony) == []
    await nurse.join(balcony.channel)
    answer = await romeo.iq(
        balcony.room, change(jid=listed[0], affiliation="none"), kind="set"
    )
    assert answer.condition == "item-not-found"


async def test_the_modes_of_a_channel_are_set_by_a_form(
    romeo, juliet, balcony
):
    await become_operator(romeo, juliet, balcony)
    before = await form(romeo, balcony)
    assert before["muc#roomconfig_moderatedroom"] == "0"
    answer = await submit(
        romeo,
        balcony,
        x_D_subject="The balcony",
        muc__roomconfig_moderatedroom="1",
        muc__roomconfig_membersonly="1",
        muc__roomconfig_roomsecret="sesame",
        muc__roomconfig_maxusers="9",
        muc__roomconfig_publicroom="0",
    )
    assert answer.type == "result", answer
    after = await form(romeo, balcony)
    assert after["x-subject"] == "The balcony"
    assert after["muc#roomconfig_moderatedroom"] == "1"
    assert after["muc#roomconfig_membersonly"] == "1"
    assert after["muc#roomconfig_passwordprotectedroom"] == "1"
    assert after["muc#roomconfig_maxusers"] == "9"
    assert after["muc#roomconfig_publicroom"] == "0"
    assert (
        after["muc#roomconfig_changesubject"]
        == before["muc#roomconfig_changesubject"]
    )
    answer = await submit(
        romeo, balcony, muc__roomconfig_roomsecret="mellon"
    )
    assert answer.type == "result", answer
    answer = await submit(
        romeo,
        balcony,
        muc__roomconfig_passwordprotectedroom="0",
        muc__roomconfig_moderatedroom="0",
        muc__roomconfig_membersonly="0",
        muc__roomconfig_maxusers="",
        muc__roomconfig_publicroom="1",
    )
    assert answer.type == "result", answer
    last = await form(romeo, balcony)
    before["x-subject"] = "The balcony"
    assert last == before


async def test_who_may_not_set_modes_is_told_so(romeo, juliet, balcony):
    answer = await submit(romeo, balcony, muc__roomconfig_moderatedroom="1")
    assert answer.condition == "forbidden"
    answer = await romeo.iq(
        balcony.room,
        f"<query xmlns='{OWNER}'><destroy/></query>",
        kind="set",
    )
    assert answer.condition == "not-allowed"
