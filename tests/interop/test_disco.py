"""What the gateway says it can do, and that it can.

Every feature that any of its addresses advertises has its row in FEATURES and
is used for real.  One without a row fails: write the check, or take the
feature back.
"""

import re

import pytest
from disco_hash import verification_string
from inbox import Unseen
from names import GATEWAY, NETWORK
from stage import DIAGONAL
from xmppclient import SELF, STANZA_ID

STAGES = DIAGONAL

CAPS = "http://jabber.org/protocol/caps"
COMMANDS = "http://jabber.org/protocol/commands"
DISCO_INFO = "http://jabber.org/protocol/disco#info"
DISCO_ITEMS = "http://jabber.org/protocol/disco#items"
HATS = "urn:xmpp:hats:0"
OCCUPANT_ID = "urn:xmpp:occupant-id:0"
LEVELS = ("domain", "network", "channel", "occupant", "nick")


@pytest.fixture
def jid(balcony, stage):
    """Level -> an address of that kind that is there."""
    return {
        "domain": GATEWAY,
        "network": f"{NETWORK}@{GATEWAY}",
        "channel": balcony.room,
        "occupant": balcony.juliet_in_room,
        "nick": stage.contact("juliet"),
    }


class Ask:
    """What a check gets: who asks, whom, and where they are."""

    def __init__(self, stage, romeo, juliet, balcony, to):
        self.stage, self.romeo, self.juliet = stage, romeo, juliet
        self.balcony, self.to = balcony, to

    async def result(self, payload, kind="get"):
        answer = await self.romeo.iq(self.to, payload, kind)
        assert answer.type == "result", answer
        return answer


async def disco_info(ask):
    assert (await ask.romeo.disco(ask.to)).identities


async def disco_items(ask):
    for item in await ask.romeo.items(ask.to):
        assert item["jid"]


async def commands(ask):
    listed = await ask.romeo.items(ask.to, node=COMMANDS)
    assert listed, "commands are advertised, but there is none"
    for item in listed:
        assert item["node"] and item["name"]


async def muc(ask):
    """Somewhere below that address there is a room that works."""
    ask.romeo.say(ask.balcony.room, "muc")
    await ask.romeo.expect_text(ask.balcony.romeo_in_room, "muc")


async def ping(ask):
    await ask.result("<ping xmlns='urn:xmpp:ping'/>")


async def version(ask):
    answer = await ask.result("<query xmlns='jabber:iq:version'/>")
    query = answer.find("{jabber:iq:version}query")
    assert query.findtext("{jabber:iq:version}name")
    assert query.findtext("{jabber:iq:version}version")


async def vcard(ask):
    answer = await ask.result("<vCard xmlns='vcard-temp'/>")
    assert answer.find("{vcard-temp}vCard").findtext("{vcard-temp}FN")


async def time(ask):
    answer = await ask.result("<time xmlns='urn:xmpp:time'/>")
    found = answer.find("{urn:xmpp:time}time")
    utc = found.findtext("{urn:xmpp:time}utc")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", utc)
    tzo = found.findtext("{urn:xmpp:time}tzo")
    assert re.fullmatch(r"Z|[+-]\d\d:\d\d", tzo)


async def prompt(ask):
    space = "{jabber:iq:gateway}"
    answer = await ask.result("<query xmlns='jabber:iq:gateway'/>")
    query = answer.find(f"{space}query")
    assert query.findtext(f"{space}desc")
    assert query.find(f"{space}prompt") is not None
    typed = f"juliet%{NETWORK}" if ask.to == GATEWAY else "juliet"
    answer = await ask.result(
        "<query xmlns='jabber:iq:gateway'>"
        f"<prompt>{typed}</prompt></query>",
        kind="set",
    )
    jid = answer.find(f"{space}query").findtext(f"{space}jid")
    assert jid == ask.stage.contact("juliet")


async def registration(ask):
    """Nobody needs it; to remove it disconnects who asks."""
    space = "{jabber:iq:register}"
    answer = await ask.result("<query xmlns='jabber:iq:register'/>")
    assert answer.find(f"{space}query").findtext(f"{space}instructions")
    mercutio = await ask.stage.client("mercutio")
    room = ask.stage.room(ask.stage.new_channel("register"))
    await mercutio.join(room, "mercutio")
    answer = await mercutio.iq(
        ask.to,
        "<query xmlns='jabber:iq:register'><remove/></query>",
        kind="set",
    )
    assert answer.type == "result"
    assert any(
        s.type == "unavailable" and s.sender == f"{room}/mercutio"
        for s in mercutio.inbox.history
    )


