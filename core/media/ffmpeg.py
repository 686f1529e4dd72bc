"""Runs imageio-ffmpeg's own ffmpeg, by its path, with limits; only this module starts processes."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import IO

import imageio_ffmpeg

from core.errors import MediaError, StorageError, StudioError

try:
    import resource
except ImportError:  # Windows has no such limits; the wall clock still holds there
    resource = None  # type: ignore[assignment]

log = logging.getLogger(__name__)

UNUSABLE = "The file is damaged, or of a kind that is not read here: export it again as H.264 MP4."
"""What people are told where ffmpeg fails: its own words, which go to the log, help nobody else."""

STDERR_LIMIT = 64 * 1024
TOLD_LIMIT = 2**20
"""Bytes of what ffmpeg says of a file: the file's own notes stand before its tracks."""

SAFE_INPUT = (
    *("-protocol_whitelist", "file"),
    *("-format_whitelist", "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm"),
)
"""What stands before each `-i` of a video, together with a forced `-f`."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one run may use: seconds by the wall and of processor, bytes of memory and of output."""

    wall: float = 60.0
    cpu: int = 40
    memory: int = 3 * 2**30
    output: int = 2**30


DEFAULT_LIMITS = Limits()


@dataclass(kw_only=True)
class _Words:
    """What ffmpeg says on stderr, about `most` bytes of it."""

    most: int
    heard: bytearray = field(default_factory=bytearray)

    @property
    def text(self) -> str:
        return self.heard.decode(errors="replace")


@cache
def executable() -> str:
    """Return the path of the ffmpeg that imageio-ffmpeg brings; the system's is never used."""
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise MediaError("ffmpeg is missing: reinstall the package imageio-ffmpeg.") from error


def run(arguments: Sequence[str], *, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Run ffmpeg to its end and return what it wrote to stdout.

    Raises `MediaError`, and `StorageError` where the disk is full.
    """
    parts, length = [], 0
    with reading(arguments, limits=limits) as stdout:
        while part := stdout.read(2**16):
            parts.append(part)
            length += len(part)
            if length > limits.output:
                raise MediaError("The file turns into too much data: use a smaller one.")
    return b"".join(parts)


def told(source: Sequence[str], *, limits: Limits = DEFAULT_LIMITS) -> str:
    """Return ffmpeg's words on an input, given by its arguments up to `-i` and the file.

    It says what it can of a file that is damaged, and nothing of one that it cannot open.
    """
    nothing = ["-map", "0:v?", "-c", "copy", "-t", "0", "-f", "null", "-"]
    words = _Words(most=TOLD_LIMIT)
    arguments = ["-v", "info", "-hide_banner", *source, *nothing]
    silent = subprocess.DEVNULL
    with (
        contextlib.suppress(MediaError),
        _running(arguments, limits, stdin=silent, stdout=silent, words=words),
    ):
        pass
    return words.text


@contextlib.contextmanager
def reading(arguments: Sequence[str], *, limits: Limits = DEFAULT_LIMITS) -> Iterator[IO[bytes]]:
    """Give ffmpeg's stdout to read from; leaving before its end kills it. Raises as `run`."""
    with _running(arguments, limits, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None  # noqa: S101  asked for in the line above
        yield process.stdout


@contextlib.contextmanager
def feeding(arguments: Sequence[str], *, limits: Limits = DEFAULT_LIMITS) -> Iterator[IO[bytes]]:
    """Give ffmpeg's stdin to write raw frames to (`-i -`). Raises as `run`."""
    with _running(arguments, limits, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.stdin is not None  # noqa: S101  asked for in the line above
        try:
            yield process.stdin
            process.stdin.close()
        except BrokenPipeError:
            pass  # ffmpeg gave up; its own words, raised on the way out, say why


@contextlib.contextmanager
def _running(
    arguments: Sequence[str],
    limits: Limits,
    *,
    stdin: int,
    stdout: int,
    words: _Words | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    words = words or _Words(most=STDERR_LIMIT)
    with _empty_folder() as empty:
        process = _start(arguments, empty, stdin, stdout)
        listener = threading.Thread(target=_listen, args=(process, words), daemon=True)
        listener.start()
        watchdog = threading.Timer(limits.wall, _kill, (process,))
        watchdog.start()
        _limit(process.pid, limits)
        try:
            yield process
            left_early = process.stdout is not None and process.stdout.read(1)
            code = 0 if left_early else process.wait()
        finally:
            watchdog.cancel()
            watchdog.join()
            _kill(process)
            process.wait()
            listener.join(timeout=1)
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe:
                    with contextlib.suppress(BrokenPipeError):
                        pipe.close()
        if code:
            raise _failure(code, words.text)


def _empty_folder() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="dailies-ffmpeg-")
    except OSError as error:
        raise StorageError(f"No temporary folder can be made ({error.strerror}).") from error


def _start(
    arguments: Sequence[str], folder: str, stdin: int, stdout: int
) -> subprocess.Popen[bytes]:
    command = [executable(), "-v", "error", "-nostdin", "-y", *arguments]
    try:
        return subprocess.Popen(  # noqa: S603  our own program, arguments as a list, no shell
            command,
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            cwd=folder,
            env={},
            start_new_session=True,
        )
    except OSError as error:
        raise MediaError(
            f"ffmpeg could not be started ({error.strerror}): reinstall it."
        ) from error


def _limit(pid: int, limits: Limits) -> None:
    # From outside, after the start: code between fork and exec is unsafe beside threads.
    if resource is None or not hasattr(resource, "prlimit"):
        return
    for what, most in (
        (resource.RLIMIT_CPU, limits.cpu),
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_FSIZE, limits.output),
    ):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            resource.prlimit(pid, what, (most, most))


def _listen(process: subprocess.Popen[bytes], words: _Words) -> None:
    while process.stderr and (chunk := process.stderr.read1(4096)):  # type: ignore[attr-defined]
        if len(words.heard) < words.most:
            words.heard += chunk


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _failure(code: int, said: str) -> StudioError:
    if code < 0:
        return MediaError(
            "The file takes too long or too much memory to process: use a smaller one."
        )
    if os.strerror(errno.ENOSPC) in said:
        return StorageError("The disk is full.")
    lines = said.strip().splitlines()
    log.warning("ffmpeg ended with %d: %s", code, lines[-1][:200] if lines else "no word")
    return MediaError(UNUSABLE)
