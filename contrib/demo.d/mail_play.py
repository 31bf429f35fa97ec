"""The third act: mail.  The far side is a mail server with everybody's
mailboxes; what programs on this machine mail comes in by LMTP, as Postfix
would hand it on.  Steps are like those of play.py."""

import asyncio
import email
import email.policy
import smtplib
from email.message import EmailMessage

import transcript as t
from place import HOST
from process import NotInTime
from servers import ALERTS, MAIL_GATEWAY, OPS, TARGET, TOKEN

BALTHASAR = "balthasar@mantua.localhost"
NOBODY = "rosaline@mantua.localhost"
MAILBOX = f"romeo@{MAIL_GATEWAY}"
ALERT = f"{ALERTS}.{TOKEN}@{MAIL_GATEWAY}"
REPORT = f"""\
Content-Type: multipart/report; report-type=delivery-status; boundary=x

--x
Content-Type: text/plain

Rosaline has left Verona.
--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mantua.localhost

Final-Recipient: rfc822; {NOBODY}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such mailbox
--x--
"""


def jid(address):
    return address.replace("@", "\\40") + f"@{MAIL_GATEWAY}"


class Far:
    """Mantua's mail server, and what is handed to Passerelle."""

    def __init__(self, servers):
        self._sink = servers.far_mail
        self._lmtp_port = servers.port["lmtp"]
        self.enter = servers.enter
        self.mails = []  # of the play, both ways, oldest first

    async def expect(self, to, text):
        """The mail to that address with that text."""

        def fits(mail):
            return to in mail.recipients and text in mail.text

        try:
            mail = await asyncio.to_thread(self._sink.wait_for, fits)
        except NotInTime as late:
            raise OSError(str(late)) from None
        mail.message = email.message_from_bytes(
            mail.data, policy=email.policy.default
        )
        return mail

    async def hand_in(self, sender, to, data):
        def deliver():
            with smtplib.LMTP(HOST, self._lmtp_port, timeout=20) as client:
                client.sendmail(sender, [to], data)

        try:
            await asyncio.to_thread(deliver)
        except smtplib.SMTPException as refused:
            raise OSError(f"Passerelle: {refused}") from None


def written(sender, to, subject, text, **headers):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


async def get_mailbox(romeo, far):
    """Romeo gets a mailbox"""
    await romeo.wait_for_service(MAIL_GATEWAY)
    t.xmpp_sends(f"registers at {MAIL_GATEWAY}, as romeo")
    await romeo.iq(
        MAIL_GATEWAY,
        "<query xmlns='jabber:iq:register'>"
        "<username>romeo</username><name>Romeo Montague</name></query>",
        kind="set",
    )
    await romeo.expect(
        "his address",
        sender=MAIL_GATEWAY,
        where=lambda s: MAILBOX in (s.body or ""),
    )
    t.xmpp_sees(f"from {MAIL_GATEWAY}: your mail address is {MAILBOX}")


async def write_mail(romeo, far):
    """A mail address is a JID"""
    text = "Wie geht es meiner Dame? ❤"
    t.xmpp_sends(f"to {jid(BALTHASAR)}: {text}")
    romeo.say(jid(BALTHASAR), f"Subject: News?\n\n{text}", "chat")
    mail = await far.expect(BALTHASAR, "Subject: News?")
    far.mails.append(mail.message)
    body = mail.message.get_content().strip()
    if text not in body:
        raise OSError(f"the mail: {body!r}")
    t.far_sees(f"From: {mail.message['From']}")
    t.far_sees(f"Subject: {mail.message['Subject']}")
    t.far_sees(body)


