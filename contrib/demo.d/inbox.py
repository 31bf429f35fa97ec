"""What a client has seen and nobody has asked for yet."""

import asyncio

DEADLINE_S = 15  # for anything that ought to happen; it mostly takes 10 ms
KEPT_MAX = 500


class Unseen(Exception):
    """Something that ought to have happened did not, in time."""


class Inbox:
    def __init__(self):
        self._kept = []
        self._arrived = asyncio.Event()

    def put(self, thing):
        self._kept = self._kept[1 - KEPT_MAX:] + [thing]
        self._arrived.set()

    async def expect(self, what, matches):
        """Takes out the first thing, here or still to come, that matches."""
        try:
            return await asyncio.wait_for(self._take(matches), DEADLINE_S)
        except asyncio.TimeoutError:
            raise Unseen(f"{what} (waited {DEADLINE_S} s)") from None

    async def _take(self, matches):
        while True:
            for i, thing in enumerate(self._kept):
                if matches(thing):
                    return self._kept.pop(i)
            self._arrived.clear()
            await self._arrived.wait()
