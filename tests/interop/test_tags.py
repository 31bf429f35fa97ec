"""What clients tell each other by tags, through a real server that passes
them on: replies, reactions, who is writing."""

import asyncio

STAGES = ["prosody-inspircd", "ejabberd-inspircd"]

STATES = "http://jabber.org/protocol/chatstates"
REPLY = "{urn:xmpp:reply:0}reply"
REACTIONS = "{urn:xmpp:reactions:0}reactions"


def reply(to, id, quoted):
    return [
        f"<reply xmlns='urn:xmpp:reply:0' to='{to}' id='{id}'/>",
        "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'>"
        f"<body start='0' end='{quoted}'/></fallback>",
    ]


async def said(client, sender, text):
    """The id of a line, once it has arrived; the network's own."""
    seen = await client.expect_text(sender, text)
    return seen.find("{urn:xmpp:sid:0}stanza-id").get("id")


async def test_a_reply_is_one_for_everybody(
    stage, romeo, benvolio, juliet, balcony
):
    await benvolio.join(balcony.room, "benvolio")
    juliet.say(balcony.channel, "Wherefore art thou Romeo?")
    id = await said(romeo, balcony.juliet_in_room, "Wherefore art thou Romeo?")
    assert id == await said(
        benvolio, balcony.juliet_in_room, "Wherefore art thou Romeo?"
    )
    romeo.send_message(
        balcony.room,
        "<body>&gt; Wherefore?\nI take thee at thy word</body>",
        *reply(balcony.juliet_in_room, id, 13),
        kind="groupchat",
    )
    await juliet.expect_text(
        balcony.channel, "I take thee at thy word", nick="romeo"
    )
    seen = await benvolio.expect_text(
        balcony.romeo_in_room, "I take thee at thy word"
    )
    assert seen.find(REPLY).get("id") == id
    assert seen.find(REPLY).get("to") == balcony.juliet_in_room


async def test_a_reaction_comes_and_goes(
    stage, romeo, benvolio, juliet, balcony
):
    await benvolio.join(balcony.room, "benvolio")
    juliet.say(balcony.channel, "Good night, good night!")
    id = await said(romeo, balcony.juliet_in_room, "Good night, good night!")
    await said(benvolio, balcony.juliet_in_room, "Good night, good night!")
    for wanted in (["🌹"], ["🌹", "🗡️"], []):
        romeo.send_message(
            balcony.room,
            f"<reactions xmlns='urn:xmpp:reactions:0' id='{id}'>"
            + "".join(f"<reaction>{r}</reaction>" for r in wanted)
            + "</reactions>",
            kind="groupchat",
        )
        for client in (romeo, benvolio):
            await client.expect(
                f"{wanted} of romeo",
                kind="message",
                sender=balcony.romeo_in_room,
                where=lambda s: s.find(REACTIONS) is not None
                and s.find(REACTIONS).get("id") == id
                and [r.text for r in s.find(REACTIONS)] == wanted,
            )


async def test_who_is_writing_is_seen_one_to_one_and_not_in_channels(
    stage, romeo, juliet, balcony
):
    person = stage.contact("juliet")
    juliet.send("CAP REQ :message-tags")
    await juliet.expect("the tags", "CAP")
    composing = f"<composing xmlns='{STATES}'/>"
    romeo.send_message(balcony.room, composing, kind="groupchat")
    romeo.say(person, "It is my lady", kind="chat")
    await juliet.expect_text("juliet", "It is my lady", nick="romeo")
    romeo.send_message(person, composing)
    line = await juliet.expect("that he writes", "TAGMSG", nick="romeo")
    assert line.params == [juliet.nick]
    assert b"+typing=active" in line.raw
    juliet.send("@+typing=active TAGMSG romeo")
    await romeo.expect(
        "that she writes",
        kind="message",
        sender=person,
        where=lambda s: s.find(f"{{{STATES}}}composing") is not None,
    )
    juliet.say("romeo", "O Romeo")
    await romeo.expect_text(person, "O Romeo", kind="chat")
    assert not juliet.inbox.waiting(lambda line: line.command == "TAGMSG")
    juliet.send("CAP REQ :-message-tags")  # she is kept for other tests
    await juliet.expect("no more tags", "CAP")


async def test_what_the_server_tells_of_before_is_history(
    stage, romeo, juliet
):
    """InspIRCd's chathistory batch comes by itself to who joins."""
    channel = stage.new_channel()
    room = stage.room(channel)
    await juliet.join(channel)
    await juliet.mode(channel, "+H", "10:1h")
    for text in ("one", "two"):
        juliet.say(channel, text)
    await juliet.barrier()
    await asyncio.sleep(1.1)  # it is told by the second
    for joined in range(2):
        seen = await romeo.join(room, "romeo")
        await romeo.barrier(f"{room}/romeo")
        late = [
            s.body
            for s in [*seen, *romeo.inbox.waiting()]
            if s.kind == "message" and s.body and s.is_delayed
        ]
        assert late == ["one", "two"], f"join {joined}"
        romeo.leave(room, "romeo")
        await juliet.expect("he goes", "PART", channel, nick="romeo")
        romeo.inbox.forget()
