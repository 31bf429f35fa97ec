"""Fixtures: stages of servers, and the clients on them.

Tests are coroutines on one event loop; each has TEST_S seconds.
"""

import asyncio
import inspect
import os
import shutil
import tempfile
from pathlib import Path

import place
import pytest
from passerelle import find_program
from stage import MATRIX, Stage

TEST_S = 90  # far above the sum of the deadlines inside any test


@pytest.fixture(scope="session")
def loop():
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield loop
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Runs a test that is a coroutine, for a bounded time."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = pyfuncitem._fixtureinfo.argnames
    arguments = {name: pyfuncitem.funcargs[name] for name in wanted}
    loop = pyfuncitem.funcargs["loop"]
    loop.run_until_complete(
        asyncio.wait_for(
            pyfuncitem.obj(**arguments),
            getattr(pyfuncitem.module, "TEST_S", TEST_S),
        )
    )
    return True


def pytest_generate_tests(metafunc):
    """A module that does not need every pair says so in its STAGES."""
    if "running_stage" in metafunc.fixturenames:
        wanted = getattr(metafunc.module, "STAGES", MATRIX)
        # The same objects, or pytest starts the stages of a module anew.
        stages = [name for name in MATRIX if name in wanted]
        metafunc.parametrize(
            "running_stage", stages, indirect=True, scope="session"
        )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """One stage after the other; every coroutine gets the loop it runs on."""
    for item in items:
        if inspect.iscoroutinefunction(item.obj):
            item.fixturenames.insert(0, "loop")
    items.sort(key=stage_number)


def stage_number(item):
    params = item.callspec.params if hasattr(item, "callspec") else {}
    name = params.get("running_stage")
    return MATRIX.index(name) if name else -1


def pytest_report_header():
    return f"program: {os.environ.get('PASSERELLE', 'build/asan/passerelle')}"


@pytest.fixture(scope="session")
def scratch(request):
    """Kept when a test has failed, for whoever looks into it."""
    folder = Path(tempfile.mkdtemp(prefix="passerelle-interop-"))
    folder.chmod(0o755)  # ngIRCd reads its files as nobody
    yield folder
    if request.session.testsfailed:
        print(f"\nlogs and files are kept in {folder}")
    else:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def certificates(scratch):
    return place.Certificates(scratch / "tls")


@pytest.fixture(scope="session")
def running_stage(request, loop, scratch, certificates):
    find_program()
    stage = Stage(request.param, scratch, certificates)
    try:
        loop.run_until_complete(stage.raise_curtain())
        yield stage
        status = loop.run_until_complete(stage.lower_curtain())
        assert not stage.passerelle.complaints()
        assert status == 0, (
            f"Passerelle stopped with status {status}\n"
            + stage.passerelle.process.tail(80)
        )
    finally:
        stage.abandon()


@pytest.fixture
def stage(request, loop, running_stage):
    """The stage for one test; nobody is on it but Passerelle."""
    request.node.stage = running_stage
    request.node.stage_marks = running_stage.mark()
    stage = running_stage
    yield stage
    loop.run_until_complete(asyncio.wait_for(stage.part_all(), TEST_S))
    complaints = stage.passerelle.complaints()
    assert not complaints, complaints
    fallen = [s for s in stage.servers if not s.process.is_running()]
    words = [
        f"{s.name} ended with status {s.process.status}\n{s.process.tail(80)}"
        for s in fallen
    ]
    for server in fallen:
        server.start()  # so that the next test is about itself
    assert not fallen, "\n".join(words)


@pytest.fixture
def romeo(loop, stage):
    return loop.run_until_complete(stage.client("romeo"))


@pytest.fixture
def benvolio(loop, stage):
    return loop.run_until_complete(stage.client("benvolio"))


@pytest.fixture
def juliet(loop, stage):
    return loop.run_until_complete(stage.peer("juliet"))


@pytest.fixture
def nurse(loop, stage):
    return loop.run_until_complete(stage.peer("nurse"))


class Balcony:
    """A channel which Juliet, its operator, and Romeo are inside."""

    def __init__(self, stage, romeo, juliet):
        self.channel = stage.new_channel()
        self.room = stage.room(self.channel)
        self.romeo_in_room = f"{self.room}/romeo"
        self.juliet_in_room = f"{self.room}/juliet"
        self._romeo, self._juliet = romeo, juliet

    async def fill(self):
        await self._juliet.join(self.channel)
        await self._romeo.join(self.room, "romeo")
        await self._juliet.expect(
            "romeo joins", "JOIN", self.channel, nick="romeo"
        )


@pytest.fixture
def balcony(loop, stage, romeo, juliet):
    balcony = Balcony(stage, romeo, juliet)
    loop.run_until_complete(balcony.fill())
    return balcony


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows what all sides have seen during the test."""
    report = (yield).get_result()
    stage = getattr(item, "stage", None)
    if report.failed and stage:
        report.sections += list(stage.story(item.stage_marks))
