"""InspIRCd with Atheme behind it: accounts."""

import asyncio

import pytest
from atheme import Atheme
from corner import Corner
from inspircd import Inspircd
from names import GATEWAY
from test_commands import change, execute, submit
from xmppclient import Refused

NETWORK = "verona"
AT = f"{NETWORK}@{GATEWAY}"
ROOM = f"#balcony%{NETWORK}@{GATEWAY}"


@pytest.fixture
def corner(certificates, tmp_path):
    irc = Inspircd(tmp_path, certificates, services=True)
    corner = Corner(
        tmp_path,
        certificates,
        {NETWORK: (irc, "interval_ms = 0")},
        behind=[Atheme(tmp_path, irc)],
    )
    try:
        corner.start()
        yield corner
    finally:
        corner.kill()


async def register(corner, account, password):
    """By hand, as people do; services come some moments after the server."""
    peer = await corner.peer(account, NETWORK)
    for _ in range(40):
        peer.send(f"PRIVMSG NickServ :REGISTER {password} a@verona.test")
        line = await peer.inbox.expect(
            "an answer",
            lambda line: line.command in ("401", "900")
            or line.command == "NOTICE"
            and line.nick == "NickServ",
        )
        if line.command == "900":
            await peer.close()
            return
        await asyncio.sleep(0.25)
    raise AssertionError("no services")


async def account_of(peer, nick):
    """By WHOIS; None without one."""
    peer.send(f"WHOIS {nick}")
    account = None
    while True:
        line = await peer.inbox.expect(
            "WHOIS", lambda line: line.command in ("330", "318")
        )
        if line.command == "318":
            return account
        account = line.params[2]


async def test_sasl_plain_logs_in_before_anybody_sees_the_nick(corner):
    await register(corner, "montague", "a:b%c\u00e9")
    romeo = await corner.client("romeo")
    await change(
        romeo,
        AT,
        sasl_account="montague",
        sasl_password="a:b%c\u00e9",
        sasl_required="1",
    )
    await romeo.join(ROOM, "romeo")
    juliet = await corner.peer("juliet", NETWORK)
    assert await account_of(juliet, "romeo") == "montague"
    assert await corner.end() == 0


async def certificate(client, **answer):
    """The command at the network; gives its last text."""
    shown = await execute(client, AT, "certificate")
    done = await submit(client, AT, "certificate", shown.session, answer)
    assert done.state == "completed", done.answer
    return done.text


async def test_a_certificate_made_here_logs_in_by_external(corner):
    await register(corner, "montague", "wherefore")
    romeo = await corner.client("romeo")
    text = await certificate(romeo, make="1")
    sha256 = text.split("SHA-256 ")[1].split()[0]
    sha512 = text.split("SHA-512 ")[1].split()[0]
    assert (len(sha256), len(sha512)) == (64, 128)
    montague = await corner.peer("montague", NETWORK)
    montague.send("PRIVMSG NickServ :IDENTIFY wherefore")
    await montague.inbox.expect("a login", lambda l: l.command == "900")
    # What InspIRCd calls the fingerprint is one of them.
    for hex in (sha256, sha512):
        montague.send(f"PRIVMSG NickServ :CERT ADD {hex}")
    await montague.inbox.expect(
        "it is added",
        lambda l: l.command == "NOTICE" and "fingerprint" in l.text.lower(),
    )
    await asyncio.sleep(0.5)
    await change(romeo, AT, sasl_required="1", sasl_mechanism="EXTERNAL")
    await romeo.join(ROOM, "romeo")
    juliet = await corner.peer("juliet", NETWORK)
    assert await account_of(juliet, "romeo") == "montague"
    assert await corner.end() == 0


async def test_a_wrong_password_keeps_him_out_and_is_not_tried_again(corner):
    await register(corner, "montague", "wherefore")
    romeo = await corner.client("romeo")
    await change(
        romeo,
        AT,
        sasl_account="montague",
        sasl_password="rosaline",
        sasl_required="1",
    )
    with pytest.raises(Refused) as refused:
        await romeo.join(ROOM, "romeo")
    assert refused.value.stanza.condition is not None
    await asyncio.sleep(4)
    log = corner.passerelle.log()
    assert log.count("was=loading is=connecting") + log.count(
        "was=idle is=connecting"
    ) == 1, "a wrong password is hammered"
    assert await corner.end() == 0


async def test_who_identifies_by_hand_says_it_to_nobody_else(corner):
    await register(corner, "romeo", "wherefore")
    juliet = await corner.peer("juliet", NETWORK)
    await juliet.join("#balcony")
    romeo = await corner.client("romeo")
    await romeo.join(ROOM, "romeo")
    id = romeo.say(ROOM, "/ns IDENTIFY wherefore")
    await romeo.expect("it is taken", kind="message", id=id, type="groupchat")
    await romeo.expect(
        "NickServ's answer",
        kind="message",
        where=lambda s: s.body and "identified" in s.body,
    )
    assert await account_of(juliet, "romeo") == "romeo"
    heard = [
        line
        for line in juliet.inbox.history
        if line.command == "PRIVMSG" and line.params[0] == "#balcony"
    ]
    assert not heard
    assert await corner.end() == 0


async def test_who_is_logged_in_is_known_by_that_under_any_nick(corner):
    await register(corner, "angelica", "wherefore")
    romeo = await corner.client("romeo")
    await romeo.join(ROOM, "romeo")
    ids = set()
    for nick in ("nurse", "maid"):
        peer = await corner.peer(nick, NETWORK)
        peer.send("PRIVMSG NickServ :IDENTIFY angelica wherefore")
        await peer.inbox.expect("a login", lambda l: l.command == "900")
        await peer.join("#balcony")
        seen = await romeo.expect(
            f"{nick} and her hat",
            where=lambda s: s.sender == f"{ROOM}/{nick}"
            and s.find(".//{urn:xmpp:hats:0}hat") is not None,
        )
        hat = seen.find(".//{urn:xmpp:hats:0}hat")
        assert hat.get("title") == "account angelica"
        ids.add(seen.find("{urn:xmpp:occupant-id:0}occupant-id").get("id"))
        await peer.close()
    assert len(ids) == 1
    assert await corner.end() == 0
