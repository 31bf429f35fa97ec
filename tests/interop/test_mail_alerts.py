"""What programs mail to targets: in rooms of a real XMPP server, and at people.

PASSERELLE_ALERTS=1000 in the environment is how many notifications are sent to
one room, 50 a second; else ALERTS.
"""

import asyncio
import email
import email.policy
import os
import re
import smtplib
import time
import urllib.request

import pytest
from hall import CONFIG_FORM, OWNER
from names import DOMAIN, MAIL_GATEWAY, ROOMS
from office import Office
from place import HOST, free_ports

TEST_S = 240
ALERTS = int(os.environ.get("PASSERELLE_ALERTS", "150"))
RATE = 50  # a second
CONNECTION = 100  # mails on one
TOKEN = "abcdefghijklmnopqrstuvwx23"
PROGRAM = "root@nas.example"
COMMANDS = "http://jabber.org/protocol/commands"
STANZA_ID = "{urn:xmpp:sid:0}stanza-id"
DIGEST = re.compile(r"… and (\d+) more mails? in \d+ s; the last: ")

# Each has a room of its own name, but for those of a person.
TARGETS = {
    "disk": "",
    "quiet": "flood = no",
    "loud": "",  # the flood rule as it is
    "steady": "burst = 5 per_minute = 60 hard_minute = 600"
    " hard_5_minutes = 0 hard_hour = 0",
    "asked": "replies = yes",
}


def target(name, to, more=""):
    return f'target "{name}" {{ to = "{to}" token = "{TOKEN}" {more} }}'


SECTIONS = "\n\t".join(
    [target(n, f"xmpp:{n}@{ROOMS}?join", more) for n, more in TARGETS.items()]
    + [target("pager", f"romeo@{DOMAIN}")]
)

DEVICES = """
	receive "devices" {{ protocol = "smtp"  listen = "{host}"  port = {port}
	                    auth = yes }}
"""


@pytest.fixture(scope="module")
def running_office(loop, scratch):
    (port,) = free_ports(1)
    office = Office(
        "prosody",
        scratch / "alerts",
        sections=SECTIONS + DEVICES.format(host=HOST, port=port),
        modules=("muc", "mam"),
        upload=True,
    )
    office.devices_port = port
    try:
        office.start()
        yield office
        status = loop.run_until_complete(office.end())
        complaints = office.complaints()
        assert not complaints, complaints
        assert status == 0, office.passerelle.tail(80)
    finally:
        office.kill()


@pytest.fixture
def office(loop, running_office):
    yield running_office
    loop.run_until_complete(running_office.part_all())


@pytest.fixture
def escalus(loop, office):
    """Owner of the rooms; administrator of the gateway."""
    return loop.run_until_complete(office.client("escalus"))


def address(name, behind=""):
    return f"{name}.{TOKEN}{behind}@{MAIL_GATEWAY}"


async def open_room(owner, name, nick=None):
    """Its owner makes it; it is there when the target is inside."""
    room = f"{name}@{ROOMS}"
    await owner.join(room, "owner")
    answer = await owner.iq(
        room,
        f"<query xmlns='{OWNER}'><x xmlns='jabber:x:data' type='submit'>"
        f"<field var='FORM_TYPE'><value>{CONFIG_FORM}</value></field>"
        "<field var='muc#roomconfig_persistentroom'><value>1</value></field>"
        "</x></query>",
        kind="set",
    )
    assert answer.type == "result", answer
    return room


async def seated(office, owner, name):
    """Tried anew at once: its room was not there when the gateway came."""
    answer = await command(owner, "target-enable", name=name)
    assert answer == f"{name} takes mail.", answer
    end = time.monotonic() + 30
    while True:
        states = await command(owner, "target-list")
        if re.search(rf"^{name} for \S+ in the room,", states, re.M):
            return
        assert time.monotonic() < end, states
        await asyncio.sleep(0.2)


async def open_target(office, owner, name):
    room = await open_room(owner, name)
    await seated(office, owner, name)
    return room


async def command(who, node, **fields):
    """The note of an ad-hoc command, or the text of its error."""
    answer = await who.iq(
        MAIL_GATEWAY,
        f"<command xmlns='{COMMANDS}' node='{node}' action='execute'/>",
        kind="set",
    )
    step = answer.find(f"{{{COMMANDS}}}command")
    if fields:
        values = "".join(
            f"<field var='{name}'><value>{value}</value></field>"
            for name, value in fields.items()
        )
        answer = await who.iq(
            MAIL_GATEWAY,
            f"<command xmlns='{COMMANDS}' node='{node}' action='complete'"
            f" sessionid='{step.get('sessionid')}'>"
            f"<x xmlns='jabber:x:data' type='submit'>{values}</x></command>",
            kind="set",
        )
    note = answer.find(f"{{{COMMANDS}}}command/{{{COMMANDS}}}note")
    assert note is not None, answer
    return note.text


