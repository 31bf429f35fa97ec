"""The conversation: each step does something on one side and waits until the
other side has seen it.  The first line of a step's text is its title."""

import transcript as t
from inbox import Unseen
from servers import DOMAIN, GATEWAY, NETWORK
from xmppclient import KICKED, NICK_CHANGED, SELF

CHANNEL = "#balcony"
ROOM = f"{CHANNEL}%{NETWORK}@{GATEWAY}"


def contact(nick):
    return f"{nick}%{NETWORK}@{GATEWAY}"


def presence(romeo, nick, what, **more):
    """Waits until Romeo sees that occupant of the room."""
    sender = f"{ROOM}/{nick}"
    return romeo.expect(what, kind="presence", sender=sender, **more)


async def log_in(romeo, juliet):
    """Both log in, each at a server of their own"""
    t.xmpp_sends(f"{romeo.bare} logs in at Prosody, STARTTLS")
    await romeo.connect()
    t.far_sends("juliet connects to ngIRCd, TLS")
    await juliet.connect()
    await romeo.wait_for_service(GATEWAY)
    t.xmpp_sees(f"{GATEWAY} is there: it answers a ping")


async def open_channel(romeo, juliet):
    """Juliet opens an IRC channel"""
    t.far_sends(f"/join {CHANNEL}")
    juliet.send(f"JOIN {CHANNEL}")
    await juliet.expect("juliet in her channel", "JOIN", CHANNEL)
    t.far_sees(f"* juliet has joined {CHANNEL}")


async def join(romeo, juliet):
    """Romeo joins it as a room; Passerelle connects to ngIRCd for him, TLS"""
    t.xmpp_sends(f"joins {ROOM}")
    romeo.ask_to_join(ROOM, "romeo")
    await juliet.expect("romeo joining", "JOIN", CHANNEL, nick="romeo")
    t.far_sees(f"* romeo has joined {CHANNEL}")
    await presence(romeo, "juliet", "juliet in the room")
    t.xmpp_sees("* juliet is here")
    await presence(romeo, "romeo", "himself in the room", code=SELF)
    t.xmpp_sees("* you are here, as romeo")


async def words_to_irc(romeo, juliet):
    """Words from XMPP to IRC, with accents and emoji"""
    text = "Ô douce Juliette, où êtes-vous ? 🌹 <3"
    t.xmpp_sends(f"<romeo> {text}")
    romeo.say(ROOM, text, "groupchat")
    await juliet.expect("romeo's words", "PRIVMSG", CHANNEL, text, nick="romeo")
    t.far_sees(f"<romeo> {text}")
    await romeo.expect_text(f"{ROOM}/romeo", text)


async def words_to_xmpp(romeo, juliet):
    """Words from IRC to XMPP"""
    text = "Here, on the bälcony! 🎭 «Wherefore art thou»? & so on ☕"
    t.far_sends(f"<juliet> {text}")
    juliet.send(f"PRIVMSG {CHANNEL} :{text}")
    await romeo.expect_text(f"{ROOM}/juliet", text)
    t.xmpp_sees(f"<juliet> {text}")


async def private_to_irc(romeo, juliet):
    """A private message: her nick is a JID"""
    text = "Nobody else reads this 🤫"
    t.xmpp_sends(f"to {contact('juliet')}: {text}")
    romeo.say(contact("juliet"), text, "chat")
    await juliet.expect("the private message", "PRIVMSG", "juliet", text,
                        nick="romeo")
    t.far_sees(f"[private] <romeo> {text}")


async def private_to_xmpp(romeo, juliet):
    """And her private answer"""
    text = "Bien sûr 😊"
    t.far_sends(f"/msg romeo {text}")
    juliet.send(f"PRIVMSG romeo :{text}")
    await romeo.expect_text(contact("juliet"), text, kind="chat")
    t.xmpp_sees(f"from {contact('juliet')}: {text}")


async def topic_to_xmpp(romeo, juliet):
    """The topic, set on IRC"""
    text = "Vérone, deux heures du matin 🌙"
    t.far_sends(f"/topic {text}")
    juliet.send(f"TOPIC {CHANNEL} :{text}")
    await romeo.expect("the new subject", sender=f"{ROOM}/juliet", subject=text)
    t.xmpp_sees(f"* juliet has set the subject: {text}")


async def topic_to_irc(romeo, juliet):
    """The topic, set on XMPP"""
    text = "It is the east, and Juliet is the sun 🌞"
    t.xmpp_sends(f"sets the subject: {text}")
    romeo.set_subject(ROOM, text)
    await juliet.expect("the new topic", "TOPIC", CHANNEL, text, nick="romeo")
    t.far_sees(f"* romeo has set the topic: {text}")


async def nick_to_xmpp(romeo, juliet):
    """Juliet takes another nick"""
    t.far_sends("/nick capulet")
    juliet.send("NICK capulet")
    await presence(romeo, "juliet", "juliet renamed", type="unavailable",
                   code=NICK_CHANGED,
                   where=lambda s: s.item.get("nick") == "capulet")
    await presence(romeo, "capulet", "capulet present", type="")
    t.xmpp_sees("* juliet is now known as capulet")


async def nick_to_irc(romeo, juliet):
    """Romeo takes another nick"""
    t.xmpp_sends("changes his nick to montague")
    romeo.send_presence(f"{ROOM}/montague")
    await juliet.expect("romeo renamed", "NICK", "montague", nick="romeo")
    t.far_sees("* romeo is now known as montague")
    await presence(romeo, "montague", "his new nick", type="", code=SELF)


async def kick(romeo, juliet):
    """Juliet kicks Romeo out"""
    why = "the nurse is coming 🏃"
    t.far_sends(f"/kick montague {why}")
    juliet.send(f"KICK {CHANNEL} montague :{why}")
    await presence(romeo, "montague", "being kicked", type="unavailable",
                   code=KICKED, reason=why)
    t.xmpp_sees(f"* you have been kicked: {why}")


async def rejoin_and_leave(romeo, juliet):
    """He comes back, and goes by himself"""
    t.xmpp_sends(f"joins {ROOM} again")
    romeo.ask_to_join(ROOM, "montague")
    await juliet.expect("montague back", "JOIN", CHANNEL, nick="montague")
    t.far_sees(f"* montague has joined {CHANNEL}")
    await presence(romeo, "montague", "himself in the room again", type="",
                   code=SELF)
    t.xmpp_sends("leaves: parting is such sweet sorrow")
    romeo.leave(ROOM, "montague", "parting is such sweet sorrow")
    await juliet.expect("montague leaving", "PART", CHANNEL, nick="montague")
    t.far_sees(f"* montague has left {CHANNEL}")


PLAY = (
    log_in,
    open_channel,
    join,
    words_to_irc,
    words_to_xmpp,
    private_to_irc,
    private_to_xmpp,
    topic_to_xmpp,
    topic_to_irc,
    nick_to_xmpp,
    nick_to_irc,
    kick,
    rejoin_and_leave,
)


class StepFailed(Exception):
    """What a step did was not seen on the other side."""


async def perform(steps, first, romeo, other, who):
    """One act, its steps numbered from first."""
    t.heading(f"Romeo on XMPP ({DOMAIN})", who)
    for number, step in enumerate(steps, first):
        t.step(number, step.__doc__)
        try:
            await step(romeo, other)
        except (Unseen, OSError) as problem:
            raise StepFailed(f"step {number}, not seen by {problem}") from None
