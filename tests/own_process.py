"""Runs the files that count descriptors, children or memory each in a process of its own.

What another test left behind, in whatever order, is then in no process that is counted. Mark such
a file with `pytest.mark.own_process`; the first of its tests that comes up runs them all.
"""

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

CHILD = "DAILIES_OWN_PROCESS"
"""Names, in such a process, the file that its reports are written to."""


def pytest_configure(config):
    config.addinivalue_line("markers", "own_process: counts what its process holds")
    if CHILD in os.environ:
        config.pluginmanager.register(Reporter(config, Path(os.environ[CHILD])))
    else:
        config.pluginmanager.register(Starter(config))


class Reporter:
    """In the child: writes each report down for the parent."""

    def __init__(self, config, path):
        self._config = config
        self._path = path

    def pytest_runtest_logreport(self, report):
        said = self._config.hook.pytest_report_to_serializable(config=self._config, report=report)
        with self._path.open("a") as file:
            file.write(json.dumps(said) + "\n")


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
        listed, reports = folder / "tests.txt", folder / "reports.jsonl"
        listed.write_text("\n".join(together))
        reports.touch()
        command = [sys.executable, "-m", "pytest", f"@{listed}", f"--basetemp={folder / 'tmp'}"]
        command += ["-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly"]
        if item.config.option.maxfail:
            command.append(f"--maxfail={item.config.option.maxfail}")
        environment = os.environ | {CHILD: str(reports)}
        environment = {name: told for name, told in environment.items() if "XDIST" not in name}
        ran = subprocess.run(
            command,
            cwd=item.config.rootpath,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        self._ends[item.path] = f"{ran.stdout[-3000:]}\n{ran.stderr[-3000:]}\nrc {ran.returncode}"
        found = defaultdict(list)
        for line in reports.read_text().splitlines():
            report = self._config.hook.pytest_report_from_serializable(
                config=self._config, data=json.loads(line)
            )
            found[report.nodeid].append(report)
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
