"""Every row of the fault matrix has a test, and the table in the docs is made from them."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import fault_table


def test_every_row_of_the_matrix_has_a_test():
    assert {row.number for row in fault_table.rows()} >= set(fault_table.ROWS)


def test_the_table_in_the_docs_is_up_to_date():
    script = [sys.executable, str(ROOT / "scripts" / "fault_table.py"), "--check"]
    ran = subprocess.run(script, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
