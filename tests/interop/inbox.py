"""What a peer has seen, in order, and the waiting for what it has not yet."""

import asyncio

DEADLINE_S = 10  # for what ought to happen; it mostly takes milliseconds
KEPT_MAX = 20000


class Unseen(AssertionError):
    """Something that ought to have happened did not, in time."""


class Inbox:
    """expect() takes each thing once; history keeps them all, in order."""

    def __init__(self, owner):
        self._owner = owner  # for messages: whose inbox it is
        self._waiting = []
        self._arrived = asyncio.Event()
        self._closed = None
        self.history = []

    def put(self, thing):
        self._waiting.append(thing)
        self.history.append(thing)
        del self._waiting[:-KEPT_MAX]
        self._arrived.set()

    def close(self, why):
        """Nothing more will come: whoever waits is told at once."""
        self._closed = why
        self._arrived.set()

    async def expect(self, what, matches, deadline_s=DEADLINE_S):
        """The first thing that matches, here already or still to come."""
        try:
            return await asyncio.wait_for(self._take(matches), deadline_s)
        except asyncio.TimeoutError:
            reason = f"waited {deadline_s} s"
        except ConnectionError:
            reason = self._closed
        raise Unseen(f"{self._owner}: {what} ({reason})")

    async def _take(self, matches):
        while True:
            for i, thing in enumerate(self._waiting):
                if matches(thing):
                    return self._waiting.pop(i)
            if self._closed:
                raise ConnectionError
            self._arrived.clear()
            await self._arrived.wait()

    def waiting(self, matches=lambda thing: True):
        """What is there and was not taken by an expect()."""
        return [thing for thing in self._waiting if matches(thing)]

    def forget(self):
        """What is there no longer counts; history keeps it."""
        self._waiting.clear()