async def escaping(ask):
    """XEP-0106: a channel with a space's neighbour in its name."""
    channel = ask.stage.new_channel("a&b'c")
    await ask.juliet.join(channel)
    escaped = channel.replace("&", "\\26").replace("'", "\\27")
    await ask.romeo.join(ask.stage.room(escaped), "romeo")
    assert "romeo" in await ask.juliet.names(channel)


async def stanza_ids(ask):
    ask.romeo.say(ask.balcony.room, "sid")
    seen = await ask.romeo.expect_text(ask.balcony.romeo_in_room, "sid")
    assert seen.find(STANZA_ID).get("by") == ask.balcony.room


async def stable_id(ask):
    id = ask.romeo.say(ask.balcony.room, "stable")
    seen = await ask.romeo.expect_text(ask.balcony.romeo_in_room, "stable")
    assert seen.id == id


async def occupant_ids(ask):
    """Of one person always the same, of two never."""
    id = f"{{{OCCUPANT_ID}}}occupant-id"
    ask.romeo.say(ask.balcony.room, "who")
    own = await ask.romeo.expect_text(ask.balcony.romeo_in_room, "who")
    ask.juliet.say(ask.balcony.channel, "she")
    hers = await ask.romeo.expect_text(ask.balcony.juliet_in_room, "she")
    assert own.find(id).get("id") != hers.find(id).get("id")
    shown = [
        s.find(id).get("id")
        for s in ask.romeo.inbox.history
        if s.kind == "presence" and s.sender == ask.balcony.juliet_in_room
    ]
    assert hers.find(id).get("id") == shown[-1]


async def hats(ask):
    """Nobody here has an account; who has one is in test_services."""
    for s in ask.romeo.inbox.history:
        for hat in s.xml.iter(f"{{{HATS}}}hat"):
            assert hat.get("uri") and hat.get("title")


async def archive(ask):
    answer = await ask.result("<query xmlns='urn:xmpp:mam:2'/>", kind="set")
    assert answer.find("{urn:xmpp:mam:2}fin") is not None


async def extended_archive(ask):
    answer = await ask.result("<metadata xmlns='urn:xmpp:mam:2'/>")
    assert answer.find("{urn:xmpp:mam:2}metadata") is not None


async def occupant_id(ask):
    """The same in what she is and in what she says."""
    element = "{urn:xmpp:occupant-id:0}occupant-id"
    seen = await ask.romeo.join(ask.balcony.room, "romeo")
    ids = {
        s.sender: s.find(element).get("id")
        for s in seen
        if s.kind == "presence"
    }
    assert len(set(ids.values())) == len(ids)
    ask.juliet.say(ask.balcony.channel, "it is I")
    said = await ask.romeo.expect_text(ask.balcony.juliet_in_room, "it is I")
    assert said.find(element).get("id") == ids[ask.balcony.juliet_in_room]


async def hats(ask):
    """Who runs the network has one; servers tell so when asked who is there."""
    ask.juliet.send("OPER escalus rapier")
    await ask.juliet.expect("she is an operator", "381")
    channel = ask.stage.new_channel("hats")
    await ask.juliet.join(channel)
    seen = await ask.romeo.join(ask.stage.room(channel), "romeo")
    hat = "{urn:xmpp:hats:0}hats/{urn:xmpp:hats:0}hat"
    hers = [s for s in seen if s.sender.endswith("/juliet")]
    titles = {h.get("title") for s in hers for h in s.xml.iterfind(hat)}
    ask.juliet.send("MODE juliet -o")
    assert titles <= {"operator of the network"}


async def self_ping(ask):
    answer = await ask.romeo.ping(ask.balcony.romeo_in_room)
    assert answer.type == "result"


async def nonanonymous(ask):
    await ask.romeo.join(ask.balcony.room, "romeo")
    own = [s for s in ask.romeo.inbox.history if SELF in s.codes][-1]
    assert 100 in own.codes


async def caps(ask):
    """A hash is announced, and is the one of what disco says."""
    where, node, ver = await announced_caps(ask.romeo)
    info = await ask.romeo.disco(where, node=f"{node}#{ver}")
    assert verification_string(info.query) == ver


async def announced_caps(romeo):
    """(who, node, ver) from a presence of the gateway."""

    def has_caps(s):
        return s.kind == "presence" and s.find(f"{{{CAPS}}}c") is not None

    seen = [s for s in romeo.inbox.history if has_caps(s)]
    if not seen:
        romeo.send_presence(GATEWAY, kind="subscribe")
        romeo.send_presence(GATEWAY)
        romeo.send_presence(GATEWAY, kind="probe")
        seen = [
            await romeo.inbox.expect("a presence with a caps hash", has_caps)
        ]
    c = seen[-1].find(f"{{{CAPS}}}c")
    assert c.get("hash") == "sha-1"
    return seen[-1].sender, c.get("node"), c.get("ver")


async def nothing_to_try(ask):
    """True of every room here that has no mode which says otherwise."""


