"""The files of a kept project: citation, changelog, hooks, workflows, templates, the container to work in."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from courses import ROOT

SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = SETTINGS["project"]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
TEMPLATES = sorted((GITHUB / "ISSUE_TEMPLATE").glob("*.yml"))
PROGRAMS = Path(sys.executable).parent
HAS_ZIZMOR = pytest.mark.skipif(
    not shutil.which("zizmor", path=PROGRAMS), reason="zizmor is missing: pip install -r requirements.txt"
)
HAS_PRE_COMMIT = pytest.mark.skipif(
    not shutil.which("pre-commit", path=PROGRAMS),
    reason="pre-commit is missing: pip install -r requirements.txt",
)


def loaded(path: Path) -> dict:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def run(*words: str | Path) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in words], cwd=ROOT, capture_output=True, text=True)


def test_citation_and_changelog_name_the_version():
    citation = loaded(ROOT / "CITATION.cff")
    assert citation["version"] == PROJECT["version"] and citation["license"] == PROJECT["license"]
    assert citation["authors"] == PROJECT["authors"]
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert PROJECT["version"] in headings[:2] and headings[0] in ("Unreleased", PROJECT["version"])


def test_the_types_of_every_package_are_checked():
    settings = SETTINGS["tool"]["mypy"]
    assert settings["files"] == ["course_utils", "benchmarks"] and "exclude" not in settings
    assert not [one for one in (settings, *settings["overrides"]) if "ignore_errors" in one]
    files = sorted((ROOT / "course_utils").rglob("*.py"))
    assert not [file for file in files if "# mypy:" in file.read_text(encoding="utf-8")]


def test_one_job_runs_what_ci_is_and_pages_are_published():
    steps = {
        path.stem: [s for job in loaded(path)["jobs"].values() for s in job["steps"]] for path in WORKFLOWS
    }
    assert len(loaded(GITHUB / "workflows" / "ci.yml")["jobs"]) == 1
    assert ".ci/run" in [step.get("run") for step in steps["ci"]]
    runs = [step.get("run") for step in steps["pages"]]
    assert runs.index("make .venv/installed") < runs.index(".venv/bin/course site _site")
    (upload,) = [step for step in steps["pages"] if "upload-pages-artifact" in step.get("uses", "")]
    assert upload["with"]["path"] == "_site"


@HAS_ZIZMOR
def test_a_linter_finds_nothing_in_the_workflows():
    result = run(
        PROGRAMS / "zizmor", "--offline", "--no-progress", "--persona=pedantic", "--collect=all", "."
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert all(f"{path.name}" in result.stderr for path in WORKFLOWS), result.stderr


@HAS_ZIZMOR
def test_the_linter_would_find_something(tmp_path):
    workflow = tmp_path / ".github" / "workflows" / "ci.yml"
    workflow.parent.mkdir(parents=True)
    text = (GITHUB / "workflows" / "ci.yml").read_text(encoding="utf-8")
    workflow.write_text(re.sub(r"checkout@\w+", "checkout@main", text), encoding="utf-8")
    result = run(PROGRAMS / "zizmor", "--offline", "--no-progress", tmp_path)
    assert result.returncode and "unpinned" in result.stdout


@HAS_PRE_COMMIT
def test_hooks_are_valid():
    result = run(PROGRAMS / "pre-commit", "validate-config")
    assert result.returncode == 0, result.stdout + result.stderr


def test_hooks_are_what_make_lint_runs():
    hooks = [hook for repo in loaded(ROOT / ".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]
    lint = run("make", "--dry-run", "--always-make", "lint", "VENV=V").stdout
    assert {hook["language"] for hook in hooks} == {"system"}, "versions stand in requirements.txt alone"
    for hook in hooks:
        words = hook["entry"].replace(" --force-exclude", "").replace("format", "format --check")
        assert f"V/bin/{words}" in lint, hook["entry"]
    assert len(hooks) == len(re.findall(r"^V/bin/(?!python)", lint, re.M))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_an_issue_template_asks_for_what_is_needed(template):
    form = loaded(template)
    assert form["name"] and form["description"]
    assert all(part["validations"]["required"] and part["attributes"]["label"] for part in form["body"])
    assert len({part["id"] for part in form["body"]}) == len(form["body"])


def test_the_container_to_work_in_installs_as_everybody_does():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    assert container["postCreateCommand"].endswith("&& make .venv/installed")
    least = PROJECT["requires-python"].removeprefix(">=")
    assert tuple(map(int, container["image"].rpartition(":")[2].split("."))) >= tuple(
        map(int, least.split("."))
    )
    for file in container["customizations"]["codespaces"]["openFiles"]:
        assert (ROOT / file).is_file()
