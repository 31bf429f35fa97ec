"""Runs the demo; contrib/demo starts this once all is installed and built.

The clients and whatever else the interop tests have too are taken from
there.
"""

import asyncio
import fcntl
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "tests/interop"))

import mail_play  # noqa: E402
import text_play  # noqa: E402
from ircpeer import IrcPeer  # noqa: E402
from phone import Phone  # noqa: E402
from place import HOST, TOP, Missing  # noqa: E402
from play import PLAY, StepFailed, contact, perform  # noqa: E402
from play import CHANNEL, ROOM  # noqa: E402
from process import NotInTime  # noqa: E402
from servers import DOMAIN, NUMBER, OPS, Servers  # noqa: E402
from xmppclient import XmppClient  # noqa: E402

TAIL_LINES = 12

# What is the machine's or the program's fault; all else is a bug in here.
PROBLEMS = (
    StepFailed,
    NotInTime,
    Missing,
    OSError,
    subprocess.SubprocessError,
)

INVITATION = """
 All of it is still running.  Come in with clients of your own:

   XMPP   {user}@{domain}, password {password}
          server {host}, port {xmpp}, STARTTLS; the certificate is signed by
          {ca}, so your client will ask or want that.
          Join the room  {room}
          or write to    {contact}
   IRC    {host}, port {irc} (TLS: {irc_tls}), channel {channel}
   SMS    write to {phone_contact}; be the phone with
          nc {host} {phone}
          where a line  {number} {line} text WORDS  is a message from it
   Mail   hand it in by LMTP at {host}, port {lmtp}:
          to {mailbox} for romeo; to {alert} for the
          room  {ops}

 Logs are in build/demo.  Ctrl-C ends everything."""


async def conversation(servers):
    """The play; both clients have gone when this returns."""
    with open(servers.dir / "clients.log", "w", buffering=1) as log:
        romeo = XmppClient(
            f"romeo@{DOMAIN}/demo",
            servers.port["xmpp"],
            log,
            servers.password["romeo"],
            servers.tls.ca,
        )
        juliet = IrcPeer(
            "juliet", servers.port["irc_tls"], log, servers.tls.ca
        )
        phone = Phone(servers.phone_port, log)
        try:
            await perform(PLAY, 1, romeo, juliet, "Juliet on IRC")
            print()
            await perform(
                text_play.PLAY,
                len(PLAY) + 1,
                romeo,
                phone,
                "Mercutio, telephone",
            )
            print()
            await perform(
                mail_play.PLAY,
                len(PLAY) + len(text_play.PLAY) + 1,
                romeo,
                mail_play.Far(servers),
                "Mantua's mail, cron",
            )
        finally:
            await phone.close()
            await juliet.close()
            await romeo.close()


def stay(servers):
    print(
        INVITATION.format(
            user="guest",
            password=servers.password["guest"],
            domain=DOMAIN,
            host=HOST,
            ca=servers.tls.ca.relative_to(TOP),
            room=ROOM,
            contact=contact("NICK"),
            channel=CHANNEL,
            phone=servers.phone_port,
            phone_contact=text_play.jid(text_play.MERCUTIO),
            number=text_play.MERCUTIO,
            line=NUMBER,
            mailbox=mail_play.MAILBOX,
            alert=mail_play.ALERT,
            ops=OPS,
            **servers.port,
        ),
        flush=True,
    )
    try:
        while servers.have_all():
            time.sleep(1)
    except KeyboardInterrupt:
        print("\n Ended.")
        return
    raise StepFailed("staying up: one of the servers has ended by itself")


def show_logs(folder):
    for log in sorted(folder.glob("*.log")):
        lines = log.read_text(errors="replace").splitlines()
        print(f"\n--- {log.name}, {len(lines)} lines, its end:")
        for line in lines[-TAIL_LINES:]:
            print(f"    {line[:300]}")


def only_one():
    """Two demos in one checkout would share build/demo.  Held until exit."""
    lock = open(TOP / "build" / "demo.lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit("demo: another demo is running in this checkout")
    return lock


def main():
    stays = "--once" not in sys.argv
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    # A closed terminal and kill end the demo in good order, as Ctrl-C does,
    # which a shell without job control would have us ignore.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    lock = only_one()  # noqa: F841
    servers = Servers(usual_ports=stays)
    try:
        servers.start()
        asyncio.run(conversation(servers))
        n = len(PLAY) + len(text_play.PLAY) + len(mail_play.PLAY)
        print(f"\n All {n} steps were seen on the other side.")
        if stays:
            stay(servers)
    except KeyboardInterrupt:
        sys.exit("demo: interrupted")
    except PROBLEMS as problem:
        print(f"\n FAILED: {problem}")
        show_logs(servers.dir)
        sys.exit(1)
    finally:
        servers.stop()


main()
