"""Mail that comes in by LMTP, read by the real worker, as users of real XMPP
servers get it; and what comes back of what they have sent."""

import asyncio
import re
import smtplib
import urllib.request

import pytest
from booth import XMPP_SERVERS
from names import MAIL_GATEWAY
from office import Office

NICK = "{http://jabber.org/protocol/nick}nick"
THREAD = "{jabber:client}thread"
REPLY = "{urn:xmpp:reply:0}reply"
ADDRESS = "{http://jabber.org/protocol/address}address"
OOB_URL = "{jabber:x:oob}x/{jabber:x:oob}url"
ROMEO = f"romeo@{MAIL_GATEWAY}"
PDF = b"%PDF-1.4 not really\n" * 100


@pytest.fixture(scope="module", params=list(XMPP_SERVERS))
def running_office(request, loop, scratch):
    office = Office(
        request.param,
        scratch / f"mail-in-{request.param}",
        options="hold_ms = 0",
        receive_options='trusted = { "127.0.0.1" }',
        upload=request.param == "prosody",
    )
    try:
        office.start()
        loop.run_until_complete(_register(office))
        yield office
        status = loop.run_until_complete(office.end())
        assert not office.complaints()
        assert status == 0, office.passerelle.tail(80)
    finally:
        office.kill()


async def _register(office):
    await office.register(await office.client("romeo"), "romeo")
    await office.part_all()


@pytest.fixture
def office(request, loop, running_office):
    yield running_office
    loop.run_until_complete(running_office.part_all())


@pytest.fixture
def romeo(loop, office):
    return loop.run_until_complete(office.client("romeo"))


async def hand_in(office, mail, sender, *recipients):
    return await asyncio.to_thread(
        office.hand_in, mail, sender, *(recipients or (ROMEO,))
    )


async def heard(client, jid, what="the mail", **more):
    return await client.expect(
        what, kind="message", sender=jid, type="chat", **more
    )


async def test_a_mail_is_a_message_with_subject_nick_and_thread(office, romeo):
    bob = office.new_name()
    mail = office.write(f"Bob B. <{bob}>", ROMEO, "Hé, à midi ?\n", "Déjeuner")
    assert await hand_in(office, mail, bob) == {}
    got = await heard(romeo, office.jid(bob))
    assert got.body == "Déjeuner\nHé, à midi ?"
    assert got.subject == "Déjeuner"
    assert got.find(NICK).text == "Bob B."
    assert got.find(THREAD).text


async def test_an_answer_is_in_the_thread_of_what_it_answers(office, romeo):
    bob = office.new_name()
    romeo.send_message(
        office.jid(bob),
        "<subject>Lunch</subject>",
        "<body>At noon?</body>",
        "<thread>one</thread>",
    )
    sent = await office.at_far_side(lambda m: bob in m.recipients)
    message_id = re.search(r"^Message-ID: *(\S+)", sent.text, re.I | re.M)[1]
    mail = office.write(
        bob,
        ROMEO,
        "Yes.\n\nOn 1 Jan 2026, Romeo wrote:\n> At noon?\n",
        "Re: Lunch",
        In_Reply_To=message_id,
        References=message_id,
    )
    assert await hand_in(office, mail, bob) == {}
    got = await heard(romeo, office.jid(bob))
    assert got.find(THREAD).text == "one"
    assert got.find(REPLY).get("id")
    assert got.body == "Yes.\n[…]"
    # And what is said then goes on from there.
    romeo.send_message(
        office.jid(bob), "<body>Fine.</body>", "<thread>one</thread>"
    )
    again = await office.at_far_side(
        lambda m: bob in m.recipients and "Fine." in m.text
    )
    assert f"In-Reply-To: {mail['Message-ID']}" in again.text
    assert message_id in again.text


async def test_a_bounce_is_the_error_of_its_message(office, romeo):
    bob = office.new_name()
    id = romeo.say(office.jid(bob), "Are you there?", kind="chat")
    sent = await office.at_far_side(lambda m: bob in m.recipients)
    assert sent.sender.startswith("b.")
    assert await hand_in(office, bounce_of(sent, bob), "", sent.sender) == {}
    error = await romeo.expect_error(id)
    assert error.condition == "item-not-found"
    assert "550 5.1.1 no such user" in error.error_text


async def test_what_is_about_no_mail_of_ours_is_refused(office):
    bob = office.new_name()
    sent = type("Mail", (), {"text": "Message-ID: <x@y>\n\nbuy\n"})
    with pytest.raises(smtplib.SMTPDataError) as refused:
        await hand_in(office, bounce_of(sent, bob), "", ROMEO)
    assert refused.value.smtp_code == 550
    assert refused.value.smtp_error.startswith(b"5.7.1")


async def test_who_is_not_here_is_refused(office):
    nobody = f"nobody@{MAIL_GATEWAY}"
    mail = office.write(office.new_name(), nobody)
    refused = await hand_in(office, mail, "x@far.test", nobody)
    assert refused[nobody][0] == 550


async def test_a_mail_that_is_handed_in_again_is_there_once(office, romeo):
    bob = office.new_name()
    mail = office.write(bob, ROMEO, "once\n")
    for received in ("first", "second"):
        data = b"Received: by %s\n" % received.encode() + mail.as_bytes()
        assert await hand_in(office, data, bob) == {}
    last = office.write(bob, ROMEO, "then\n")
    assert await hand_in(office, last, bob) == {}
    assert "once" in (await heard(romeo, office.jid(bob))).body
    assert "then" in (await heard(romeo, office.jid(bob))).body


