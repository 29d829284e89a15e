"""The Bicep templates: their syntax, what modules are given, which settings they set, where secrets go."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

from config import Config, setting_names
from deploy import __file__ as deploy_file
from state.store.database_url import PostgresUrl, parse_database_url

AZURE = Path(deploy_file).parent / "azure"
ENTRIES = ["app-service.bicep", "container-apps.bicep"]
TEMPLATES = sorted(str(path.relative_to(AZURE)) for path in AZURE.rglob("*.bicep"))
SECRET = [str(each.alias) for each in Config.model_fields.values() if "Secret" in str(each.annotation)]


def tree(name: str) -> Node:
    return Parser(Language(tree_sitter_bicep.language())).parse((AZURE / name).read_bytes()).root_node


def text(node: Node) -> str:
    return (node.text or b"").decode()


def nodes(node: Node, kind: str) -> Iterator[Node]:
    if node.type == kind:
        yield node
    for child in node.children:
        yield from nodes(child, kind)


def used(node: Node) -> set[str]:
    """Return the names in *node*, without names of properties in objects."""
    keys = {each.named_children[0].id for each in nodes(node, "object_property")}
    return {text(each) for each in nodes(node, "identifier") if each.id not in keys}


def properties(node: Node) -> dict[str, Node]:
    pairs = [each.named_children for each in node.named_children if each.type == "object_property"]
    return {text(pair[0]).strip("'"): pair[-1] for pair in pairs}


def parameters(name: str) -> dict[str, str]:
    """Return each parameter with its decorators and its declaration."""
    found, decorators = {}, ""
    for each in tree(name).named_children:
        if each.type == "decorators":
            decorators = text(each)
        elif each.type == "parameter_declaration":
            found[text(each.named_children[0])] = f"{decorators}\n{text(each)}"
            decorators = ""
    return found


def required(name: str) -> set[str]:
    return {each for each, says in parameters(name).items() if "=" not in says.rsplit("\nparam ")[-1]}


def secure(name: str) -> set[str]:
    return {each for each, says in parameters(name).items() if "@secure()" in says}


def variable(name: str, wanted: str) -> Node:
    declared = {text(each.named_children[0]): each for each in nodes(tree(name), "variable_declaration")}
    return declared[wanted]


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_bicep_and_says_what_each_parameter_is(name):
    root = tree(name)
    assert not root.has_error, [text(each) for each in nodes(root, "ERROR")]
    assert parameters(name)
    for each, says in parameters(name).items():
        assert "@description(" in says, each


@pytest.mark.parametrize("entry", ENTRIES)
def test_each_module_gets_every_parameter_that_it_needs_and_no_other(entry):
    modules = list(nodes(tree(entry), "module_declaration"))
    paths = [text(next(nodes(each, "string"))).strip("'") for each in modules]
    assert sorted(paths) == [each for each in TEMPLATES if each.startswith("modules/")]
    for module, path in zip(modules, paths, strict=True):
        given = set(properties(properties(next(nodes(module, "object")))["params"]))
        assert required(path) <= given <= set(parameters(path)), path


@pytest.mark.parametrize("entry", ENTRIES)
def test_only_settings_of_the_bot_are_set_and_none_of_them_is_a_secret(entry):
    names = set(properties(next(nodes(variable(entry, "plainSettings"), "object"))))
    assert {"MicrosoftAppId", "MicrosoftAppType", "MicrosoftAppTenantId", "PUBLIC_URL"} <= names
    assert names <= set(setting_names()) - set(SECRET)


@pytest.mark.parametrize("entry", ENTRIES)
def test_secrets_reach_the_bot_by_the_vault_alone(entry):
    root = tree(entry)
    assert secure(entry) == {"appPassword", "databasePassword", "secrets"}
    settings = re.findall(r"'(\w+)'\]", text(variable(entry, "secretNames")))
    assert settings == ["DATABASE_URL", "MicrosoftAppPassword"]
    assert set(settings) <= set(SECRET)
    assert secure("modules/vault.bicep") == {"secrets"}
    for each in nodes(root, "variable_declaration"):
        if text(each.named_children[0]) not in ("databaseUrl", "secretNames"):
            assert not used(each) & {*secure(entry), "databaseUrl"}, text(each.named_children[0])
    for resource in nodes(root, "resource_declaration"):
        assert not used(resource) & {*secure(entry), "databaseUrl"}, text(resource.named_children[0])


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_output_has_a_secret(name):
    for output in nodes(tree(name), "output_declaration"):
        assert not used(output) & {*secure(name), "databaseUrl", "secretNames"}


@pytest.mark.parametrize("name", [*ENTRIES, "modules/bot.bicep"])
def test_no_bot_is_registered_as_multi_tenant(name):
    assert "@allowed(['SingleTenant', 'UserAssignedMSI'])" in parameters(name)["appType"]


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_address_of_the_database_is_one_that_the_bot_takes(entry):
    """It checks the server's certificate."""
    written = {
        name: text(variable(entry, name).named_children[-1]).strip("'")
        for name in ("tls", "databaseAddress", "databaseUrl")
    }
    url = written["databaseUrl"].replace("${uriComponent(databasePassword)}", "p%2Fw%40")
    url = url.replace("${databaseAddress}", "db.postgres.database.azure.com/jobs")
    parsed = parse_database_url(url.replace("${tls}", written["tls"]))
    assert isinstance(parsed, PostgresUrl)
    assert parsed.shown == "postgresql://bot:***@db.postgres.database.azure.com/jobs"
    assert "sslmode=verify-full" in parsed.dsn


def test_each_host_runs_two_replicas_at_least_and_lets_them_end():
    site, app = (text(tree(each)) for each in ENTRIES)
    for entry, name in zip(ENTRIES, ("instances", "minReplicas"), strict=True):
        assert "@minValue(2)" in parameters(entry)[name]
    assert "WEBSITES_CONTAINER_STOP_TIME_LIMIT: string(shutdownGraceSeconds + 10)" in site
    assert "terminationGracePeriodSeconds: shutdownGraceSeconds + 10" in app
    for says in ("httpsOnly: true", "minTlsVersion: '1.2'", "alwaysOn: true", "healthCheckPath: '/readyz'"):
        assert says in site
    assert "allowInsecure: false" in app
    assert re.findall(r"type: '(\w+)'\s+httpGet: { path: '(\S+)', port: 3978 }", app) == [
        ("Startup", "/healthz"),
        ("Liveness", "/healthz"),
        ("Readiness", "/readyz"),
    ]


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_example_gives_what_is_needed_and_reads_secrets_from_the_environment(entry):
    example = (AZURE / f"{entry}param").read_text(encoding="utf-8")
    assert f"using '{entry}'" in example
    given = dict(re.findall(r"^param (\w+) = (.+?)(?=^param |\Z)", example, re.MULTILINE | re.DOTALL))
    assert required(entry) <= set(given) <= set(parameters(entry))
    assert given["databasePassword"].strip() == "readEnvironmentVariable('DATABASE_PASSWORD')"
    listed = re.findall(r"^  (\w+): readEnvironmentVariable\('(\w+)', ''\)$", given["secrets"], re.MULTILINE)
    assert len(listed) == given["secrets"].count(":") == 3
    assert all(name == variable and name in SECRET for name, variable in listed)
