"""What networks want of gateways: to tell our users apart."""

import asyncio
import socket

import pytest
from corner import Corner
from inspircd import Inspircd
from names import GATEWAY

NETWORK = "verona"
ROOM = f"#balcony%{NETWORK}@{GATEWAY}"
IDENT_PORT = 113


def make(certificates, tmp_path, irc, network, options=""):
    return Corner(
        tmp_path,
        certificates,
        {NETWORK: (irc, f"interval_ms = 0\n{network}")},
        options=options,
    )


async def whois(peer, nick):
    """User name and host, as others see them."""
    peer.send(f"WHOIS {nick}")
    line = await peer.inbox.expect(
        "WHOIS", lambda line: line.command == "311"
    )
    await peer.inbox.expect(
        "the end of it", lambda line: line.command == "318"
    )
    return line.params[2], line.params[3]


async def enter(corner, *users):
    for user in users:
        client = await corner.client(user)
        await client.join(ROOM, user)


async def test_a_network_is_told_each_users_address(certificates, tmp_path):
    corner = make(
        certificates,
        tmp_path,
        Inspircd(tmp_path, certificates, webirc="hush"),
        'source_prefix = "10.0.0.0/8"  webirc_password = "hush"',
    )
    try:
        corner.start()
        peer = await corner.peer("juliet", NETWORK)
        await enter(corner, "romeo", "benvolio")
        user, host = await whois(peer, "romeo")
        other_user, other_host = await whois(peer, "benvolio")
        # This server takes the address and looks up the host itself.
        assert host.startswith("10."), host
        assert other_host != host
        assert other_user != user
        assert "hush" not in corner.passerelle.log()
        assert await corner.end() == 0
    finally:
        corner.kill()


async def ask(address, line):
    reader, writer = await asyncio.open_connection(address, IDENT_PORT)
    writer.write(line)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return answer


def may_listen():
    try:
        with socket.create_server(("127.0.0.1", IDENT_PORT)):
            return True
    except OSError:
        return False


@pytest.mark.skipif(not may_listen(), reason="port 113 is not to be had")
async def test_a_server_asks_whose_connection_that_is(certificates, tmp_path):
    corner = make(
        certificates,
        tmp_path,
        Inspircd(tmp_path, certificates, ident=True),
        'source_prefix = "127.0.0.0/8"',
        'ident_address = "0.0.0.0"',
    )
    try:
        corner.start()
        peer = await corner.peer("juliet", NETWORK)
        await enter(corner, "romeo", "benvolio")
        seen = [await whois(peer, nick) for nick in ("romeo", "benvolio")]
        # Who is not asked or does not answer has a ~ in front.
        assert all(user.startswith("x") for user, _ in seen), seen
        assert seen[0] != seen[1]
        wrong = await ask("127.0.0.1", b"1, 6697\r\n")
        assert wrong == b"1, 6697 : ERROR : NO-USER\r\n"
        assert await corner.end() == 0
    finally:
        corner.kill()
