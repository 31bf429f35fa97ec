"""What is said, in rooms and in private, and what a room is about."""

from names import GATEWAY
from xmppclient import MUC_USER, STANZA_ID

LINES = (
    "But soft! What light through yonder window breaks?",
    "Ô Roméo ! Ça alors… «où es-tu» ?",
    "🌹🗡️👩🏽‍🚀 and 𝔉𝔯𝔞𝔨𝔱𝔲𝔯",
    "<b>&amp; \"quotes\" 'too' ]]> <!-- -->",
    "  spaces  before and between",  # ngIRCd drops those after
    ":starts with a colon",
    "/slash is text as well",
)


async def test_words_from_irc_arrive_as_they_were(
    stage, romeo, juliet, balcony
):
    for text in LINES:
        juliet.say(balcony.channel, text)
        seen = await romeo.expect_text(balcony.juliet_in_room, text)
        assert not seen.is_delayed


async def test_words_from_xmpp_arrive_as_they_were(
    stage, romeo, juliet, balcony
):
    for text in LINES[:6]:
        romeo.say(balcony.room, text)
        await juliet.expect_text(balcony.channel, text, nick="romeo")


async def test_a_reflection_keeps_the_id(stage, romeo, juliet, balcony):
    id = romeo.say(balcony.room, "With love's light wings", id="wings-1")
    seen = await romeo.expect_text(
        balcony.romeo_in_room, "With love's light wings"
    )
    assert seen.id == id
    romeo.say(balcony.room, "marker")
    await romeo.expect_text(balcony.romeo_in_room, "marker")
    again = [s for s in romeo.inbox.history if s.id == id]
    assert len(again) == 1, "reflected once"


async def test_every_message_of_a_room_has_its_own_stanza_id(
    stage, romeo, juliet, balcony
):
    romeo.say(balcony.room, "one")
    one = await romeo.expect_text(balcony.romeo_in_room, "one")
    juliet.say(balcony.channel, "two")
    two = await romeo.expect_text(balcony.juliet_in_room, "two")
    ids = set()
    for message in (one, two):
        found = message.xml.findall(STANZA_ID)
        assert [i.get("by") for i in found] == [balcony.room]
        ids.add(found[0].get("id"))
    assert len(ids) == 2 and all(ids)


async def test_a_stanza_id_that_a_client_made_up_is_not_passed_on(
    stage, romeo, balcony
):
    forged = (
        f"<stanza-id xmlns='urn:xmpp:sid:0' by='{balcony.room}' id='forged'/>"
    )
    romeo.say(balcony.room, "trust me", extra=[forged])
    seen = await romeo.expect_text(balcony.romeo_in_room, "trust me")
    ids = [i.get("id") for i in seen.xml.findall(STANZA_ID)]
    assert len(ids) == 1 and ids != ["forged"]


async def test_several_lines_are_several_messages_on_irc(
    stage, romeo, juliet, balcony
):
    romeo.say(balcony.room, "A plague\no' both\n\nyour houses!")
    for line in ("A plague", "o' both", "your houses!"):
        await juliet.expect_text(balcony.channel, line, nick="romeo")


async def test_what_is_long_arrives_in_pieces_and_whole(
    stage, romeo, juliet, balcony
):
    text = "Deux foyers égaux en dignité 🎭 " * 40
    romeo.say(balcony.room, text.strip())
    romeo.say(balcony.room, "marker")
    await juliet.expect_text(balcony.channel, "marker", nick="romeo")
    pieces = [
        line
        for line in juliet.inbox.waiting()
        if line.command == "PRIVMSG" and line.nick == "romeo"
    ]
    assert len(pieces) > 1
    for piece in pieces:
        assert len(piece.raw) <= 510
        piece.text.encode()  # no character was cut
    whole = "".join(p.text for p in pieces)
    assert whole.replace(" ", "") == text.replace(" ", "")


async def test_order_is_kept_both_ways(stage, romeo, juliet, balcony):
    for n in range(30):
        romeo.say(balcony.room, f"x{n}")
        juliet.say(balcony.channel, f"i{n}")
    for n in range(30):
        await romeo.expect_text(balcony.romeo_in_room, f"x{n}")
        await romeo.expect_text(balcony.juliet_in_room, f"i{n}")
        await juliet.expect_text(balcony.channel, f"x{n}", nick="romeo")
    texts = [
        s.body
        for s in romeo.inbox.history
        if s.kind == "message" and s.type == "groupchat" and s.body
    ]
    assert [t for t in texts if t[0] == "x"] == [f"x{n}" for n in range(30)]
    assert [t for t in texts if t[0] == "i"] == [f"i{n}" for n in range(30)]


