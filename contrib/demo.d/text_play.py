"""The second act: text messages, with Kannel as the network.  Steps are like
those of play.py; the far side is a telephone."""

import transcript as t
from servers import NUMBER, SMS_GATEWAY

MERCUTIO = "+33612345678"
RECEIVED = "{urn:xmpp:receipts}received"
REQUEST = "<request xmlns='urn:xmpp:receipts'/>"


def jid(number):
    return f"{number}@{SMS_GATEWAY}"


async def switch_on(romeo, phone):
    """Mercutio has nothing but a telephone"""
    t.far_sends("switches his telephone on")
    await phone.attach()
    await romeo.wait_for_service(SMS_GATEWAY)
    t.xmpp_sees(f"{SMS_GATEWAY} is there: it answers a ping")


async def text_to_phone(romeo, phone):
    """A telephone number is a JID; delivery is reported"""
    text = "Où es-tu, Mercutio ? È tardi… 5 €"
    t.xmpp_sends(f"to {jid(MERCUTIO)}: {text}")
    id = romeo.say(jid(MERCUTIO), text, "chat", [REQUEST])
    await phone.expect("the text", receiver=MERCUTIO, sender=NUMBER, text=text)
    t.far_sees(f"SMS from {NUMBER}: {text}")
    await romeo.expect(
        "the receipt",
        sender=jid(MERCUTIO),
        where=lambda s: s.find(RECEIVED) is not None
        and s.find(RECEIVED).get("id") == id,
    )
    t.xmpp_sees("✓ delivered")


async def text_to_xmpp(romeo, phone):
    """He answers"""
    text = "A plague o' both your houses! & @ home"
    t.far_sends(f"SMS to {NUMBER}: {text}")
    await phone.say(MERCUTIO, NUMBER, text)
    await romeo.expect_text(jid(MERCUTIO), text, kind="chat")
    t.xmpp_sees(f"from {jid(MERCUTIO)}: {text}")


async def long_text(romeo, phone):
    """Emoji and a long text: several parts on the air, one message"""
    text = " ".join(["Good night, good night! 🌹"] * 5)
    t.xmpp_sends(f"to {jid(MERCUTIO)}: {text}")
    romeo.say(jid(MERCUTIO), text, "chat")
    parts, n = [], 2
    while len(parts) < n:
        part = await phone.expect(
            "a part", receiver=MERCUTIO, part=len(parts) + 1
        )
        n = part.parts
        parts.append(part.text)
    if joined(parts) != text:
        raise OSError(f"the phone: {joined(parts)!r}")
    t.far_sees(f"SMS from {NUMBER}, {n} parts: {joined(parts)}")


def joined(parts):
    """Kannel may cut a surrogate pair in two."""
    octets = "".join(parts).encode("utf-16-be", "surrogatepass")
    return octets.decode("utf-16-be")


async def national(romeo, phone):
    """A number as it is dialled at home: the right address is told"""
    t.xmpp_sends(f"to {jid('0612345678')}: hello?")
    id = romeo.say(jid("0612345678"), "hello?", "chat")
    error = await romeo.expect_error(id, condition="gone")
    t.xmpp_sees(f"error: {error.error_text}")


PLAY = (switch_on, text_to_phone, text_to_xmpp, long_text, national)
