"""The README's figures are those of the last measurement, and a target is judged by its figure."""

import json
import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = runpy.run_path(str(ROOT / "scripts/bench_table.py"))
README = "# Dailies\n<!-- bench -->\nold\n<!-- /bench -->\nEnd\n"
RESULTS = {
    "machine": {
        "date": "2026-11-21",
        "cores": 2,
        "processor": "A processor",
        "memory_gb": 8.0,
        "python": "3.11.7",
        "packages": {"gradio": "6.31.0"},
        "load_average": [0.1, 0.2, 0.3],
    },
    "reports": {
        "gif": {
            "title": "The GIF",
            "targets": [
                {
                    "what": "size",
                    "against": "",
                    "target": "≤ 2.2 MB",
                    "figure": "2 MB",
                    "met": True,
                },
                {"what": "floor", "against": "a", "target": "≤ 3 ×", "figure": "4 ×", "met": False},
            ],
        }
    },
}


@pytest.fixture
def files(tmp_path):
    readme, results = tmp_path / "README.md", tmp_path / "results.json"
    readme.write_text(README)
    results.write_text(json.dumps(RESULTS))
    return readme, results


@pytest.fixture
def table(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "bench"))
    yield __import__("common.table", fromlist=["table"])
    for name in [name for name in sys.modules if name.partition(".")[0] == "common"]:
        del sys.modules[name]


def test_the_table_has_a_row_for_each_target_and_names_the_machine(files):
    assert SCRIPT["run"](*files, check=False) == 0
    text = files[0].read_text()
    assert "| The GIF: size |  | ≤ 2.2 MB | 2 MB | met |" in text
    assert "| The GIF: floor | a | ≤ 3 × | 4 × | **missed** |" in text
    assert "2 cores (A processor, 8 GB), Python 3.11.7, Gradio 6.31.0" in text
    assert text.startswith("# Dailies\n<!-- bench -->\nMeasured on 2026-11-21")
    assert text.endswith("<!-- /bench -->\nEnd\n")


def test_a_check_changes_nothing_and_tells_old_figures_from_new_ones(files, capsys):
    assert SCRIPT["run"](*files, check=True) == 1
    assert files[0].read_text() == README
    assert "out of date" in capsys.readouterr().out
    SCRIPT["run"](*files, check=False)
    assert SCRIPT["run"](*files, check=True) == 0


def test_a_readme_without_marks_and_a_missing_measurement_are_told(files, capsys):
    readme, results = files
    readme.write_text("# Dailies\n")
    assert SCRIPT["run"](readme, results, check=True) == 1
    assert "no place for the figures" in capsys.readouterr().out
    results.unlink()
    assert SCRIPT["run"](readme, results, check=True) == 1
    assert "run scripts/bench" in capsys.readouterr().out


def test_a_target_is_met_on_its_own_side_of_the_limit(table):
    at_most = table.Target(what="late", figure=0.4, limit=0.5, unit="s")
    at_least = table.Target(what="sooner", figure=7.9, limit=8.0, unit="×", at_least=True)
    assert at_most.met
    assert at_most.as_json()["target"] == "≤ 0.50 s"
    assert not at_least.met
    assert at_least.as_json()["figure"] == "7.90 ×"


def test_rows_with_other_columns_share_one_table(table):
    told = table.markdown([{"a": 1, "b": 2.5}, {"a": 3, "c": True}])
    assert told.splitlines() == [
        "| a | b | c |",
        "| --- | --- | --- |",
        "| 1 | 2.50 |  |",
        "| 3 |  | yes |",
    ]


def test_the_figure_that_95_of_100_do_not_exceed(table):
    assert table.p95(list(range(100))) == 95
    assert table.p95([1.0]) == 1.0
