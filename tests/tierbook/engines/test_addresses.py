"""Addresses of databases: every one leads to a backend of Ibis; what it lacks or does not know is one sentence."""

from __future__ import annotations

from importlib.metadata import metadata
from importlib.util import find_spec

import pytest

from tierbook.engines.addresses import SYSTEMS, connected, missing
from tierbook.engines.options import EngineOptions
from tierbook.engines.sources import open_source
from tierbook.errors import HostError
from tierbook.language import LANGUAGES


@pytest.mark.parametrize("scheme", SYSTEMS)
def test_every_system_is_one_ibis_connects_to(scheme):
    system = SYSTEMS[scheme]
    assert find_spec(f"ibis.backends.{system.backend}")
    assert system.backend in (metadata("ibis-framework").get_all("Provides-Extra") or [])


@pytest.mark.parametrize(
    "scheme, package",
    [
        ("bigquery", "ibis-framework[bigquery]"),
        ("oracle", "ibis-framework[oracle]"),
        ("snowflake", "ibis-framework[snowflake]"),
    ],
)
def test_a_driver_that_is_missing_is_named_with_its_package(scheme, package):
    if find_spec(SYSTEMS[scheme].driver.partition(".")[0]):
        pytest.skip(f"{scheme} can be read here")
    assert missing(SYSTEMS[scheme]) == package
    with pytest.raises(HostError, match="needs packages that are not installed") as refused:
        open_source(f"{scheme}://me@host/sales", EngineOptions())
    for language in LANGUAGES:
        assert f"pip install {package}" in refused.value.text(language)


def test_an_address_nobody_can_open_names_those_that_can():
    with pytest.raises(HostError, match="cannot connect to db2://; it connects to Spark, PostgreSQL, MySQL"):
        open_source("db2://me@db/sales", EngineOptions())


@pytest.mark.parametrize("engine", ["spark", "source"])
def test_what_no_test_proves_is_no_engine(engine):
    with pytest.raises(HostError, match=f"MySQL is no source for engine: {engine}."):
        open_source("mysql://me@db/sales", EngineOptions(name=engine))


def test_postgresql_is_no_source_for_spark():
    with pytest.raises(HostError, match="PostgreSQL is no source for engine: spark."):
        open_source("postgres://me@db/sales", EngineOptions(name="spark"))


def test_a_password_after_the_question_mark_is_refused_and_not_repeated():
    with pytest.raises(HostError, match="The address of the source holds a password") as refused:
        connected("postgres://me@db/sales?password=hunter-22", None)
    assert "hunter-22" not in refused.value.text() + refused.value.text("zh")


@pytest.mark.parametrize(
    "address",
    ["postgres://me@127.0.0.1:port/sales", "postgres://me@127.0.0.1:1/sales?connect_timeout=soon"],
)
def test_an_address_with_a_slip_is_a_sentence(address):
    with pytest.raises(HostError) as refused:
        connected(address, "hunter-22")
    assert "Look at the address in config.yaml" in str(refused.value)
    assert "hunter-22" not in refused.value.text() + refused.value.text("zh")
