"""Text made to break a gateway, both ways.

From IRC any byte may come; XML takes few of them, and one that it does not
take costs every user the stream.  From XMPP any character may come; a line of
IRC ends at CR or LF, and a long one is cut or closes the link.
"""

import pytest
from names import GATEWAY
from stage import DIAGONAL
from xmppclient import KICKED, SELF

STAGES = DIAGONAL

BYTES = [n for n in range(1, 256) if n not in (10, 13)]
ODD_UTF8 = {
    "an overlong slash": b"\xc0\xaf",
    "an overlong slash of three bytes": b"\xe0\x80\xaf",
    "an overlong less-than": b"\xc0\xbc",
    "a surrogate": b"\xed\xa0\x80",
    "a surrogate pair": b"\xed\xa0\xbd\xed\xb8\x80",
    "beyond U+10FFFF": b"\xf4\x90\x80\x80",
    "five bytes": b"\xf8\x88\x80\x80\x80",
    "U+FFFE": b"\xef\xbf\xbe",
    "U+FFFF": b"\xef\xbf\xbf",
    "U+1FFFE": b"\xf0\x9f\xbf\xbe",
    "U+0085": b"\xc2\x85",
    "a cut character": b"\xf0\x9f\x98",
    "a lone continuation": b"\x80",
    "XML": b"</body></message></stream:stream>]]>&#0;&amp;<!--",
    "an entity": b"<!DOCTYPE x [<!ENTITY e 'x'>]>&e;",
}


def unhurt(romeo):
    """The stream never went down: then we would have been resynced."""
    return not romeo.inbox.waiting(lambda s: SELF in s.codes)


async def test_every_byte_in_a_channel_message(stage, romeo, juliet, balcony):
    romeo.inbox.forget()
    for n in BYTES:
        juliet.send_raw(
            b"PRIVMSG %s :a%cz %d <&>'\"" % (balcony.channel.encode(), n, n)
        )
    juliet.say(balcony.channel, "marker")
    await romeo.expect_text(balcony.juliet_in_room, "marker")
    bodies = [s.body for s in romeo.inbox.waiting(lambda s: s.body)]
    assert len(bodies) == len(BYTES)
    for n, body in zip(BYTES, bodies):
        assert body.startswith("a") and body.endswith(f" {n} <&>'\"")
        if 32 <= n < 127:
            assert body == f"a{chr(n)}z {n} <&>'\""
    assert unhurt(romeo)


@pytest.mark.parametrize("name", ODD_UTF8)
async def test_odd_utf8_everywhere(stage, romeo, juliet, nurse, balcony, name):
    """In a message, a private one, a topic, and the reasons of a part and a
    kick; each arrives, with what is readable around it."""
    odd = ODD_UTF8[name]
    channel = balcony.channel.encode()
    romeo.inbox.forget()

    def readable(text):
        return text is not None and text.startswith("<a> ") and "z" in text

    text = b"<a> " + odd + b" z"
    juliet.send_raw(b"PRIVMSG %s :%s" % (channel, text))
    await romeo.expect(
        "the message", kind="message", where=lambda s: readable(s.body)
    )
    juliet.send_raw(b"PRIVMSG romeo :" + text)
    await romeo.expect(
        "the private message",
        kind="message",
        type="chat",
        where=lambda s: readable(s.body),
    )
    juliet.send_raw(b"TOPIC %s :%s" % (channel, text))
    await romeo.expect(
        "the topic", kind="message", where=lambda s: readable(s.subject)
    )
    await nurse.join(balcony.channel)
    nurse.send_raw(b"PART %s :%s" % (channel, text))
    await romeo.expect(
        "the nurse gone",
        type="unavailable",
        where=lambda s: readable(s.xml.findtext("{jabber:client}status")),
    )
    await nurse.join(balcony.channel)
    juliet.send_raw(b"KICK %s nurse :%s" % (channel, text))
    await romeo.expect(
        "the nurse kicked",
        type="unavailable",
        code=KICKED,
        where=lambda s: readable(s.reason),
    )
    assert unhurt(romeo)


