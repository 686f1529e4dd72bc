"""A real PostgreSQL on a Unix socket of its own, for tests and for benchmarks."""

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running_postgres(*options):
    """Run one in a folder of its own; gives its SQLAlchemy address, or None where none is."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="dailies-pg-", dir="/tmp"))
    user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)

    def run(program, *arguments):
        command = [f"{programs[-1]}/{program}", "-D", str(folder / "db"), *arguments]
        who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        subprocess.run(command, check=True, capture_output=True, cwd=folder, **who)

    try:
        run("initdb", "-U", "dailies", "-A", "trust", "--no-sync")
        where = ["listen_addresses=", f"unix_socket_directories={folder}", *options]
        chosen = " ".join(f"-c {option}" for option in where)
        run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", chosen, "start")
        yield f"postgresql://dailies@/postgres?host={folder}"
        run("pg_ctl", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