# ---- one mail -----------------------------------------------------------


async def test_a_mail_appears_in_a_room_and_at_a_user(office, escalus):
    romeo = await office.client("romeo")
    romeo.send_presence(None)
    room = await open_target(office, escalus, "disk")
    mail = office.write(
        PROGRAM,
        address("disk"),
        "sda1: 98 %\n",
        subject="Cron <root@nas> cd / && df",
    )
    for name in ("disk", "pager"):
        assert not office.hand_in(mail, "", address(name))
    text = "cron root@nas: df\nsda1: 98 %"
    post = await escalus.expect_text(f"{room}/disk", text)
    assert post.find(STANZA_ID) is not None
    page = await romeo.expect(
        "the mail",
        kind="message",
        sender=f"pager@{MAIL_GATEWAY}",
        where=lambda s: s.body,
    )
    assert page.body == text
    assert page.type in ("normal", None, "")


async def test_how_bad_it_is_stands_in_the_address(office, escalus):
    room = await open_target(office, escalus, "disk")
    where = address("disk", ".crit")
    mail = office.write(
        PROGRAM, where, f"written to {where}\n", subject="sda is dying"
    )
    assert not office.hand_in(mail, PROGRAM, where)
    await escalus.expect_text(
        f"{room}/disk",
        "[CRIT] sda is dying\n"
        f"written to disk.***.crit@{MAIL_GATEWAY}",
    )


async def test_who_does_not_know_the_token_is_refused(office, escalus):
    await open_target(office, escalus, "disk")
    mail = office.write(PROGRAM, "disk", "hello\n")
    for local in (
        "disk.bbcdefghijklmnopqrstuvwx23",
        f"nobody.{TOKEN}",
        "bbcdefghijklmnopqrstuvwx23",
    ):
        to = f"{local}@{MAIL_GATEWAY}"
        refused = office.hand_in(mail, PROGRAM, to)
        code, text = refused[to]
        assert (code, text[:5]) == (550, b"5.1.1"), refused
    to = f"disk@{MAIL_GATEWAY}"
    code, text = office.hand_in(mail, PROGRAM, to)[to]
    assert (code, text[:5]) == (550, b"5.7.1"), text


async def test_a_device_logs_in_with_the_token(office):
    romeo = await office.client("romeo")
    romeo.send_presence(None)
    to = f"pager@{MAIL_GATEWAY}"
    mail = office.write("printer", to, "Toner low\n", subject="printer")
    data = mail.as_bytes(policy=email.policy.SMTP)
    with smtplib.SMTP(HOST, office.devices_port, timeout=30) as client:
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            client.sendmail("", [to], data)
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login("pager", TOKEN[::-1])
        client.login("pager", TOKEN)
        client.sendmail("", [to], data)
    await romeo.expect(
        "the mail",
        kind="message",
        sender=to,
        where=lambda s: s.body == "printer\nToner low",
    )


async def test_the_same_mail_is_said_once(office, escalus):
    room = await open_target(office, escalus, "disk")
    mail = office.write(PROGRAM, address("disk"), "once\n", subject="twice")
    for _ in range(3):
        assert not office.hand_in(mail, PROGRAM, address("disk"))
    other = office.write(PROGRAM, address("disk"), "end\n", subject="other")
    assert not office.hand_in(other, PROGRAM, address("disk"))
    await escalus.expect_text(f"{room}/disk", "twice\nonce")
    await escalus.expect_text(f"{room}/disk", "other\nend")
    assert bodies(escalus, f"{room}/disk").count("twice\nonce") == 1


async def test_what_does_not_fit_and_pictures_are_files(office, escalus):
    room = await open_target(office, escalus, "disk")
    lines = [f"line {i} for {address('disk')}" for i in range(100)]
    mail = office.write(
        PROGRAM, address("disk"), "\n".join(lines), subject="camera"
    )
    picture = bytes(range(256)) * 20
    mail.add_attachment(
        picture, maintype="image", subtype="jpeg", filename="door.jpg"
    )
    assert not office.hand_in(mail, PROGRAM, address("disk"))
    shown = [line.replace(TOKEN, "***") for line in lines]
    await escalus.expect_text(
        f"{room}/disk",
        "\n".join(["camera", *shown[:40], "… (60 more lines)"]),
    )
    found = []
    for _ in range(2):
        link = await escalus.expect(
            "a file",
            kind="message",
            sender=f"{room}/disk",
            where=lambda s: (s.body or "").startswith("http://"),
        )
        found.append(await asyncio.to_thread(fetch, link.body))
    assert found == ["\n".join(shown).encode(), picture]


