"""The servers and the clients of the tests themselves, without Passerelle.

When these fail, look here before looking for a fault in the program.
"""

import pytest
from ircpeer import IrcPeer
from names import DOMAIN
from stage import IRC_SERVERS, XMPP_SERVERS
from xmppclient import XmppClient


@pytest.fixture(scope="module", params=XMPP_SERVERS)
def xmpp_server(request, scratch):
    folder = scratch / f"harness-{request.param}"
    folder.mkdir()
    server = XMPP_SERVERS[request.param](folder)
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module", params=IRC_SERVERS)
def irc_server(request, scratch, certificates):
    folder = scratch / f"harness-{request.param}"
    folder.mkdir()
    folder.chmod(0o755)
    server = IRC_SERVERS[request.param](folder, certificates)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def words(scratch):
    with open(scratch / "harness.log", "a") as log:
        yield log


async def test_two_xmpp_users_talk(xmpp_server, words):
    port = xmpp_server.c2s_port
    romeo = await XmppClient(f"romeo@{DOMAIN}/a", port, words).connect()
    benvolio = await XmppClient(f"benvolio@{DOMAIN}/b", port, words).connect()
    romeo.say(benvolio.jid, "Is the day so yöung? 🌅 <&>", kind="chat")
    await benvolio.expect_text(
        romeo.jid, "Is the day so yöung? 🌅 <&>", kind="chat"
    )
    await romeo.ping(DOMAIN)  # without mod_ping it answers with an error
    await romeo.close()
    await benvolio.close()


async def test_an_xmpp_server_comes_back_on_its_port(xmpp_server, words):
    port = xmpp_server.c2s_port
    romeo = await XmppClient(f"romeo@{DOMAIN}/a", port, words).connect()
    xmpp_server.kill()
    xmpp_server.start()
    await romeo.close()
    await romeo.connect()
    await romeo.ping(DOMAIN)  # without mod_ping it answers with an error
    romeo.break_connection()


async def test_two_irc_users_talk(irc_server, words):
    juliet = await IrcPeer("juliet", irc_server.port, words).connect()
    nurse = await IrcPeer("nurse", irc_server.port, words).connect()
    await juliet.join("#capulet")
    await nurse.join("#capulet")
    nurse.say("#capulet", "any byte \udcff and ümläut")
    await juliet.expect_text(
        "#capulet", "any byte \udcff and ümläut", nick="nurse"
    )
    assert await juliet.names("#capulet") == {"juliet", "nurse"}
    await nurse.leave_all()
    await juliet.expect("the nurse leaving", "PART", "#capulet", nick="nurse")
    await juliet.close()
    await nurse.close()


async def test_an_irc_server_comes_back_on_its_port(irc_server, words):
    juliet = await IrcPeer("juliet", irc_server.port, words).connect()
    irc_server.kill()
    await juliet.closed()
    irc_server.start()
    juliet = await IrcPeer("juliet", irc_server.port, words).connect()
    await juliet.close()
