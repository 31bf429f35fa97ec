"""People of ours in rooms of real XMPP servers, and what they post there."""

import asyncio
from xml.etree import ElementTree as ET

import pytest
from booth import XMPP_SERVERS
from hall import RECEIVED, Hall
from names import DOMAIN, POST_GATEWAY
from xmppclient import KICKED, STANZA_ID, bare

TEST_S = 150
POSTS = 1000
REPLY = "urn:xmpp:reply:0"
MAM = "{urn:xmpp:mam:2}"
FORWARDED = "{urn:xmpp:forward:0}forwarded/{jabber:client}message"


@pytest.fixture(scope="module", params=list(XMPP_SERVERS))
def running_hall(request, loop, scratch):
    hall = Hall(request.param, scratch / f"hall-{request.param}")
    try:
        hall.start()
        yield hall
        status = loop.run_until_complete(hall.end())
        assert not hall.complaints()
        assert status == 0, hall.passerelle.tail(80)
    finally:
        hall.kill()


@pytest.fixture
def hall(loop, running_hall):
    yield running_hall
    loop.run_until_complete(running_hall.part_all())


@pytest.fixture
def romeo(loop, hall):
    return loop.run_until_complete(hall.client("romeo"))


@pytest.fixture
def escalus(loop, hall):
    """Owner of rooms; administrator of the gateway."""
    return loop.run_until_complete(hall.client("escalus"))


async def test_a_seat_is_taken_posts_and_hears_answers(hall, romeo, escalus):
    room = hall.new_room()
    await hall.make(escalus, room, whois="anyone")
    await hall.sit(romeo, "disk", room, "Disk")
    seen = await escalus.expect(
        "the seat", kind="presence", sender=f"{room}/Disk", type=""
    )
    assert bare(seen.item["jid"]) == hall.jid("disk")
    _, text = hall.post(romeo, "disk", room, "it is hot: 1 < 2 & ünïcode 🌹")
    post = await escalus.expect_text(f"{room}/Disk", text)
    assert post.find(STANZA_ID).get("by") == room
    escalus.say(f"{room}/Disk", "who are you?", kind="chat")
    heard = await escalus.expect(
        "what was heard", kind="message", sender=POST_GATEWAY
    )
    assert heard.body.startswith(
        f"heard by disk in {room}, in private, from owner (escalus@{DOMAIN}"
    )
    assert heard.body.endswith(" owner): who are you?")


async def test_answers_are_heard_over_a_restart(hall, romeo, escalus):
    room = hall.new_room()
    await hall.make(escalus, room)
    await hall.sit(romeo, "disk", room, "Disk")
    _, text = hall.post(romeo, "disk", room, "who sees to it?")
    post = await escalus.expect_text(f"{room}/Disk", text)
    stanza_id = post.find(STANZA_ID).get("id")
    answer = f"<reply xmlns='{REPLY}' to='{room}/Disk' id='{stanza_id}'/>"

    async def heard(words):
        escalus.say(room, words, extra=[ET.fromstring(answer)])
        said = await escalus.expect(
            "what was heard",
            kind="message",
            sender=POST_GATEWAY,
            where=lambda s: f": {words} (answers p" in (s.body or ""),
        )
        return said.body.rpartition(" (")[2]

    before = await heard("I do")
    hall.passerelle.kill()
    hall.start_passerelle()
    await hall.seated(romeo, "disk", room, "inside")
    assert await heard("still at it") == before


async def test_a_seat_goes_when_it_is_taken_away(hall, romeo, escalus):
    room = hall.new_room()
    await hall.make(escalus, room)
    await hall.sit(romeo, "disk", room, "Disk")
    hall.order(romeo, "disk", f"unseat {room}")
    await escalus.expect(
        "its end",
        kind="presence",
        sender=f"{room}/Disk",
        type="unavailable",
    )
    assert await hall.state(romeo, "disk", room) == "no seat"


