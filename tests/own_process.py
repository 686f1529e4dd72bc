"""Runs the files that count descriptors, children or memory each in a process of its own.

What another test left behind, in whatever order, is then in no process that is counted. Mark such
a file with `pytest.mark.own_process`; the first of its tests that comes up runs them all.
"""

import json
import os
import subprocess
import sys
import threading
from collections import defaultdict

import pytest

CHILD = "DAILIES_OWN_PROCESS"
"""Gives, in such a process, the number of the pipe that its reports are written to."""


def pytest_configure(config):
    config.addinivalue_line("markers", "own_process: counts what its process holds")
    if CHILD in os.environ:
        config.pluginmanager.register(Reporter(config, int(os.environ[CHILD])))
    else:
        config.pluginmanager.register(Starter(config))


class Reporter:
    """In the child: tells the parent each report, by a pipe: tests may let no file grow."""

    def __init__(self, config, pipe):
        self._config = config
        self._pipe = pipe

    def pytest_runtest_logreport(self, report):
        said = self._config.hook.pytest_report_to_serializable(config=self._config, report=report)
        with open(self._pipe, "w", closefd=False) as pipe:
            pipe.write(json.dumps(said) + "\n")


class Starter:
    """In the parent: runs a file's tests in a child, and hands on what it reported of each."""

    def __init__(self, config):
        self._config = config
        self._reports = {}
        self._ends = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item):
        if item.get_closest_marker("own_process") is None:
            return None
        if item.path not in self._reports:
            self._run(item)
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for report in self._reports[item.path].get(item.nodeid) or [self._missing(item)]:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def _run(self, item):
        together = [other.nodeid for other in item.session.items if other.path == item.path]
        folder = item.config._tmp_path_factory.mktemp("own-process")
        listed, said = folder / "tests.txt", []
        listed.write_text("\n".join(together))
        command = [sys.executable, "-m", "pytest", f"@{listed}", f"--basetemp={folder / 'tmp'}"]
        command += ["-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly"]
        if item.config.option.maxfail:
            command.append(f"--maxfail={item.config.option.maxfail}")
        read, write = os.pipe()
        environment = {name: told for name, told in os.environ.items() if "XDIST" not in name}
        child = subprocess.Popen(
            command,
            cwd=item.config.rootpath,
            env=environment | {CHILD: str(write)},
            pass_fds=[write],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        listening = threading.Thread(target=lambda: said.append(child.stdout.read()))
        listening.start()
        os.close(write)
        found = defaultdict(list)
        with open(read) as pipe:  # noqa: PTH123
            for line in pipe:
                report = self._config.hook.pytest_report_from_serializable(
                    config=self._config, data=json.loads(line)
                )
                found[report.nodeid].append(report)
        listening.join()
        child.stdout.close()
        self._ends[item.path] = f"{said[0][-3000:]}\nrc {child.wait()}"
        self._reports[item.path] = found

    def _missing(self, item):
        return pytest.TestReport(
            nodeid=item.nodeid,
            location=item.location,
            keywords={},
            outcome="failed",
            longrepr=f"The file's own process ended before this test.\n{self._ends[item.path]}",
            when="call",
        )
