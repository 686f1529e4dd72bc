"""Starts what is measured: the real app in a process of its own, a database, a look at a process.

It alone knows how the app is told where its data and its provider are.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
WAN = "aimlapi:krea/krea-wan-14b/text-to-video"
SAME_FOR_ALL = {"GRADIO_ANALYTICS_ENABLED": "False", "DAILIES_VISITORS": "together"}


@dataclass(frozen=True, kw_only=True)
class Process:
    """A server in a process of its own, which answered first `started` seconds after its start."""

    url: str
    pid: int
    started: float

    def megabytes(self) -> float:
        """Return the memory that it holds."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))

    def cpu_seconds(self) -> float:
        """Return the seconds of a core that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def app(folder: Path, **settings: str) -> Iterator[Process]:
    """Run `python app.py` over a data folder; `settings` are environment variables of ours."""
    told = {"DAILIES_DATA_DIR": str(folder), **SAME_FOR_ALL, **settings}
    with server([str(ROOT / "app.py")], environment=told, path="/") as process:
        yield process


@contextmanager
def server(
    arguments: Sequence[str], *, environment: Mapping[str, str], path: str = "/"
) -> Iterator[Process]:
    """Run a Python program that serves at GRADIO_SERVER_PORT, from its first answer on."""
    port = free_port()
    mine = {name: value for name, value in os.environ.items() if not _is_ours(name)}
    variables = {**mine, "GRADIO_SERVER_PORT": str(port), **environment}
    url, began = f"http://127.0.0.1:{port}", time.perf_counter()
    # A folder of its own: a .env in ours must not change what is measured.
    with (
        tempfile.TemporaryDirectory(prefix="dailies-bench-") as folder,
        subprocess.Popen(
            [sys.executable, *arguments], env=variables, cwd=folder, stdout=subprocess.DEVNULL
        ) as process,
    ):
        try:
            _wait_until_up(f"{url}{path}", process)
            yield Process(url=url, pid=process.pid, started=time.perf_counter() - began)
        finally:
            process.terminate()
            _end(process)


def _is_ours(name: str) -> bool:
    return name.startswith(("DAILIES_", "AIMLAPI_", "KREA_", "GRADIO_"))


def _wait_until_up(url: str, process: subprocess.Popen[bytes], seconds: float = 90.0) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and process.poll() is None:
        try:
            if httpx.get(url, timeout=10, trust_env=False).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.01)
    raise RuntimeError(f"{url} does not answer; the process's words stand above")


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


_EMPTY = """
import os
import gradio as gr
with gr.Blocks(analytics_enabled=False) as page:
    gr.Textbox(elem_id="only")
page.launch(server_port=int(os.environ["GRADIO_SERVER_PORT"]), ssr_mode=False, quiet=True)
"""


@contextmanager
def empty_gradio() -> Iterator[Process]:
    """Run a Gradio app with one text box, in a process of its own."""
    with server(["-c", _EMPTY], environment={"GRADIO_ANALYTICS_ENABLED": "False"}) as process:
        yield process
