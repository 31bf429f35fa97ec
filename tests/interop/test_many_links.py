"""One process and thousands of links, between fake servers.

The program that measures them checks what matters here: everybody is inside,
everybody has a descriptor of his own, and nobody costs anything while idle.
"""

import subprocess
import sys
from pathlib import Path

from passerelle import find_program
from place import TOP

USERS = 2000
WITHIN_S = 80


def measure(build):
    return subprocess.run(
        [
            sys.executable,
            str(TOP / "tests/bench/bench_idle.py"),
            str(build),
            "--users=%d" % USERS,
            "--names=5",
            "--seconds=3",
        ],
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
    )


def test_one_process_holds_2000_links():
    run = measure(Path(find_program()).parent)
    assert run.returncode == 0, run.stdout + run.stderr
    found = dict(line.rsplit(None, 1) for line in run.stdout.splitlines())
    assert int(found["users inside"]) == USERS
    assert int(found["highest descriptor"]) > USERS
