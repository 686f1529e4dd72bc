"""What the code cites of the vendors' contract stands in docs/contract.md, and nothing else."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
SECTIONS = set(re.findall(r"^## (.+)$", (ROOT / "docs/contract.md").read_text(), re.MULTILINE))
CITED = re.compile(r"(?:AI/ML|Krea): [a-z]+")


def sources():
    tracked = subprocess.run(
        ["git", "ls-files", "core", "ui", "assets"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in tracked.stdout.split() if name.endswith((".py", ".js"))]


def test_every_section_that_a_comment_cites_is_there():
    cited = {
        section
        for path in sources()
        for bracket in re.findall(r"\(([^()\n]*)\)", path.read_text())
        for section in CITED.findall(bracket)
    }
    assert len(cited) > 9
    assert cited <= SECTIONS


def test_no_comment_cites_a_paper_that_is_not_here():
    for path in sources():
        assert not re.search(r"(?<![\w.])[AB]\.\d(?![\w.])", path.read_text()), path
