"""Local programs that call sendmail, Postfix with the snippet of contrib/, and
Passerelle as `make install` leaves it: what must not bounce, and what waits."""

import asyncio
import os
import re
import smtplib
import subprocess
import time
from pathlib import Path

import mta
import pytest
from hall import CONFIG_FORM, OWNER
from names import DOMAIN, MAIL_GATEWAY, ROOMS
from office import Office
from passerelle import find_program as find_passerelle
from place import HOST, TOP, find_program
from process import wait_until

TEST_S = 240
CLOSED_S = 60  # a room is closed that long before anybody is told to wait
STAGES = ()
WHY_NOT = mta.can_start()
pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))

TOKEN = "abcdefghijklmnopqrstuvwx23"
PAGER = f"pager.{TOKEN}@{MAIL_GATEWAY}"
DISK = f"disk.{TOKEN}@{MAIL_GATEWAY}"
DEVICE, STRANGER = "127.0.0.2", "127.0.0.9"  # in Postfix' networks, and not
ROOM = f"disk@{ROOMS}"
SECTIONS = f"""
	target "pager" {{ to = "romeo@{DOMAIN}"  token = "{TOKEN}" }}
	target "disk"  {{ to = "xmpp:{ROOM}?join"  token = "{TOKEN}" }}
"""


def installed(folder):
    """The program that `make install` puts below the folder, of the build that
    is under test."""
    build = Path(find_passerelle()).parent
    subprocess.run(
        # What is built is not built again.
        ["make", "-s", "-o", "all", "install", f"BUILD={build}", f"DESTDIR={folder}"],
        cwd=TOP,
        env={k: v for k, v in os.environ.items() if not k.startswith("MAKE")},
        check=True,
    )
    return folder / "usr/local/sbin/passerelle"


@pytest.fixture(scope="module")
def running_office(loop, scratch):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PASSERELLE", str(installed(scratch / "installed")))
        office = Office(
            "prosody",
            scratch / "postfix",
            "postfix",
            options="hold_ms = 0",
            sections=SECTIONS,
            modules=("muc", "mam"),
        )
    try:
        office.start()
        yield office
        status = loop.run_until_complete(office.end())
        assert not office.complaints()
        assert status == 0, office.passerelle.tail(80)
    finally:
        office.kill()


@pytest.fixture
def office(loop, running_office):
    yield running_office
    loop.run_until_complete(running_office.part_all())


@pytest.fixture
def romeo(loop, office):
    return loop.run_until_complete(office.client("romeo"))


def sendmail(office, to, data):
    """As cron does it: a local program, which says nothing of SMTPUTF8."""
    config = office.mta.config
    subprocess.run(
        [find_program("sendmail"), "-C", config, "-oi", "-f", "root@nas.example", to],
        input=data,
        check=True,
        timeout=30,
    )


@pytest.fixture
def office_of_networks(loop, scratch):
    known = "postfix-of-networks"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(mta.MTAS, known, mta.PostfixOfNetworks)
        office = Office(
            "prosody",
            scratch / "networks",
            known,
            receive_options=f'xforward = {{ "{HOST}" }}',
            sections=f'target "printer" {{ to = "romeo@{DOMAIN}"'
            f'  networks = {{ "{DEVICE}" }} }}',
        )
    try:
        office.start()
        yield office
        status = loop.run_until_complete(office.end())
        assert not office.complaints()
        assert status == 0, office.passerelle.tail(80)
    finally:
        office.kill()


async def test_a_device_is_known_by_its_network(office_of_networks):
    office = office_of_networks
    romeo = await office.client("romeo")
    romeo.send_presence(None)
    printer = f"printer@{MAIL_GATEWAY}"
    data = b"From: printer@lan.example\nSubject: toner\n\nlow\n"

    def hand_in(address):
        with smtplib.SMTP(
            HOST, office.mta.smtp_port, timeout=30, source_address=(address, 0)
        ) as client:
            client.sendmail("printer@lan.example", [printer], data)

    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        await asyncio.to_thread(hand_in, STRANGER)
    assert refused.value.recipients[printer][0] == 550
    await asyncio.to_thread(hand_in, DEVICE)
    await romeo.expect(
        "the mail",
        sender=printer,
        where=lambda s: s.body == "toner\nlow",
    )


async def test_what_is_installed_finds_its_workers(office, romeo):
    mailbox = await office.register(romeo, "romeo", "Romeo")
    bob = office.new_name()
    romeo.say(office.jid(bob), "out", kind="chat")
    await office.at_far_side(lambda m: m.recipients == [bob])
    mail = office.write(bob, mailbox, "and in\n")
    assert await asyncio.to_thread(office.hand_in, mail, bob, mailbox) == {}
    await romeo.expect(
        "the mail",
        sender=office.jid(bob),
        where=lambda s: "and in" in (s.body or ""),
    )


@pytest.mark.parametrize("charset", ["utf-8", "latin-1"])
async def test_a_raw_accent_of_cron_does_not_bounce(office, romeo, charset):
    romeo.send_presence(None)
    subject = f"Cron <root@nas> /opt/relevé {charset}"
    text = f"From: root@nas.example (Cron Démon)\nTo: {PAGER}\nSubject: {subject}\n\nà 98 %\n"
    await asyncio.to_thread(sendmail, office, PAGER, text.encode(charset))
    said = await romeo.expect(
        "what cron said",
        sender=f"pager@{MAIL_GATEWAY}",
        where=lambda s: charset in (s.body or ""),
    )
    assert f"relevé {charset}" in said.body and "à 98 %" in said.body


async def test_postfix_keeps_what_a_closed_room_cannot_take(office):
    await asyncio.to_thread(wait_until_told_to_wait, office)
    data = f"From: root@nas.example\nTo: {DISK}\nSubject: sda1\n\nfull\n"
    await asyncio.to_thread(sendmail, office, DISK, data.encode())
    await asyncio.to_thread(wait_until_deferred, office)
    escalus = await office.client("escalus")
    await open_room(escalus)
    await escalus.expect_text(f"{ROOM}/disk", "sda1\nfull", deadline_s=90)


def wait_until_told_to_wait(office):
    """Nobody has made that room."""
    end = time.monotonic() + 2 * CLOSED_S
    while answer_to_rcpt(office) != 450:
        assert time.monotonic() < end, "the room counts as open"
        time.sleep(2)


def wait_until_deferred(office):
    wait_until(
        "Postfix keeps it",
        lambda: re.search(
            r"status=deferred .*said: 450 4\.3\.2", office.mta.maillog()
        ),
    )


def answer_to_rcpt(office):
    with smtplib.LMTP(HOST, office.lmtp_port, timeout=30) as client:
        client.ehlo_or_helo_if_needed()
        client.mail("root@nas.example")
        return client.rcpt(DISK)[0]


async def open_room(owner):
    await owner.join(ROOM, "owner")
    answer = await owner.iq(
        ROOM,
        f"<query xmlns='{OWNER}'><x xmlns='jabber:x:data' type='submit'>"
        f"<field var='FORM_TYPE'><value>{CONFIG_FORM}</value></field>"
        "<field var='muc#roomconfig_persistentroom'><value>1</value></field>"
        "</x></query>",
        kind="set",
    )
    assert answer.type == "result", answer
