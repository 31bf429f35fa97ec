"""One program that a test has started: its life, its end and its words."""

import ctypes
import os
import pwd
import signal
import subprocess
import time

START_S = 30  # servers are slow when two of them share a core with a compiler
STOP_S = 10
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


class NotInTime(Exception):
    """Something that ought to have happened did not, within its deadline."""


def die_with_parent():
    """In the child: whatever ends pytest, kill -9 included, ends us."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def wait_until(what, is_so, deadline_s=START_S):
    """Looks again and again until is_so() holds; for code outside asyncio."""
    end = time.monotonic() + deadline_s
    while not is_so():
        if time.monotonic() > end:
            raise NotInTime(f"{what} (waited {deadline_s} s)")
        time.sleep(0.02)


class Process:
    """Appends all it says to NAME.log, over all its starts."""

    def __init__(self, name, argv, folder, env=None, user=None):
        """user: a login name to run as; None: whoever runs the tests."""
        self.name = name
        self.log_path = folder / f"{name}.log"
        self._argv = [str(a) for a in argv]
        self._folder = folder
        self._env = {**os.environ, **(env or {})}
        self._who = {}
        if user:
            entry = pwd.getpwnam(user)
            self._who = {
                "user": entry.pw_uid,
                "group": entry.pw_gid,
                "extra_groups": [],
            }
        self._popen = None

    def start(self):
        assert not self.is_running(), f"{self.name} runs already"
        with open(self.log_path, "ab") as log:
            self._popen = subprocess.Popen(
                self._argv,
                cwd=self._folder,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent,
                start_new_session=True,
                **self._who,
            )

    def is_running(self):
        return self._popen is not None and self._popen.poll() is None

    @property
    def pid(self):
        return self._popen.pid

    @property
    def status(self):
        """Exit status; negative: the signal; None: runs, or never did."""
        return self._popen.poll() if self._popen else None

    def wait_until(self, what, is_so):
        """Like the function, but notices when the program has ended."""

        def is_so_or_over():
            if is_so():
                return True
            if not self.is_running():
                raise NotInTime(f"{what}: it ended with {self.status}")
            return False

        try:
            wait_until(f"{self.name}: {what}", is_so_or_over)
        except NotInTime as late:
            raise NotInTime(f"{late}\n{self.tail()}") from None

    def signal(self, number):
        os.kill(self.pid, number)

    def wait(self, deadline_s=STOP_S):
        """Its exit status."""
        try:
            return self._popen.wait(deadline_s)
        except subprocess.TimeoutExpired:
            raise NotInTime(f"{self.name} ended (waited {deadline_s} s)")

    def stop(self):
        """SIGTERM, and SIGKILL when that does not help.  Its exit status."""
        if not self.is_running():
            return self.status
        self.signal(signal.SIGTERM)
        try:
            return self.wait()
        except NotInTime:
            self.kill()
            return self.status

    def kill(self):
        if self.is_running():
            self.signal(signal.SIGKILL)
            self._popen.wait()

    def log(self, start=0):
        """What it has said since that offset in bytes."""
        if not self.log_path.exists():
            return ""
        with open(self.log_path, "rb") as f:
            f.seek(start)
            return f.read().decode(errors="replace")

    def log_size(self):
        return self.log_path.stat().st_size if self.log_path.exists() else 0

    def tail(self, lines=40, start=0):
        return "\n".join(self.log(start).splitlines()[-lines:])
