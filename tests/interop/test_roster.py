"""What a user has in his roster: the gateway, networks, people."""

import pytest
from names import GATEWAY

ROSTER = "jabber:iq:roster"


async def subscribe(client, to):
    """Who has not asked for his roster is told nothing of its changes."""
    await client.iq(client.bare, f"<query xmlns='{ROSTER}'/>")
    client.send_presence(to, kind="subscribe")
    await client.expect(
        f"{to} agrees", kind="presence", type="subscribed", sender=to
    )


async def take_out(client, to):
    """As clients do it: the server ends both ways for them."""
    answer = await client.iq(
        client.bare,
        f"<query xmlns='{ROSTER}'>"
        f"<item jid='{to}' subscription='remove'/></query>",
        kind="set",
    )
    assert answer.type == "result" or answer.condition == "item-not-found"


async def presence(client, who, type, **more):
    return await client.expect(
        f"presence {type or 'available'} of {who}",
        kind="presence",
        sender=who,
        type=type,
        **more,
    )


@pytest.fixture
def contact(stage):
    return stage.contact("juliet")


async def test_somebody_in_the_roster_is_there_and_gone(
    stage, romeo, juliet, balcony, contact
):
    await subscribe(romeo, contact)
    await presence(romeo, contact, "")
    juliet.send("QUIT :to bed")
    await presence(romeo, contact, "unavailable")
    await take_out(romeo, contact)


async def test_who_is_not_there_yet_comes(stage, romeo, balcony):
    if stage.name.endswith("ngircd"):
        pytest.skip("asked once a minute there")
    rosaline = stage.contact("rosaline")
    await subscribe(romeo, rosaline)
    await romeo.barrier(GATEWAY)
    await stage.peer("rosaline")
    await presence(romeo, rosaline, "")
    await take_out(romeo, rosaline)


async def test_who_is_away_is_shown_as_away(
    stage, romeo, juliet, balcony, contact
):
    await subscribe(romeo, contact)
    await presence(romeo, contact, "")
    juliet.send("AWAY :asleep")
    await juliet.barrier()
    romeo.say(contact, "Thou wilt fall backward", kind="chat")
    seen = await presence(
        romeo,
        contact,
        "",
        where=lambda s: s.xml.findtext("{jabber:client}show") == "away",
    )
    assert seen.xml.findtext("{jabber:client}status") == "asleep"
    await take_out(romeo, contact)


async def test_a_client_that_comes_is_told_once(stage, romeo):
    """Its server tells of it and asks: two stanzas, one answer."""
    paris = stage.contact("paris")
    await take_out(romeo, GATEWAY)  # another test may have asked for it
    for who in (GATEWAY, paris):
        await subscribe(romeo, who)
    await romeo.barrier(GATEWAY)
    await romeo.close()
    await romeo.connect()
    await presence(romeo, GATEWAY, "")
    await presence(romeo, paris, "unavailable")
    await romeo.barrier(GATEWAY)
    seen = [
        s.sender
        for s in romeo.inbox.history
        if s.kind == "presence" and s.sender in (GATEWAY, paris)
    ]
    assert sorted(seen) == sorted((GATEWAY, paris))
    for who in (GATEWAY, paris):
        await take_out(romeo, who)


async def test_what_was_taken_out_is_forgotten(stage, romeo):
    paris = stage.contact("paris")
    await subscribe(romeo, paris)
    await take_out(romeo, paris)
    await romeo.barrier(GATEWAY)
    await romeo.close()
    await romeo.connect()
    await romeo.barrier(GATEWAY)
    assert not any(s.sender == paris for s in romeo.inbox.history)
