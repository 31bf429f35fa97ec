"""The mail servers of contrib/ themselves: what they give on, what they ask
before, and what they say to who brings it."""

import smtplib

import mta
import pytest
from sink import Sink

STAGES = ()
WHY_NOT = mta.can_start()
pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))

NOBODY = f"nobody@{mta.MAIL_DOMAIN}"
ALICE = f"alice@{mta.MAIL_DOMAIN}"
SENDER = f"bob@{mta.FAR_DOMAIN}"


def judge(recipient):
    if recipient.startswith("nobody"):
        return "550 5.1.1 no such mailbox"
    return "250 2.1.5 taken"


@pytest.fixture
def gateway():
    sink = Sink(judge)
    yield sink
    sink.stop()


@pytest.fixture
def far():
    sink = Sink()
    yield sink
    sink.stop()


def started(kind, folder, gateway, far):
    server = mta.MTAS[kind](folder, gateway.port, far.port)
    server.start()
    return server


def connect(server, protocol=smtplib.SMTP):
    return protocol(mta.HOST, server.smtp_port, timeout=30)


@pytest.mark.parametrize("kind", ["postfix", "exim", "opensmtpd"])
def test_mail_goes_through_in_both_directions(kind, tmp_path, gateway, far):
    server = started(kind, tmp_path, gateway, far)
    try:
        with connect(server) as client:
            client.sendmail(SENDER, [ALICE], "Subject: in\r\n\r\nhello\r\n")
            client.sendmail(ALICE, [SENDER], "Subject: out\r\n\r\nhello\r\n")
        mail = gateway.wait_for(lambda m: "Subject: in" in m.text)
        assert mail.sender == SENDER and mail.recipients == [ALICE]
        mail = far.wait_for(lambda m: "Subject: out" in m.text)
        assert mail.sender == ALICE and mail.recipients == [SENDER]
    finally:
        server.stop()


@pytest.mark.parametrize("kind", ["postfix", "exim"])
def test_who_does_not_exist_is_refused_at_once(kind, tmp_path, gateway, far):
    server = started(kind, tmp_path, gateway, far)
    try:
        with connect(server) as client:
            refused = client.sendmail(
                SENDER, [ALICE, NOBODY], "Subject: both\r\n\r\nhello\r\n"
            )
        assert list(refused) == [NOBODY]
        assert refused[NOBODY][0] == 550
        gateway.wait_for(lambda m: m.recipients == [ALICE])
    finally:
        server.stop()


def test_opensmtpd_bounces_what_nobody_has(tmp_path, gateway, far):
    server = started("opensmtpd", tmp_path, gateway, far)
    try:
        with connect(server) as client:
            client.sendmail(SENDER, [NOBODY], "Subject: who\r\n\r\nhello\r\n")
        bounce = far.wait_for(lambda m: m.recipients == [SENDER])
        assert bounce.sender == "" and "5.1.1" in bounce.text
    finally:
        server.stop()


def test_dovecot_hands_on_and_tells_what_became_of_each(
    tmp_path, gateway, far
):
    server = started("dovecot", tmp_path, gateway, far)
    try:
        with connect(server, smtplib.LMTP) as client:
            refused = client.sendmail(
                SENDER, [ALICE, NOBODY], "Subject: both\r\n\r\nhello\r\n"
            )
        assert list(refused) == [NOBODY]
        mail = gateway.wait_for(lambda m: "Subject: both" in m.text)
        assert mail.recipients == [ALICE]
    finally:
        server.stop()
