"""Programs that run as long as the demo does, and not a moment longer."""

import os
import signal
import subprocess

STOP_S = 5  # from SIGTERM to SIGKILL
TAIL_LINES = 12


class Processes:
    def __init__(self, folder):
        self._folder = folder
        self._running = []  # (name, Popen), oldest first
        self._leash = Leash()

    def start(self, name, argv):
        """Its words go to NAME.log.  Ctrl-C is ours to pass on, not its."""
        with open(self._folder / f"{name}.log", "wb") as log:
            process = subprocess.Popen(
                argv,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._leash.hold(process.pid)
        self._running.append((name, process))

    def ended(self):
        """What has ended though nobody asked it to."""
        return [
            f"{name} ended by itself, status {process.returncode}"
            for name, process in self._running
            if process.poll() is not None
        ]

    def stop(self):
        """Youngest first, so that Passerelle can still say goodbye."""
        for _, process in reversed(self._running):
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()
        self._leash.drop()

    def tails(self):
        """The ends of all logs, as text to be read."""
        parts = []
        for log in sorted(self._folder.glob("*.log")):
            lines = log.read_text(errors="replace").splitlines()
            parts.append(f"--- {log.name}, {len(lines)} lines, its end:")
            parts += [f"    {line[:300]}" for line in lines[-TAIL_LINES:]]
        return "\n".join(parts)


class Leash:
    """A small process that ends the others should we be killed by force.

    It reads process ids from a pipe; the pipe closes when we are gone, for
    whatever reason.  PR_SET_PDEATHSIG would not do: a server that drops
    root loses it.
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
