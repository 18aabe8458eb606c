"""Do the files about the project name the version that there is, and are those for other programs well-formed?"""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from esim import __version__
from esim.distribution import NAME

TOP = Path(__file__).parents[2]


def read(path: str) -> dict:
    return YAML(typ="safe").load((TOP / path).read_text(encoding="utf-8"))


def test_the_citation_has_what_its_format_asks_for_and_this_version() -> None:
    citation = read("CITATION.cff")
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["version"] == __version__


def test_changelog_and_readme_name_this_version() -> None:
    changelog = (TOP / "CHANGELOG.md").read_text(encoding="utf-8")
    assert changelog.split("\n## ")[1].startswith(__version__)
    assert f"{NAME.replace('-', '_')}-{__version__}-" in (TOP / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["bug", "feature", "question"])
def test_templates_of_issues_have_what_they_must(name: str) -> None:
    template = read(f".github/ISSUE_TEMPLATE/{name}.yml")
    assert {"name", "description", "body"} <= set(template)
    ids = [part["id"] for part in template["body"]]
    assert len(ids) == len(set(ids))


def test_the_workflow_runs_targets_of_the_makefile() -> None:
    makefile = (TOP / "Makefile").read_text(encoding="utf-8")
    jobs = read(".github/workflows/ci.yml")["jobs"]
    commands = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    assert sorted(commands) == ["make docs", "make test"]
    assert all(f"\n{command.removeprefix('make ')}:" in makefile for command in commands)
