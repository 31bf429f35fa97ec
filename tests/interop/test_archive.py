"""The archive of rooms and of conversations, as clients read it (XEP-0313)."""

import asyncio
import itertools

from inbox import DEADLINE_S
from names import GATEWAY
from xmppclient import STANZA_ID

MAM = "urn:xmpp:mam:2"
RSM = "http://jabber.org/protocol/rsm"
FORWARD = "{urn:xmpp:forward:0}forwarded"

_numbers = itertools.count(1)


class Page:
    """One answer: (id, sender, body) of each message, and what fin says."""

    def __init__(self, results, answer):
        self.lines = [self._line(r) for r in results]
        fin = answer.find(f"{{{MAM}}}fin")
        self.is_complete = fin.get("complete") == "true"
        self.last = fin.findtext(f".//{{{RSM}}}last")
        self.first = fin.findtext(f".//{{{RSM}}}first")

    @staticmethod
    def _line(result):
        message = result.find(f"{FORWARD}/{{jabber:client}}message")
        body = message.findtext("{jabber:client}body")
        return result.get("id"), message.get("from"), body

    @property
    def bodies(self):
        return [body for _, _, body in self.lines]


async def archive_page(client, to, rsm="<max>50</max>", children=""):
    queryid = f"page{next(_numbers)}"
    answer = await client.iq(
        to,
        f"<query xmlns='{MAM}' queryid='{queryid}'>{children}"
        f"<set xmlns='{RSM}'>{rsm}</set></query>",
        kind="set",
    )
    assert answer.type == "result", answer
    results = [
        s.find(f"{{{MAM}}}result")
        for s in client.inbox.history
        if s.kind == "message" and s.find(f"{{{MAM}}}result") is not None
    ]
    return Page([r for r in results if r.get("queryid") == queryid], answer)


async def accepted(client, to, body):
    """The archive has what its user said once the network has taken it."""
    end = asyncio.get_running_loop().time() + DEADLINE_S
    while body not in (await archive_page(client, to)).bodies:
        assert asyncio.get_running_loop().time() < end, f"{body!r} is not kept"
        await asyncio.sleep(0.2)


async def test_a_room_is_read_backwards_under_the_ids_it_was_shown_with(
    stage, romeo, juliet, balcony
):
    shown = []
    for n in range(3):
        juliet.say(balcony.channel, f"line {n}")
        seen = await romeo.expect_text(f"{balcony.room}/juliet", f"line {n}")
        shown.append(seen.find(STANZA_ID).get("id"))
    romeo.say(balcony.room, "mine")
    seen = await romeo.expect_text(balcony.romeo_in_room, "mine")
    shown.append(seen.find(STANZA_ID).get("id"))
    await accepted(romeo, balcony.room, "mine")
    last = await archive_page(romeo, balcony.room, "<max>2</max><before/>")
    assert last.bodies == ["line 2", "mine"]
    assert not last.is_complete
    rest = await archive_page(
        romeo, balcony.room, f"<max>2</max><before>{last.first}</before>"
    )
    assert rest.bodies == ["line 0", "line 1"]
    assert rest.is_complete
    assert [id for id, _, _ in rest.lines + last.lines] == shown
    assert last.lines[-1][1] == balcony.romeo_in_room


async def test_what_was_said_is_there_after_passerelle_was_killed(
    stage, romeo, juliet, balcony
):
    juliet.say(balcony.channel, "before the end")
    await romeo.expect_text(f"{balcony.room}/juliet", "before the end")
    kept = await archive_page(romeo, balcony.room)  # behind what was said
    assert kept.bodies == ["before the end"]
    stage.passerelle.kill()
    stage.passerelle.start()
    await romeo.wait_for_service(GATEWAY)
    again = await archive_page(romeo, balcony.room)
    assert again.lines == kept.lines


async def test_a_conversation_has_both_sides_and_nothing_that_was_refused(
    stage, romeo, juliet, balcony
):
    contact = stage.contact("juliet")
    romeo.say(contact, "What shall I swear by?", kind="chat")
    await juliet.expect_text("juliet", "What shall I swear by?")
    juliet.say("romeo", "Do not swear at all")
    await romeo.expect_text(contact, "Do not swear at all", "chat")
    nobody = stage.contact("nobodyhere")
    id = romeo.say(nobody, "Hello?", kind="chat")
    await romeo.expect_error(id)
    await accepted(romeo, contact, "What shall I swear by?")
    page = await archive_page(romeo, contact, "<max>2</max><before/>")
    assert page.lines[0][1:] == (romeo.bare, "What shall I swear by?")
    assert page.lines[1][1:] == (contact, "Do not swear at all")
    assert (await archive_page(romeo, nobody)).lines == []


async def test_nobody_reads_what_another_user_saw(
    stage, romeo, benvolio, juliet, balcony
):
    juliet.say(balcony.channel, "for romeo")
    await romeo.expect_text(f"{balcony.room}/juliet", "for romeo")
    assert (await archive_page(romeo, balcony.room)).bodies == ["for romeo"]
    assert (await archive_page(benvolio, balcony.room)).lines == []