FEATURES = {
    DISCO_INFO: disco_info,
    DISCO_ITEMS: disco_items,
    COMMANDS: commands,
    CAPS: caps,
    "http://jabber.org/protocol/muc": muc,
    "http://jabber.org/protocol/muc#stable_id": stable_id,
    "http://jabber.org/protocol/muc#self-ping-optimization": self_ping,
    "urn:xmpp:ping": ping,
    "jabber:iq:version": version,
    "urn:xmpp:time": time,
    "vcard-temp": vcard,
    "jabber:iq:gateway": prompt,
    "jabber:iq:register": registration,
    "jid\\20escaping": escaping,
    "urn:xmpp:sid:0": stanza_ids,
    OCCUPANT_ID: occupant_ids,
    HATS: hats,
    "urn:xmpp:mam:2": archive,
    "urn:xmpp:occupant-id:0": occupant_id,
    "urn:xmpp:hats:0": hats,
    "urn:xmpp:mam:2#extended": extended_archive,
    "muc_nonanonymous": nonanonymous,
    "muc_open": nothing_to_try,
    "muc_public": nothing_to_try,
    "muc_persistent": nothing_to_try,
    "muc_temporary": nothing_to_try,
    "muc_unmoderated": nothing_to_try,
    "muc_unsecured": nothing_to_try,
}


@pytest.mark.parametrize("level", LEVELS)
async def test_every_advertised_feature_works(
    stage, romeo, juliet, balcony, jid, level
):
    ask = Ask(stage, romeo, juliet, balcony, jid[level])
    features = (await romeo.disco(jid[level])).features
    assert DISCO_INFO in features
    for feature in sorted(features):
        assert feature in FEATURES, f"{feature} has no check here"
        await FEATURES[feature](ask)


IDENTITIES = {
    "domain": {("gateway", "irc"), ("conference", "irc")},
    "network": {("conference", "irc")},
    "channel": {("conference", "irc")},
}


@pytest.mark.parametrize("level", LEVELS)
async def test_identities_are_what_clients_look_for(romeo, jid, level):
    info = await romeo.disco(jid[level])
    assert info.identities
    assert IDENTITIES.get(level, set()) <= info.identities
    if level != "channel":
        assert ("conference", "text") not in info.identities, (
            "Conversations would take the gateway for a place of new rooms"
        )


async def test_what_is_needed_is_advertised(romeo, jid):
    needed = {
        "domain": {
            "http://jabber.org/protocol/muc",
            COMMANDS,
            "jabber:iq:gateway",
            "jabber:iq:version",
            "jid\\20escaping",
            "urn:xmpp:ping",
            "urn:xmpp:time",
        },
        "channel": {
            "http://jabber.org/protocol/muc",
            "http://jabber.org/protocol/muc#self-ping-optimization",
            "http://jabber.org/protocol/muc#stable_id",
            "urn:xmpp:sid:0",
        },
    }
    for level, features in needed.items():
        missing = features - (await romeo.disco(jid[level])).features
        assert not missing, level


async def test_the_flags_of_a_room_follow_its_modes(romeo, juliet, balcony):
    """Whatever the modes, there is never a pair of opposites."""
    pairs = {
        "m": ("muc_moderated", "muc_unmoderated"),
        "k": ("muc_passwordprotected", "muc_unsecured"),
        "s": ("muc_hidden", "muc_public"),
    }
    for mode, (on, off) in pairs.items():
        argument = ["sesame"] if mode == "k" else []
        await juliet.mode(balcony.channel, f"+{mode}", *argument)
        juliet.say(balcony.channel, f"now +{mode}")
        await romeo.expect_text(balcony.juliet_in_room, f"now +{mode}")
        features = (await romeo.disco(balcony.room)).features
        assert off not in features
        assert on in features
        await juliet.mode(balcony.channel, f"-{mode}", *argument)


async def test_the_domain_lists_its_networks(romeo):
    items = {i["jid"]: i.get("name") for i in await romeo.items(GATEWAY)}
    assert f"{NETWORK}@{GATEWAY}" in items


async def test_what_is_not_there_is_not_described(romeo, jid):
    for node in ("nothing", "http://jabber.org/protocol/nothing"):
        for to in jid.values():
            answer = await romeo.iq(
                to, f"<query xmlns='{DISCO_INFO}' node='{node}'/>"
            )
            assert answer.condition == "item-not-found", to


async def test_the_caps_hash_is_the_hash_of_disco(romeo):
    try:
        where, node, ver = await announced_caps(romeo)
    except Unseen:
        features = (await romeo.disco(GATEWAY)).features
        assert CAPS not in features
        raise
    for node in (f"{node}#{ver}", None):
        info = await romeo.disco(where, node=node)
        assert verification_string(info.query) == ver
