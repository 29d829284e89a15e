"""The alert rules: each is tested both ways, and has a page in the runbook."""

import re

import pytest
import yaml

from tests.fakes.prometheus import DEPLOY, promtool

FOLDER = DEPLOY / "prometheus"
RUNBOOK = DEPLOY.parent / "docs" / "runbook"
RULES = {
    rule["alert"]: rule
    for group in yaml.safe_load((FOLDER / "alerts.yml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
}


async def test_the_rules_do_what_their_tests_say():
    await promtool("test", "rules", str(FOLDER / "alerts_test.yml"))


async def test_the_configuration_is_valid():
    await promtool("check", "config", str(FOLDER / "prometheus.yml"))


@pytest.mark.parametrize("alert", RULES)
def test_each_alert_is_tested_both_ways(alert):
    tests = yaml.safe_load((FOLDER / "alerts_test.yml").read_text("utf-8"))["tests"]
    cases = [case for test in tests for case in test["alert_rule_test"] if case["alertname"] == alert]
    assert sorted(bool(case["exp_alerts"]) for case in cases) == [False, True]


@pytest.mark.parametrize("alert", RULES)
def test_each_alert_says_what_to_do(alert):
    rule = RULES[alert]
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert sorted(rule["annotations"]) == ["description", "runbook", "summary"]
    assert rule["annotations"]["runbook"] == f"docs/runbook/{alert}.md"
    page = (RUNBOOK / f"{alert}.md").read_text("utf-8")
    assert page.startswith(f"# {alert}\n")
    assert re.findall("^## (.*)$", page, re.MULTILINE) == ["What it means", "How to look", "How to mend"]


def test_the_runbook_has_no_page_without_an_alert_and_lists_all():
    pages = {path.stem for path in RUNBOOK.glob("*.md")} - {"README"}
    assert pages == set(RULES)
    listed = re.findall(r"\]\((\w+)\.md\)", (RUNBOOK / "README.md").read_text("utf-8"))
    assert sorted(listed) == sorted(RULES)