async def test_it_waits_for_who_is_away(office):
    bob = office.new_name()
    assert await hand_in(office, office.write(bob, ROMEO), bob) == {}
    romeo = await office.client("romeo")
    got = await heard(romeo, office.jid(bob))
    assert got.body == "news\nhello"


async def test_who_else_got_it_stands_beside_it(office, romeo):
    bob = office.new_name()
    mail = office.write(bob, ROMEO, Cc="Carol <carol@far.test>")
    assert await hand_in(office, mail, bob) == {}
    got = await heard(romeo, office.jid(bob))
    assert "Cc: carol@far.test" in got.body
    assert [
        (a.get("type"), a.get("jid")) for a in got.xml.iter(ADDRESS)
    ] == [("cc", office.jid("carol@far.test"))]


async def test_html_is_read_as_text(office, romeo):
    bob = office.new_name()
    mail = office.write(bob, ROMEO)
    mail.set_content(
        "<html><head><title>no</title></head><body><p>One</p>"
        "<p><a href='https://far.test/x'>two</a></p></body></html>",
        subtype="html",
    )
    assert await hand_in(office, mail, bob) == {}
    got = await heard(romeo, office.jid(bob))
    assert "One" in got.body and "two <https://far.test/x>" in got.body
    assert "<p>" not in got.body


def with_a_file(office, bob):
    mail = office.write(bob, ROMEO, "see there\n")
    mail.add_attachment(
        PDF, maintype="application", subtype="pdf", filename="plan.pdf"
    )
    return mail


async def test_files_are_uploaded(office, romeo):
    if office.xmpp.name != "prosody":
        pytest.skip("only Prosody has a place for files here")
    bob = office.new_name()
    assert await hand_in(office, with_a_file(office, bob), bob) == {}
    assert "see there" in (await heard(romeo, office.jid(bob))).body
    got = await heard(
        romeo, office.jid(bob), where=lambda s: s.find(OOB_URL) is not None
    )
    url = got.find(OOB_URL).text
    assert url.endswith("plan.pdf")
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert answer.read() == PDF


async def test_without_a_place_for_files_they_are_named(office, romeo):
    if office.xmpp.name == "prosody":
        pytest.skip("Prosody has a place for files here")
    bob = office.new_name()
    assert await hand_in(office, with_a_file(office, bob), bob) == {}
    got = await heard(romeo, office.jid(bob))
    assert f"[plan.pdf, application/pdf, {len(PDF)} bytes: " in got.body


async def test_postmaster_is_an_administrator(office):
    admin = await office.client("escalus")
    bob = office.new_name()
    mail = office.write(bob, "postmaster", "Your server is odd.\n")
    assert await hand_in(office, mail, bob, "postmaster") == {}
    got = await heard(admin, office.jid(bob))
    assert "[to postmaster]" in got.body


async def test_a_blocked_domain_is_not_heard(office, romeo):
    bob = office.new_name()
    jid = await run(
        romeo, "sender", {"who": f"@{bob.partition('@')[2]}", "rule": "block"}
    )
    assert "Nothing comes any more" in jid
    assert await hand_in(office, office.write(bob, ROMEO, "a\n"), bob) == {}
    await run(
        romeo, "sender", {"who": f"@{bob.partition('@')[2]}", "rule": "none"}
    )
    assert await hand_in(office, office.write(bob, ROMEO, "b\n"), bob) == {}
    assert (await heard(romeo, office.jid(bob))).body.endswith("b")


COMMANDS = "http://jabber.org/protocol/commands"


async def run(client, node, fields):
    """The note that a command of the gateway ends with."""
    form = await client.iq(
        MAIL_GATEWAY, f"<command xmlns='{COMMANDS}' node='{node}'/>", "set"
    )
    session = form.find(f"{{{COMMANDS}}}command").get("sessionid")
    values = "".join(
        f"<field var='{name}'><value>{value}</value></field>"
        for name, value in fields.items()
    )
    end = await client.iq(
        MAIL_GATEWAY,
        f"<command xmlns='{COMMANDS}' node='{node}' sessionid='{session}'"
        f" action='complete'><x xmlns='jabber:x:data' type='submit'>{values}"
        "</x></command>",
        "set",
    )
    return end.find(f"{{{COMMANDS}}}command/{{{COMMANDS}}}note").text


def bounce_of(sent, to):
    """As Postfix writes one."""
    header = sent.text.replace("\r", "").partition("\n\n")[0]
    return (
        f"From: MAILER-DAEMON@mx.far.test (Mail Delivery System)\n"
        f"To: {getattr(sent, 'sender', ROMEO)}\n"
        "Subject: Undelivered Mail Returned to Sender\n"
        "Auto-Submitted: auto-replied\n"
        "MIME-Version: 1.0\n"
        "Message-ID: <bounce@mx.far.test>\n"
        "Content-Type: multipart/report; report-type=delivery-status;\n"
        '\tboundary="XX"\n'
        "\n"
        "--XX\n"
        "Content-Type: text/plain; charset=us-ascii\n\n"
        "I'm sorry to have to inform you that your message could not\n"
        "be delivered.\n\n"
        "--XX\n"
        "Content-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.far.test\n"
        "X-Postfix-Queue-ID: 4XyZ\n\n"
        f"Final-Recipient: rfc822; {to}\n"
        f"Original-Recipient: rfc822;{to}\n"
        "Action: failed\n"
        "Status: 5.1.1\n"
        "Remote-MTA: dns; mail.far.test\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\n\n"
        "--XX\n"
        "Content-Type: text/rfc822-headers\n\n"
        f"{header}\n\n"
        "--XX--\n"
    ).encode()