async def test_every_byte_in_a_topic(stage, romeo, juliet, balcony):
    for half in (BYTES[:126], BYTES[126:]):
        juliet.send_raw(
            b"TOPIC %s :<a> %s z" % (balcony.channel.encode(), bytes(half))
        )
        seen = await romeo.expect(
            "the topic", kind="message", where=lambda s: s.subject
        )
        assert seen.subject.startswith("<a> ")
        assert seen.subject.endswith(" z")
    assert unhurt(romeo)


async def test_every_byte_in_the_reason_of_a_kick(
    stage, romeo, juliet, nurse, balcony
):
    for half in (BYTES[:126], BYTES[126:]):
        await nurse.join(balcony.channel)
        juliet.send_raw(
            b"KICK %s nurse :<a> %s z"
            % (balcony.channel.encode(), bytes(half))
        )
        gone = await romeo.expect("kicked", type="unavailable", code=KICKED)
        assert gone.reason.startswith("<a> ")
        assert gone.reason.endswith(" z")
    assert unhurt(romeo)


async def test_every_byte_in_the_reason_of_a_quit(stage, romeo, balcony):
    for n, half in enumerate((BYTES[:126], BYTES[126:])):
        peter = await stage.peer(f"peter{n}")
        await peter.join(balcony.channel)
        peter.send_raw(b"QUIT :<a> " + bytes(half) + b" z")
        gone = await romeo.expect(
            "peter gone",
            type="unavailable",
            sender=f"{balcony.room}/peter{n}",
        )
        assert "<a> " in gone.xml.findtext("{jabber:client}status")
    assert unhurt(romeo)


async def test_every_character_a_nick_may_have(stage, romeo, balcony):
    odd = await stage.peer("a[]\\`_^{|}-9")
    await odd.join(balcony.channel)
    seen = await romeo.expect(
        "the odd nick",
        kind="presence",
        sender=f"{balcony.room}/a[]\\`_^{{|}}-9",
    )
    assert seen.type == ""
    odd.say(balcony.channel, "odd am I")
    await romeo.expect_text(seen.sender, "odd am I")
    romeo.say(seen.sender, "indeed", kind="chat")
    await odd.expect_text(odd.nick, "indeed")


@pytest.mark.parametrize(
    "raw",
    (
        b"#caf\xc3\xa9",
        b"#\xf0\x9f\x8c\xb9",
        b"#\xe9\xff\x80",
        b"#a\x02b\x1f",
        b"#<&>'\"/@:%",
        b"#\\20\\5c",
        b"#Stra\xc3\x9fe",
    ),
)
async def test_a_channel_of_any_bytes_can_be_joined(
    stage, romeo, juliet, raw
):
    """Its JID, which we cannot compute here, comes with an invitation or from
    the list of channels."""
    name = raw.decode("utf-8", "surrogateescape")
    if not await juliet.join(name):
        return  # this server has no such channels
    room = await find_room(stage, romeo, juliet, name)
    await romeo.join(room, "romeo")
    romeo.say(room, "any name")
    await juliet.expect_text(name, "any name", nick="romeo")
    juliet.say(name, "will do")
    await romeo.expect_text(f"{room}/juliet", "will do")


async def find_room(stage, romeo, juliet, name):
    """Romeo joins some room for a link; Juliet invites him to this one."""
    await romeo.join(stage.room(stage.new_channel()), "romeo")
    juliet.send(f"INVITE romeo {name}")
    seen = await romeo.expect(
        "the invitation",
        kind="message",
        where=lambda s: s.find(
            ".//{http://jabber.org/protocol/muc#user}invite"
        )
        is not None,
    )
    return seen.sender.lower()  # clients prepare addresses, as servers do


# From XMPP to IRC.

