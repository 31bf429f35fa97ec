"""Ends the servers even when the demo itself is killed by force."""

import os
import signal


class Leash:
    """A small process that holds the ids of others.

    It reads them from a pipe; the pipe closes when we are gone, for whatever
    reason, and then it kills them.  PR_SET_PDEATHSIG alone would not do: a
    server that drops root loses it.
    """

    def __init__(self):
        reading, self._writing = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._writing)
            os.setsid()
            self._wait_and_kill(reading)
        os.close(reading)

    def hold(self, pid):
        os.write(self._writing, b"%d\n" % pid)

    def drop(self):
        """All that it holds have ended; so may it."""
        os.write(self._writing, b"end\n")
        os.close(self._writing)
        os.waitpid(self._pid, 0)

    @staticmethod
    def _wait_and_kill(reading):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        with open(reading, "rb") as pipe:
            held = pipe.read().split()
        for pid in [] if held[-1:] == [b"end"] else held:
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
        os._exit(0)