async def test_a_thousand_posts_are_seen_in_order(hall, romeo, escalus):
    room = hall.new_room()
    await hall.make(escalus, room)
    await hall.sit(romeo, "disk", room, "Disk")
    texts = []
    for i in range(POSTS):
        texts.append(hall.post(romeo, "disk", room, f"number {i}")[1])
        if i % 50 == 49:  # no more under way than a user may have
            await escalus.expect_text(f"{room}/Disk", texts[-1], deadline_s=60)
    await escalus.ping(room)
    seen = [
        s.body
        for s in escalus.inbox.history
        if s.kind == "message" and s.sender == f"{room}/Disk"
    ]
    assert seen == texts


async def test_a_taken_nick_is_not_waited_for(hall, romeo, escalus):
    room = hall.new_room()
    await hall.make(escalus, room, nick="Disk")
    await hall.sit(romeo, "disk", room, "Disk")
    await escalus.expect("the seat", kind="presence", sender=f"{room}/Disk_2")


async def test_a_kicked_seat_says_so_and_comes_again_when_asked(
    hall, romeo, escalus
):
    room = hall.new_room()
    await hall.make(escalus, room)
    await hall.sit(romeo, "disk", room, "Disk")
    await hall.treat(escalus, room, nick="Disk", role="none")
    await escalus.expect(
        "the kick", sender=f"{room}/Disk", type="unavailable", code=KICKED
    )
    said = await hall.seated(romeo, "disk", room, "outside")
    assert "has put us out" in said
    await hall.sit(romeo, "disk", room, "Disk")


async def test_who_must_not_enter_says_why(hall, romeo, escalus):
    room = hall.new_room()
    await hall.make(escalus, room, membersonly="1")
    hall.order(romeo, "disk", f"seat {room} Disk")
    said = await hall.seated(romeo, "disk", room, "outside: the room")
    assert "lets only members in" in said
    await hall.treat(
        escalus, room, jid=hall.jid("disk"), affiliation="member"
    )
    await hall.sit(romeo, "disk", room, "Disk")
    await hall.treat(
        escalus, room, jid=hall.jid("disk"), affiliation="outcast"
    )
    said = await hall.seated(romeo, "disk", room, "outside")
    assert "has banned us" in said


async def test_a_room_with_a_password_is_entered_with_it(hall, romeo, escalus):
    room = hall.new_room()
    await hall.make(
        escalus, room, passwordprotectedroom="1", roomsecret="friend"
    )
    hall.order(romeo, "disk", f"seat {room} Disk")
    said = await hall.seated(romeo, "disk", room, "outside: the room")
    assert "wants another password" in said
    await hall.sit(romeo, "disk", room, "Disk friend")


async def test_no_room_is_made_and_a_destroyed_one_is_noticed(
    hall, romeo, escalus
):
    room = hall.new_room()
    hall.order(romeo, "disk", f"seat {room} Disk")
    await hall.seated(romeo, "disk", room, "outside: there is no room")
    await hall.make(escalus, room)
    await hall.sit(romeo, "disk", room, "Disk")
    await hall.destroy(escalus, room, f"else@{room.partition('@')[2]}")
    said = await hall.seated(romeo, "disk", room, "outside")
    assert "is no more" in said and "people meet in else@" in said
    # Some servers keep a sign at its door, and nobody makes it anew.
    hall.order(romeo, "disk", f"seat {room} Disk")
    said = await hall.seated(romeo, "disk", room, "outside: the")
    assert "there is no room" in said or "is no more" in said


async def test_without_a_voice_a_post_waits(hall, romeo, escalus):
    room = hall.new_room()
    await hall.make(escalus, room, moderatedroom="1")
    await hall.sit(romeo, "disk", room, "Disk")
    await hall.treat(escalus, room, nick="Disk", role="visitor")
    hall.post(romeo, "disk", room, "quiet")
    await asyncio.to_thread(
        hall.passerelle.wait_until,
        "knows that it came back",
        lambda: "message came back" in hall.passerelle.log(),
    )
    assert (await hall.state(romeo, "disk", room)) == "inside"


