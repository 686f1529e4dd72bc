"""A real nginx before the app, on free loopback ports, with or without TLS that ends there."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

PROGRAM = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

HOST = 'proxy_set_header Host $http_host; proxy_set_header Connection "";'
"""For each `location`: where one sets a header, nginx forgets those that were set around it."""

MAIN = """
daemon off; master_process off; worker_processes 1; error_log {folder}/error.log; pid {folder}/pid;
events {{ worker_connections 256; }}
http {{
  access_log off; client_max_body_size 300m;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxied;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  proxy_http_version 1.1;
  server {{
    listen 127.0.0.1:{port} {tls};
    {certificate}
    {locations}
    root {folder}/nothing;
  }}
}}
"""


@contextmanager
def running_proxy(locations, *, tls=False):
    """Run nginx with these `location` blocks; gives its address. All else there is a 404."""
    if PROGRAM is None and not os.environ.get("CI"):
        pytest.skip("there is no nginx: apt-get install nginx-light")
    folder, port = Path(tempfile.mkdtemp(prefix="dailies-nginx-")), free_port()
    certificate = _certificate(folder) if tls else ""
    (folder / "conf").write_text(
        MAIN.format(
            folder=folder,
            port=port,
            tls="ssl" if tls else "",
            certificate=certificate,
            locations=locations,
        )
    )
    nginx = subprocess.Popen([PROGRAM, "-c", str(folder / "conf"), "-p", str(folder)])
    try:
        _listens(port, nginx)
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    finally:
        nginx.terminate()
        nginx.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _certificate(folder):
    names = "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:huggingface.co,DNS:studio.hf.space"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    files = ["-keyout", str(folder / "key"), "-out", str(folder / "certificate")]
    said = ["-subj", "/CN=dailies", "-addext", names]
    subprocess.run([*command, *files, *said], check=True, capture_output=True)
    return f"ssl_certificate {folder}/certificate; ssl_certificate_key {folder}/key;"


def _listens(port, nginx, seconds=20):
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        assert nginx.poll() is None, "nginx has ended"
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
    raise AssertionError("nginx does not listen")
