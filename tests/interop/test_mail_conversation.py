"""A conversation between a person of ours and somebody with a mailbox, by the
real worker, a scripted mail server and real XMPP servers."""

import email
import email.policy

import pytest
from booth import XMPP_SERVERS
from names import MAIL_GATEWAY
from office import Office

REGISTER = "jabber:iq:register"
RECEIPTS = "urn:xmpp:receipts"
REQUEST = f"<request xmlns='{RECEIPTS}'/>"
REPLY = "{urn:xmpp:reply:0}reply"
ROMEO = f"romeo@{MAIL_GATEWAY}"

DSN = """\
From: MAILER-DAEMON@far.example
To: {to}
Subject: Undelivered
Message-ID: <dsn-{number}@far.example>
Date: Thu, 01 Jan 2026 12:00:00 +0000
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

It could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; far.example

Final-Recipient: rfc822; {recipient}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--b--
"""


@pytest.fixture(scope="module", params=list(XMPP_SERVERS))
def running_office(request, loop, scratch):
    office = Office(
        request.param,
        scratch / f"mail-{request.param}",
        options="hold_ms = 1000",
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
    """He has a mailbox."""
    return loop.run_until_complete(registered(office, "romeo"))


async def registered(office, name):
    client = await office.client(name)
    query = (
        f"<query xmlns='{REGISTER}'><username>{name}</username>"
        "<name>Romeo Montague</name></query>"
    )
    await client.iq(MAIL_GATEWAY, query, kind="set")
    return client


def is_for(address):
    return lambda mail: address in mail.recipients


def read(mail):
    return email.message_from_bytes(mail.data, policy=email.policy.default)


async def test_words_go_out_as_one_mail_and_the_answer_comes_back(
    office, romeo
):
    bob = office.new_name()
    first = romeo.say(
        office.jid(bob), "Hé, è vero? 5 €", kind="chat", extra=[REQUEST]
    )
    romeo.say(office.jid(bob), "-- \nno signature", kind="chat")
    mail = await office.at_far_side(is_for(bob))
    parsed = read(mail)
    assert parsed["From"] == f"Romeo Montague <{ROMEO}>"
    assert parsed["To"] == bob
    assert parsed["Subject"] == "Message from Romeo Montague"
    assert "Hé, è vero? 5 €" in parsed.get_content()
    assert "no signature" in parsed.get_content()
    assert mail.sender.startswith("b.")
    assert all(byte < 0x80 for byte in mail.data)
    await romeo.expect(
        "the receipt",
        where=lambda s: s.find(f"{{{RECEIPTS}}}received") is not None
        and s.find(f"{{{RECEIPTS}}}received").get("id") == first,
    )
    answer = office.write(
        bob,
        ROMEO,
        "Yes!\n\nOn some day Romeo wrote:\n> 5\n",
        subject="Re: Message from Romeo Montague",
        In_Reply_To=parsed["Message-ID"],
        References=parsed["Message-ID"],
    )
    assert office.hand_in(answer, bob, ROMEO) == {}
    said = await romeo.expect(
        "the answer",
        kind="message",
        sender=office.jid(bob),
        where=lambda s: "Yes!" in (s.body or ""),
    )
    assert "> 5" not in said.body
    assert said.find(REPLY).get("id") == first


async def test_an_answer_goes_under_the_mail_that_it_answers(office, romeo):
    bob = office.new_name()
    mail = office.write(bob, ROMEO, "What do you think?", subject="Plans")
    assert office.hand_in(mail, bob, ROMEO) == {}
    said = await romeo.expect(
        "the mail",
        kind="message",
        sender=office.jid(bob),
        where=lambda s: "What do you think?" in (s.body or ""),
    )
    romeo.say(office.jid(bob), "I do.\n.send", kind="chat")
    sent = read(await office.at_far_side(is_for(bob)))
    assert said.body is not None
    assert sent["Subject"] == "Re: Plans"
    assert sent["In-Reply-To"] == mail["Message-ID"]
    assert mail["Message-ID"] in sent["References"]
    assert sent.get_content().strip() == "I do."


async def test_a_bounce_is_an_error_of_the_message(office, romeo):
    bob = office.new_name()
    id = romeo.say(office.jid(bob), "are you there?\n.send", kind="chat")
    mail = await office.at_far_side(is_for(bob))
    bounce = DSN.format(to=mail.sender, recipient=bob, number=id)
    data = bounce.replace("\n", "\r\n").encode()
    assert office.hand_in(data, "", mail.sender) == {}
    error = await romeo.expect_error(id)
    assert error.sender == office.jid(bob)
    # The same to an address that nobody has made.
    forged = mail.sender.replace("b.", "b.a", 1)
    refused = office.hand_in(data, "", forged)
    assert refused[forged][0] == 550


async def test_who_is_refused_is_an_error_at_once(office, romeo):
    bob = office.new_name()
    office.far.judge = lambda to: (
        "550 5.1.1 User unknown" if to == bob else "250 2.1.5 taken"
    )
    id = romeo.say(office.jid(bob), "hello?\n.send", kind="chat")
    await romeo.expect_error(id)