LONG_WORD = "w" * 600
TEXTS = {
    "a CR": "one\rQUIT :two",
    "CR LF": "one\r\nPART #evil\r\nJOIN #evil",
    "a LF": "one\nKICK juliet",
    "a tab": "one\ttwo",
    "a long word": LONG_WORD,
    "a long word of emoji": "🌹" * 150,
    "U+0085 and U+2028": "one\u0085two\u2028three",
    "codes of IRC's own": "one %s%n two",
}


def squeezed(text):
    """What has to arrive, however lines and blanks were rendered."""
    return "".join(text.split())


async def all_or_nothing(romeo, juliet, id, text, room, channel, target=None):
    """What was sent has been refused, or has reached Juliet whole; and no
    other command has.  Which of the two."""
    target = target or channel
    romeo.say(room, "marker")
    await juliet.expect_text(channel, "marker", nick="romeo")
    await romeo.barrier(GATEWAY)
    seen = juliet.inbox.waiting(lambda line: line.nick == "romeo")
    errors = romeo.inbox.waiting(lambda s: s.id == id and s.type == "error")
    assert {line.command for line in seen} <= {"PRIVMSG"}
    assert {line.params[0] for line in seen} <= {target}
    arrived = "".join(line.text for line in seen)
    arrived.encode()  # fails if a character was cut
    if errors:
        assert not seen
        return "refused"
    assert squeezed(arrived) == squeezed(text)
    return "whole"


@pytest.mark.parametrize("what", TEXTS)
async def test_a_message_arrives_whole_or_is_refused(
    stage, romeo, juliet, balcony, what
):
    juliet.inbox.forget()
    id = romeo.say(balcony.room, TEXTS[what])
    how = await all_or_nothing(
        romeo, juliet, id, TEXTS[what], balcony.room, balcony.channel
    )
    assert how == "whole" or "\r" in TEXTS[what]


@pytest.mark.parametrize("what", TEXTS)
async def test_a_private_message_arrives_whole_or_is_refused(
    stage, romeo, juliet, balcony, what
):
    juliet.inbox.forget()
    id = romeo.say(stage.contact("juliet"), TEXTS[what], kind="chat")
    await all_or_nothing(
        romeo,
        juliet,
        id,
        TEXTS[what],
        balcony.room,
        balcony.channel,
        target="juliet",
    )


async def alive(romeo, juliet, balcony, nick="romeo"):
    """Both still talk; the commands of Romeo that Juliet saw before."""
    room = balcony.room
    romeo.say(room, "alive")
    await juliet.expect_text(balcony.channel, "alive", nick=nick)
    juliet.say(balcony.channel, "alive too")
    await romeo.expect_text(balcony.juliet_in_room, "alive too")
    return juliet.inbox.waiting(lambda line: line.nick == nick)


@pytest.mark.parametrize("what", TEXTS)
async def test_a_subject_arrives_whole_or_is_refused(
    stage, romeo, juliet, balcony, what
):
    await juliet.mode(balcony.channel, "+o", "romeo")
    await romeo.expect(
        "romeo as a moderator",
        kind="presence",
        where=lambda s: s.item.get("role") == "moderator",
        sender=balcony.romeo_in_room,
    )
    juliet.inbox.forget()
    romeo.inbox.forget()
    id = romeo.set_subject(balcony.room, TEXTS[what])
    seen = await alive(romeo, juliet, balcony)
    assert {line.command for line in seen} <= {"TOPIC"}
    errors = romeo.inbox.waiting(lambda s: s.id == id and s.type == "error")
    assert len(errors) + len(seen) == 1, "one of the two"
    if seen:
        assert squeezed(seen[0].text) == squeezed(TEXTS[what])


