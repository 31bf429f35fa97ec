"""The same conversation with a client that others wrote: libircclient."""

import asyncio
import subprocess
from pathlib import Path

import pytest
from inbox import Inbox
from place import Missing, find_program
from process import die_with_parent
from stage import DIAGONAL

STAGES = DIAGONAL

SOURCE = Path(__file__).with_name("ircpeer.c")


@pytest.fixture(scope="session")
def ircpeer_program(scratch):
    program = scratch / "ircpeer"
    built = subprocess.run(
        [
            find_program("cc"),
            *"-std=c11 -D_GNU_SOURCE -o".split(),
            program,
            SOURCE,
            "-lircclient",
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    if built.returncode:
        raise Missing(f"{built.stderr}\ncontrib/install-deps test gets it")
    return program


class CPeer:
    """The program, its events in an inbox as lists of strings."""

    def __init__(self, nick):
        self.nick = nick
        self.inbox = Inbox(f"{nick} on libircclient")

    async def start(self, program, port, channel):
        self._process = await asyncio.create_subprocess_exec(
            *map(str, (program, port, self.nick, channel)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            preexec_fn=die_with_parent,
        )
        self._reading = asyncio.create_task(self._read())
        await self.expect("INSIDE")
        return self

    async def _read(self):
        async for line in self._process.stdout:
            self.inbox.put(line.decode(errors="replace").rstrip("\n").split("\t"))
        self.inbox.close("it has ended")

    async def expect(self, *words):
        """An event that begins with these words, None for any."""
        return await self.inbox.expect(
            f"{words}",
            lambda event: len(event) >= len(words)
            and all(w in (None, e) for w, e in zip(words, event)),
        )

    def say(self, target, text):
        self._process.stdin.write(f"{target} {text}\n".encode())

    async def stop(self):
        self._process.stdin.close()
        await asyncio.wait_for(self._process.wait(), 10)
        await self._reading


async def test_a_conversation_with_libircclient(
    stage, romeo, ircpeer_program
):
    channel = stage.new_channel("c")
    room = stage.room(channel)
    paris = await CPeer("paris").start(
        ircpeer_program, stage.irc.port, channel
    )
    await romeo.join(room, "romeo")
    await paris.expect("JOIN", "romeo", channel)
    romeo.say(room, "Pardonnez-moi, ô Pâris 🗡")
    await paris.expect(
        "CHANNEL", "romeo", channel, "Pardonnez-moi, ô Pâris 🗡"
    )
    paris.say(channel, "Stop thy unhallow'd toil — vile Montague! ⚔️")
    await romeo.expect_text(
        f"{room}/paris", "Stop thy unhallow'd toil — vile Montague! ⚔️"
    )
    romeo.say(stage.contact("paris"), "Tempt not a desperate man", kind="chat")
    await paris.expect(
        "PRIVMSG", "romeo", "paris", "Tempt not a desperate man"
    )
    paris.say("romeo", "I do defy thy conjurations")
    await romeo.expect_text(
        stage.contact("paris"), "I do defy thy conjurations", "chat"
    )
    romeo.leave(room, "romeo")
    await paris.inbox.expect(
        "romeo leaving",
        lambda event: event[0] in ("PART", "QUIT") and event[1] == "romeo",
    )
    await paris.stop()
