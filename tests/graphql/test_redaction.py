"""T-LOG-05: graphql-core quotes a refused variable before our code runs; the host's log must not keep it."""

import logging

import pytest
from factories import fresh_keys

pytestmark = pytest.mark.django_db

# Where both hosts log what they take for the client's fault; Saleor 3 at DEBUG only.
HOSTS_LOG = "saleor.graphql.errors.handled"
IMPORT = """mutation($input: LicenseKeysImportInput!) {
    licenseKeysImport(input: $input) { errors { code } } }"""
KEYS = """mutation($pool: ID!, $keys: [String!]!) {
    licenseKeysImport(input: {pool: $pool, keys: $keys}) { errors { code } } }"""
LIST = """query($filter: LicenseFilterInput) {
    licenses(first: 1, filter: $filter) { edges { node { id } } } }"""


@pytest.fixture
def hosts_log(caplog):
    """What the host logs of refused requests; some hosts do not pass it on to the root."""
    logger = logging.getLogger(HOSTS_LOG)
    is_passed_on, logger.propagate = logger.propagate, True
    with caplog.at_level(logging.DEBUG, logger=HOSTS_LOG):
        yield caplog
    logger.propagate = is_passed_on


@pytest.mark.parametrize("shape", ["object", "list", "filter"])
def test_a_refused_variable_with_keys_is_not_logged(api, staff, hosts_log, shape):
    (canary,) = fresh_keys(1)
    document, variables = {
        "object": (IMPORT, {"input": {"pool": "x", "keys": [canary], "nope": 1}}),
        "list": (KEYS, {"pool": "x", "keys": [canary, None]}),
        "filter": (LIST, {"filter": {"key": canary, "fulfillment": "NO_SUCH_STATE"}}),
    }[shape]

    answer = api(staff("MANAGE_LICENSE_KEYS", "MANAGE_LICENSES"))(document, variables)

    assert "got invalid value" in answer["errors"][0]["message"]
    assert canary not in hosts_log.text
    assert "A variable with secrets was refused" in hosts_log.text


def test_other_refused_variables_are_logged_as_ever(api, staff, hosts_log):
    """A control: the host does log them."""
    api(staff("MANAGE_LICENSES"))(LIST, {"filter": {"sku": "A-1", "fulfillment": "NO_SUCH"}})

    assert "NO_SUCH" in hosts_log.text
    assert "A variable with secrets was refused" not in hosts_log.text
