"""Runs the demo; contrib/demo starts this once all is installed and built."""

import asyncio
import fcntl
import logging
import signal
import sys
from pathlib import Path

from inbox import Unseen
from irc_client import IrcClient
from play import CHANNEL, PLAY, ROOM, contact, perform
from stage import DOMAIN, HOST, Stage
from xmpp_client import XmppClient

TOP = Path(__file__).resolve().parents[2]

INVITATION = """
 All of it is still running.  Come in with clients of your own:

   XMPP   {user}@{domain}, password {password}
          server {host}, port {xmpp}, STARTTLS; the certificate is signed by
          build/demo/ca.pem, so your client will ask or want that file.
          Join the room  {room}
          or write to   {contact}
   IRC    {host}, port {irc} (TLS: {irc_tls}), channel {channel}

 Logs are in build/demo.  Ctrl-C ends everything."""


async def demo(stage, stays):
    logs = stage.dir
    with open(logs / "romeo.log", "w", buffering=1) as romeo_log, open(
        logs / "juliet.log", "w", buffering=1
    ) as juliet_log:
        romeo = XmppClient(
            f"romeo@{DOMAIN}", stage.password["romeo"], romeo_log
        )
        juliet = IrcClient("juliet", juliet_log)
        try:
            await stage.raise_curtain()
            await perform(romeo, juliet, stage)
            print(f"\n All {len(PLAY)} steps were seen on the other side.")
            if stays:
                await stay(stage)
        finally:
            await juliet.close()
            await romeo.close()


async def stay(stage):
    print(
        INVITATION.format(
            user="guest",
            password=stage.password["guest"],
            domain=DOMAIN,
            host=HOST,
            room=ROOM,
            contact=contact("NICK"),
            channel=CHANNEL,
            **stage.port,
        ),
        flush=True,
    )
    try:
        while not stage.processes.ended():
            await asyncio.sleep(1)
    except asyncio.CancelledError:
        print("\n Ended.")
        return
    raise Unseen("; ".join(stage.processes.ended()))


async def until_signalled(work):
    """Ctrl-C, a closed terminal and kill all end the work in good order."""
    task = asyncio.ensure_future(work)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await task


def main():
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    lock = open(TOP / "build" / "demo.lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit("demo: another demo is running in this checkout")
    stays = "--once" not in sys.argv
    stage = Stage(TOP, usual_ports=stays)
    logging.basicConfig(
        filename=stage.dir / "slixmpp.log", level=logging.WARNING
    )
    try:
        asyncio.run(until_signalled(demo(stage, stays)))
    except asyncio.CancelledError:
        sys.exit("demo: interrupted")
    except Unseen as e:
        print(f"\n NOT SEEN: {e}\n\n{stage.processes.tails()}")
        sys.exit(1)
    finally:
        stage.processes.stop()


main()