def fetch(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read()


async def test_a_target_of_a_command_has_an_address_of_its_own(
    office, escalus
):
    room = await open_room(escalus, "made")
    answer = await command(
        escalus, "target-new", name="made", to=f"xmpp:{room}?join", nick="NAS"
    )
    where = re.match(r"Mail to (made\.\S+@\S+) goes to ", answer)[1]
    await seated(office, escalus, "made")
    mail = office.write(PROGRAM, where, "hello\n", subject="news")
    assert not office.hand_in(mail, PROGRAM, where)
    await escalus.expect_text(f"{room}/NAS", "news\nhello")
    await command(escalus, "target-delete", name="made")
    code, text = office.hand_in(mail, PROGRAM, where)[where]
    assert (code, text[:5]) == (550, b"5.1.1"), text


async def test_an_answer_of_a_member_is_mailed(office, escalus):
    room = await open_target(office, escalus, "asked")
    asker = office.new_name()
    mail = office.write(asker, address("asked"), "shall I?\n", subject="well")
    assert not office.hand_in(mail, asker, address("asked"))
    post = await escalus.expect_text(f"{room}/asked", "well\nshall I?")
    escalus.say(
        room,
        "do it",
        extra=[
            "<reply xmlns='urn:xmpp:reply:0'"
            f" to='{room}/asked' id='{post.find(STANZA_ID).get('id')}'/>"
        ],
    )
    came = await office.at_far_side(lambda m: asker in m.recipients)
    answer = email.message_from_bytes(came.data)
    assert answer["Subject"] == "Re: well"
    assert answer["In-Reply-To"] == mail["Message-ID"]
    assert answer.get_payload(decode=True).decode().strip() == "do it"


# ---- many ---------------------------------------------------------------


def bodies(client, sender):
    """All that was seen from there so far, in order."""
    return [
        s.body
        for s in client.inbox.history
        if s.kind == "message" and s.sender == sender and s.body
    ]


def send_one(client, name, mail):
    """False: it has to wait."""
    try:
        client.sendmail(PROGRAM, [address(name)], mail.as_bytes())
    except smtplib.SMTPRecipientsRefused as refused:
        code, text = refused.recipients[address(name)]
        assert (code, text[:5]) == (450, b"4.7.1"), text
        return False
    except smtplib.SMTPDataError as refused:
        assert refused.smtp_code == 450, refused
        return False
    return True


def send_many(office, name, numbers):
    """RATE a second, CONNECTION on each connection, as mail servers do.  Those
    that are to wait."""
    later, start, client = [], time.monotonic(), None
    for sent, i in enumerate(numbers):
        time.sleep(max(0, start + sent / RATE - time.monotonic()))
        if sent % CONNECTION == 0:
            if client:
                client.quit()
            client = smtplib.LMTP(HOST, office.lmtp_port, timeout=30)
        mail = office.write(
            PROGRAM, address(name), "text\n", subject=f"{name} {i}"
        )
        mail.replace_header("Message-ID", f"<{name}.{i}@nas.example>")
        if not send_one(client, name, mail):
            later.append(i)
    client.quit()
    return later


def said_and_counted(client, room, name):
    seen = bodies(client, f"{room}/{name}")
    counted = sum(int(DIGEST.match(b)[1]) for b in seen if DIGEST.match(b))
    said = [
        int(b.split("\n")[0].split()[1])
        for b in seen
        if b.startswith(f"{name} ")
    ]
    return said, counted


async def test_without_the_flood_rule_all_are_said_in_order(office, escalus):
    room = await open_target(office, escalus, "quiet")
    later = await asyncio.to_thread(
        send_many, office, "quiet", range(ALERTS)
    )
    assert not later
    await escalus.expect_text(
        f"{room}/quiet", f"quiet {ALERTS - 1}\ntext", deadline_s=60
    )
    said, counted = said_and_counted(escalus, room, "quiet")
    assert said == list(range(ALERTS))
    assert counted == 0


async def test_of_a_flood_none_is_lost(office, escalus):
    """What was said, counted and put off are all there were; what was put off
    and comes again is said or counted, too."""
    loud = await open_target(office, escalus, "loud")
    steady = await open_target(office, escalus, "steady")
    put_off = await asyncio.to_thread(
        send_many, office, "loud", range(ALERTS)
    )
    assert put_off
    waiting, end = list(range(ALERTS)), time.monotonic() + 60 + ALERTS / 5
    while waiting:
        waiting = await asyncio.to_thread(
            send_many, office, "steady", waiting
        )
        assert time.monotonic() < end, waiting
        await asyncio.sleep(1)
    end = time.monotonic() + 90
    while True:
        sums = [
            said_and_counted(escalus, loud, "loud"),
            said_and_counted(escalus, steady, "steady"),
        ]
        totals = [len(said) + counted for said, counted in sums]
        if totals == [ALERTS - len(put_off), ALERTS]:
            break
        assert time.monotonic() < end, (totals, len(put_off))
        await asyncio.sleep(0.5)
    for said, counted in sums:
        assert counted > 0
        assert said == sorted(said) or said == list(dict.fromkeys(said))