async def archive_of(client, room):
    """Bodies in the archive of a room, oldest first."""
    bodies, after = [], ""
    while True:
        mark = len(client.inbox.history)
        answer = await client.iq(
            room,
            f"<query xmlns='{MAM[1:-1]}'>"
            f"<set xmlns='http://jabber.org/protocol/rsm'><max>50</max>{after}"
            "</set></query>",
            kind="set",
        )
        fin = answer.find(MAM + "fin")
        for s in client.inbox.history[mark:]:
            result = s.find(MAM + "result")
            if result is not None:
                m = result.find(FORWARDED)
                if m is not None:
                    bodies.append(m.findtext("{jabber:client}body"))
        last = fin.findtext(".//{http://jabber.org/protocol/rsm}last")
        if fin.get("complete") == "true" or not last:
            return [b for b in bodies if b]
        after = f"<after>{last}</after>"


async def kept(client, ids, deadline_s=60):
    """Receipts for all of them: they are on our disk, posted or not."""
    missing = set(ids)

    def is_one(stanza):
        received = stanza.find(RECEIVED)
        return received is not None and received.get("id") in missing

    while missing:
        receipt = await client.expect("a receipt", deadline_s, where=is_one)
        missing.remove(receipt.find(RECEIVED).get("id"))


async def post_and_kill(hall, romeo, room, turns):
    """What was posted while Passerelle was killed that often."""
    texts = []
    for turn in range(turns):
        batch = [
            hall.post(romeo, "disk", room, f"turn {turn} number {i}")
            for i in range(20)
        ]
        await kept(romeo, [id for id, _ in batch])
        texts += [text for _, text in batch]
        hall.passerelle.kill()
        hall.start_passerelle()
        await romeo.wait_for_service(POST_GATEWAY)
    return texts


async def test_killed_in_the_midst_nothing_is_lost_or_posted_twice(
    hall, romeo, escalus
):
    room = hall.new_room()
    await hall.make(escalus, room)
    await hall.sit(romeo, "disk", room, "Disk")
    texts = await post_and_kill(hall, romeo, room, 5)
    await escalus.expect_text(f"{room}/Disk", texts[-1], deadline_s=60)
    assert await archive_of(escalus, room) == texts


@pytest.mark.parametrize("xmpp", list(XMPP_SERVERS))
async def test_where_there_is_no_archive_the_history_tells(xmpp, scratch):
    hall = Hall(xmpp, scratch / f"small-hall-{xmpp}", modules=())
    try:
        hall.start()
        romeo = await hall.client("romeo")
        escalus = await hall.client("escalus")
        room = hall.new_room()
        await hall.make(escalus, room)
        await hall.sit(romeo, "disk", room, "Disk")
        texts = await post_and_kill(hall, romeo, room, 3)
        await escalus.expect_text(f"{room}/Disk", texts[-1], deadline_s=60)
        seen = [
            s.body
            for s in escalus.inbox.history
            if s.kind == "message" and s.sender == f"{room}/Disk"
        ]
        assert seen == texts
        assert await hall.end() == 0
        assert not hall.complaints()
    finally:
        hall.kill()


async def test_a_server_that_is_restarted_has_the_seat_again(hall):
    romeo = await hall.client("romeo")
    escalus = await hall.client("escalus")
    room = hall.new_room()
    await hall.make(escalus, room)
    await hall.sit(romeo, "disk", room, "Disk")
    before = [hall.post(romeo, "disk", room, f"before {i}") for i in range(20)]
    await kept(romeo, [id for id, _ in before])
    await hall.part_all()
    await asyncio.to_thread(hall.xmpp.stop)
    await asyncio.to_thread(hall.xmpp.start)
    romeo = await hall.client("romeo")
    escalus = await hall.client("escalus")
    await hall.seated(romeo, "disk", room, "inside", deadline_s=60)
    await escalus.join(room, "owner")
    after = [hall.post(romeo, "disk", room, f"after {i}") for i in range(20)]
    await escalus.expect_text(f"{room}/Disk", after[-1][1], deadline_s=60)
    texts = [text for _, text in before + after]
    assert await archive_of(escalus, room) == texts