@pytest.mark.parametrize("what", TEXTS)
async def test_the_reason_of_a_kick_arrives_whole_or_the_kick_is_refused(
    stage, romeo, juliet, nurse, balcony, what
):
    await nurse.join(balcony.channel)
    await juliet.mode(balcony.channel, "+o", "romeo")
    await romeo.expect(
        "romeo as a moderator",
        kind="presence",
        where=lambda s: s.item.get("role") == "moderator",
        sender=balcony.romeo_in_room,
    )
    juliet.inbox.forget()
    reason = (
        TEXTS[what].replace("\r", "&#13;").replace("<", "&lt;")
    )
    id = romeo.new_id()
    romeo.send_xml(
        f"<iq type='set' id='{id}' to='{balcony.room}'>"
        "<query xmlns='http://jabber.org/protocol/muc#admin'>"
        f"<item nick='nurse' role='none'><reason>{reason}</reason></item>"
        "</query></iq>"
    )
    answer = await romeo.expect(
        "the answer",
        kind="iq",
        id=id,
        where=lambda s: s.type in ("result", "error"),
    )
    seen = await alive(romeo, juliet, balcony)
    assert {line.command for line in seen} <= {"KICK"}
    if answer.type == "error":
        assert not seen
    else:
        assert squeezed(seen[0].text) == squeezed(TEXTS[what])


@pytest.mark.parametrize("what", TEXTS)
async def test_the_reason_of_leaving_carries_no_command(
    stage, romeo, juliet, balcony, what
):
    juliet.inbox.forget()
    romeo.leave(balcony.room, "romeo", TEXTS[what])
    await romeo.expect("out", type="unavailable", code=SELF)
    await juliet.inbox.expect(
        "romeo leaving",
        lambda line: line.nick == "romeo"
        and line.command in ("PART", "QUIT"),
    )
    await romeo.join(balcony.room, "romeo")
    seen = {line.command for line in await alive(romeo, juliet, balcony)}
    assert seen <= {"JOIN"}


PASSWORDS = {
    "a CR": "sesame\rPART #x",
    "a LF": "sesame\nPART #x",
    "a space": "sesame PART",
    "a tab": "sesame\tx",
    "a comma": "sesame,x",
    "a colon": ":sesame",
    "600 characters": LONG_WORD,
}


@pytest.mark.parametrize("what", PASSWORDS)
async def test_a_password_is_sent_whole_or_the_join_is_refused(
    stage, romeo, juliet, balcony, what
):
    """Cut at the odd character it would be right, and let him in."""
    channel = stage.new_channel("closed")
    await juliet.join(channel)
    await juliet.mode(channel, "+k", "sesame")
    juliet.inbox.forget()
    error = await romeo.refusal(
        stage.room(channel), "romeo", password=PASSWORDS[what]
    )
    assert error.error_text
    assert not await alive(romeo, juliet, balcony)
    assert "romeo" not in await juliet.names(channel)


NICKS = (
    "x" * 600,
    "🌹" * 100,
    "ro meo",
    "romeo:",
    ":romeo",
    "romeo!u@h",
    "#romeo",
    "9lives",
    "-",
)


@pytest.mark.parametrize("nick", NICKS)
async def test_any_nick_is_mapped_or_refused(
    stage, romeo, juliet, balcony, nick
):
    juliet.inbox.forget()
    id = romeo.send_presence(f"{balcony.room}/{nick}")
    end = await romeo.expect(
        "a new nick or a refusal",
        kind="presence",
        where=lambda s: s.id == id
        and s.type == "error"
        or s.type == ""
        and SELF in s.codes,
    )
    now = "romeo"
    if end.type != "error":
        now = end.sender.partition("/")[2]
    seen = await alive(romeo, juliet, balcony, nick=now)
    assert not seen
    changed = juliet.inbox.waiting(lambda line: line.nick == "romeo")
    assert [line.command for line in changed] in ([], ["NICK"])
    if now != "romeo":
        romeo.send_presence(balcony.romeo_in_room)
        await juliet.expect("the old nick", "NICK", "romeo", nick=now)