async def test_an_action_is_an_action_on_both_sides(
    stage, romeo, juliet, balcony
):
    romeo.say(balcony.room, "/me climbs the wall")
    await juliet.expect_text(
        balcony.channel, "\x01ACTION climbs the wall\x01", nick="romeo"
    )
    juliet.say(balcony.channel, "\x01ACTION sighs\x01")
    await romeo.expect_text(balcony.juliet_in_room, "/me sighs")


async def test_a_private_message_to_an_occupant_is_answered_from_there(
    stage, romeo, juliet, balcony
):
    romeo.say(
        balcony.juliet_in_room,
        "Lady, by yonder moon",
        kind="chat",
        extra=[f"<x xmlns='{MUC_USER[1:-1]}'/>"],
    )
    await juliet.expect_text("juliet", "Lady, by yonder moon", nick="romeo")
    juliet.say("romeo", "O, swear not by the moon 🌙")
    await romeo.expect_text(
        balcony.juliet_in_room, "O, swear not by the moon 🌙", "chat"
    )


async def test_a_nick_is_a_contact_that_can_be_written_to(
    stage, romeo, juliet, balcony
):
    contact = stage.contact("juliet")
    romeo.say(contact, "What shall I swear by?", kind="chat")
    await juliet.expect_text("juliet", "What shall I swear by?", nick="romeo")
    juliet.say("romeo", "Do not swear at all")
    await romeo.expect_text(contact, "Do not swear at all", "chat")


async def test_a_stranger_who_writes_first_comes_as_a_contact(
    stage, romeo, nurse, balcony
):
    nurse.say("romeo", "If ye should lead her into a fool's paradise")
    await romeo.expect_text(
        stage.contact("nurse"),
        "If ye should lead her into a fool's paradise",
        "chat",
    )


async def test_a_private_message_is_not_shown_in_the_room(
    stage, romeo, juliet, nurse, balcony
):
    await nurse.join(balcony.channel)
    romeo.say(balcony.juliet_in_room, "between us", kind="chat")
    romeo.say(balcony.room, "marker")
    await nurse.expect_text(balcony.channel, "marker")
    assert not any(
        line.command == "PRIVMSG" and line.text == "between us"
        for line in nurse.inbox.history
    )


async def test_a_message_to_nobody_comes_back_as_an_error(
    stage, romeo, balcony
):
    id = romeo.say(stage.contact("nobodyhere"), "Hello?", kind="chat")
    error = await romeo.expect_error(id, "nobody is there")
    assert error.condition in ("item-not-found", "recipient-unavailable")


async def test_a_message_to_a_room_one_is_not_in_is_refused(
    stage, romeo, benvolio, juliet, balcony
):
    id = benvolio.say(balcony.room, "from outside")
    error = await benvolio.expect_error(id, "not inside")
    assert error.condition == "not-acceptable"
    juliet.say(balcony.channel, "marker")
    await romeo.expect_text(balcony.juliet_in_room, "marker")
    assert "from outside" not in [s.body for s in romeo.inbox.history]


async def test_a_message_that_the_channel_refuses_is_an_error(
    stage, romeo, juliet, balcony
):
    await juliet.mode(balcony.channel, "+m")
    id = romeo.say(balcony.room, "may I?")
    error = await romeo.expect_error(id, "the channel is moderated")
    assert error.kind == "message"
    assert error.error_text


async def test_a_topic_set_on_irc_is_the_subject(
    stage, romeo, juliet, balcony
):
    await juliet.topic(balcony.channel, "Vérone, minuit 🌒 <&>")
    seen = await romeo.expect(
        "the new subject", kind="message", subject="Vérone, minuit 🌒 <&>"
    )
    assert (seen.type, seen.body) == ("groupchat", None)
    assert seen.sender == balcony.juliet_in_room


async def test_a_subject_set_on_xmpp_is_the_topic(
    stage, romeo, juliet, balcony
):
    text = "Juliet is the sun 🌞 «ô»"
    await juliet.mode(balcony.channel, "+o", "romeo")
    romeo.set_subject(balcony.room, text)
    await juliet.expect(
        "the new topic", "TOPIC", balcony.channel, text, nick="romeo"
    )
    await romeo.expect(
        "the subject", sender=balcony.romeo_in_room, subject=text
    )


async def test_a_subject_that_may_not_be_set_is_an_error(
    stage, romeo, juliet, balcony
):
    juliet.send(f"MODE {balcony.channel} +t")  # InspIRCd: it is already
    await juliet.barrier()
    id = romeo.set_subject(balcony.room, "not yours to set")
    error = await romeo.expect_error(id, "the topic is locked")
    assert error.condition in ("forbidden", "not-allowed")


async def test_a_topic_can_be_emptied(stage, romeo, juliet, balcony):
    await juliet.topic(balcony.channel, "full")
    await romeo.expect("the subject", kind="message", subject="full")
    await juliet.topic(balcony.channel, "")
    await romeo.expect("no subject", kind="message", subject="")
    await romeo.barrier(GATEWAY)