async def answer_by_mail(romeo, far):
    """The answer comes as one: same thread, without the quotation"""
    first = far.mails[-1]
    text = "She sleeps in Capel's monument."
    t.far_sends(f"Re: {first['Subject']}: {text}")
    t.far_sends("> (and the whole of what he answers)")
    data = written(
        f"Balthasar <{BALTHASAR}>",
        MAILBOX,
        f"Re: {first['Subject']}",
        f"{text}\n\nRomeo Montague wrote:\n"
        + "".join(f"> {line}\n" for line in first.get_content().splitlines()),
        Message_ID="<1@mantua.localhost>",
        In_Reply_To=first["Message-ID"],
        References=first["Message-ID"],
    )
    await far.hand_in(BALTHASAR, MAILBOX, data)
    said = await romeo.expect(
        "the answer",
        sender=jid(BALTHASAR),
        where=lambda s: text in (s.body or ""),
    )
    if ">" in said.body or said.xml.find("{jabber:client}thread") is None:
        raise OSError(f"the answer: {said!r}")
    t.xmpp_sees(f"Balthasar: {said.body}")


async def answer_by_chat(romeo, far):
    """And Romeo's answer is one in Balthasar's mail program, too"""
    text = "Is it even so? Then I defy you, stars!"
    t.xmpp_sends(f"to {jid(BALTHASAR)}: {text}")
    romeo.say(jid(BALTHASAR), text, "chat")
    mail = (await far.expect(BALTHASAR, "I defy you")).message
    references = (mail["References"] or "").split()
    if (
        mail["In-Reply-To"] != "<1@mantua.localhost>"
        or far.mails[-1]["Message-ID"] not in references
    ):
        raise OSError(f"the threading of the mail: {mail}")
    t.far_sees(f"Subject: {mail['Subject']}")
    t.far_sees(f"In-Reply-To: {mail['In-Reply-To']}")
    t.far_sees(mail.get_content().strip())


async def bounce(romeo, far):
    """A mail that comes back is the error of its message"""
    t.xmpp_sends(f"to {jid(NOBODY)}: are you there?")
    id = romeo.say(jid(NOBODY), "are you there?", "chat")
    mail = await far.expect(NOBODY, "are you there?")
    t.far_sends(f"bounce: no mailbox {NOBODY}")
    await far.hand_in(
        "",
        mail.sender,
        f"From: MAILER-DAEMON@mantua.localhost\nTo: {mail.sender}\n"
        f"Subject: returned\nAuto-Submitted: auto-replied\n{REPORT}".encode(),
    )
    error = await romeo.expect_error(id, sender=jid(NOBODY))
    t.xmpp_sees(f"error: {error.condition}: {error.error_text}")


async def alert_to_person(romeo, far):
    """cron can only mail; Romeo is told"""
    to = f"{TARGET}.{TOKEN}@{MAIL_GATEWAY}"
    t.far_sends("cron: Subject: Cron <root@verona> backup")
    data = written(
        "root@verona.localhost",
        to,
        "Cron <root@verona> /usr/local/bin/backup",
        "backup: disk full\n",
        Auto_Submitted="auto-generated",
    )
    await far.hand_in("root@verona.localhost", to, data)
    said = await romeo.expect(
        "the alert",
        sender=f"{TARGET}@{MAIL_GATEWAY}",
        where=lambda s: "disk full" in (s.body or ""),
    )
    t.xmpp_sees(f"{TARGET}@{MAIL_GATEWAY}: {said.body}")


async def alert_to_room(romeo, far):
    """And so is everybody in a room"""
    t.xmpp_sends(f"joins {OPS}")
    await romeo.join(OPS, "romeo")
    await romeo.iq(  # XEP-0045 10.1.2: as it comes
        OPS,
        "<query xmlns='http://jabber.org/protocol/muc#owner'>"
        "<x xmlns='jabber:x:data' type='submit'/></query>",
        kind="set",
    )
    far.enter(OPS)  # there was no such room when it started
    to = ALERT.replace("@", ".crit@")
    t.far_sends("monitoring: Subject: Juliet is DOWN")
    data = written(
        "nagios@verona.localhost", to, "Juliet is DOWN", "no pulse\n"
    )
    await far.hand_in("nagios@verona.localhost", to, data)
    said = await romeo.expect(
        "the alert",
        sender=f"{OPS}/{ALERTS}",
        where=lambda s: "Juliet is DOWN" in (s.body or ""),
    )
    t.xmpp_sees(f"<{ALERTS}> {said.body}")


PLAY = (
    get_mailbox,
    write_mail,
    answer_by_mail,
    answer_by_chat,
    bounce,
    alert_to_person,
    alert_to_room,
)
