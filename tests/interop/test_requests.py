"""Every request is answered once, and what IRC cannot carry is refused."""

import pytest
from names import GATEWAY, NETWORK
from stage import DIAGONAL

STAGES = DIAGONAL

LEVELS = ("domain", "network", "channel", "occupant", "nick", "nobody")


@pytest.fixture
def jid(balcony, stage):
    return {
        "domain": GATEWAY,
        "network": f"{NETWORK}@{GATEWAY}",
        "channel": balcony.room,
        "occupant": balcony.juliet_in_room,
        "nick": stage.contact("juliet"),
        "nobody": stage.contact("nobodyhere"),
    }


UNKNOWN = "<query xmlns='urn:example:nothing'/>"
JINGLE = (
    "<jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' sid='s1'"
    " initiator='romeo@verona.test/x'><content creator='initiator'"
    " name='a'><description xmlns='urn:xmpp:jingle:apps:rtp:1'"
    " media='audio'/></content></jingle>"
)
FILE_OFFER = (
    "<si xmlns='http://jabber.org/protocol/si' id='s2'"
    " profile='http://jabber.org/protocol/si/profile/file-transfer'/>"
)
OMEMO = (
    "<encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='1'>"
    "<key rid='2'>AAAA</key><iv>AAAA</iv></header><payload>AAAA</payload>"
    "</encrypted>"
)
REFUSED = ("service-unavailable", "feature-not-implemented")


def answers(client, id):
    return [
        s
        for s in client.inbox.history
        if s.kind == "iq" and s.id == id and s.type in ("result", "error")
    ]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kind", ("get", "set"))
async def test_an_unknown_request_is_refused_once(romeo, jid, level, kind):
    answer = await romeo.iq(jid[level], UNKNOWN, kind)
    assert answer.condition in REFUSED
    assert answer.error_type == "cancel"
    await romeo.barrier(GATEWAY)
    assert len(answers(romeo, answer.id)) == 1


@pytest.mark.parametrize("level", ("occupant", "nick"))
@pytest.mark.parametrize("offer", (JINGLE, FILE_OFFER))
async def test_calls_and_files_are_refused(romeo, jid, level, offer):
    answer = await romeo.iq(jid[level], offer, kind="set")
    assert answer.condition in REFUSED
    assert answer.error_type == "cancel"


@pytest.mark.parametrize(
    "payload",
    (
        "<vCard xmlns='vcard-temp'/>",
        "<query xmlns='jabber:iq:last'/>",
        "<query xmlns='jabber:iq:version'/>",
        "<ping xmlns='urn:xmpp:ping'/>",
        "<query xmlns='http://jabber.org/protocol/muc#owner'/>",
        "<query xmlns='http://jabber.org/protocol/muc#admin'>"
        "<item affiliation='outcast'/></query>",
        "<query xmlns='urn:xmpp:mam:2'/>",
        "<query xmlns='jabber:iq:register'/>",
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'>"
        "<items node='urn:xmpp:avatar:metadata'/></pubsub>",
    ),
)
async def test_what_clients_ask_of_anybody_is_answered(romeo, jid, payload):
    for to in jid.values():
        answer = await romeo.iq(to, payload, deadline_s=40)
        await romeo.barrier(GATEWAY)
        assert len(answers(romeo, answer.id)) == 1


async def test_a_request_with_no_or_two_payloads_is_refused(romeo, jid):
    for payload in ("", f"{UNKNOWN}{UNKNOWN}"):
        id = romeo.new_id()
        romeo.send_xml(f"<iq type='get' id='{id}' to='{GATEWAY}'>{payload}</iq>")
        error = await romeo.expect("an error", kind="iq", id=id, type="error")
        assert error.condition


async def test_what_is_encrypted_only_is_refused(
    romeo, juliet, jid, balcony
):
    for to, kind in (
        (jid["nick"], "chat"),
        (jid["occupant"], "chat"),
        (jid["channel"], "groupchat"),
    ):
        id = romeo.send_message(to, OMEMO, kind=kind)
        error = await romeo.expect_error(id, "cannot be decrypted on IRC")
        assert error.kind == "message"
        assert error.error_text
    romeo.say(balcony.room, "marker")
    await juliet.expect_text(balcony.channel, "marker")
    assert "AAAA" not in str(juliet.inbox.history)


async def test_an_error_is_never_answered_or_passed_on(
    romeo, juliet, jid, balcony
):
    juliet.inbox.forget()
    for to in jid.values():
        romeo._send(
            "message",
            ["<body>bounced</body>"],
            to=to,
            type="error",
            id="bounce",
        )
        romeo._send("iq", to=to, type="result", id="nobody-asked")
    await romeo.barrier(GATEWAY)
    await juliet.barrier()
    assert not [
        s for s in romeo.inbox.history if s.id in ("bounce", "nobody-asked")
    ]
    assert "bounced" not in str(juliet.inbox.history)


async def test_chat_states_and_receipts_do_not_become_text(
    romeo, juliet, jid, balcony
):
    for to, kind in (
        (jid["nick"], "chat"),
        (jid["channel"], "groupchat"),
    ):
        for extra in (
            "<composing xmlns='http://jabber.org/protocol/chatstates'/>",
            "<displayed xmlns='urn:xmpp:chat-markers:0' id='x'/>",
        ):
            romeo.send_message(to, extra, kind=kind)
    juliet.inbox.forget()
    romeo.say(balcony.room, "marker")
    await juliet.expect_text(balcony.channel, "marker")
    assert not juliet.inbox.waiting(lambda line: line.command == "PRIVMSG")


async def test_version_and_time_of_the_gateway(romeo):
    answer = await romeo.iq(GATEWAY, "<query xmlns='jabber:iq:version'/>")
    query = answer.find("{jabber:iq:version}query")
    assert query.findtext("{jabber:iq:version}name") == "Passerelle"
    answer = await romeo.iq(GATEWAY, "<time xmlns='urn:xmpp:time'/>")
    assert answer.type == "result"


async def test_addresses_that_only_some_servers_know_are_answered(
    stage, romeo, balcony
):
    """Emoji came after the Unicode that RFC 6122 is about; ejabberd refuses
    them by itself, Prosody passes them on."""
    for to in (
        f"{balcony.room}/🌹",
        stage.contact("🌹"),
        stage.room("#🌹"),
        f"{GATEWAY}/🌹",
    ):
        answer = await romeo.iq(to, UNKNOWN)
        assert answer.type == "error"
    id = romeo.send_presence(f"{balcony.room}/🌹")
    await romeo.expect_error(id, "a nick that IRC cannot carry")
