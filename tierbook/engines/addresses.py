"""Addresses of databases: which systems Ibis connects to for us, what that needs, and a session with one.

A password is an argument of its own, and no sentence shows it.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from tierbook.engines.failures import shortened, told
from tierbook.errors import HostError

_WAIT = 10
"""Seconds a server may take to answer at all. [s]"""


class System(NamedTuple):
    """A kind of database: the backend of Ibis, the driver that backend imports, what it calls the password, what
    else it is asked for, and whether tests prove it as an engine."""

    name: str
    backend: str
    driver: str
    password: str = "password"
    asked: Mapping[str, Any] = MappingProxyType({})
    works: bool = False


# MySQL keeps moments in the zone of the session, and a server without tables of zones knows none by name.
_MYSQL: Mapping[str, Any] = {
    "connect_timeout": _WAIT,
    "charset": "utf8mb4",
    "init_command": "SET time_zone = '+00:00'",
}
SYSTEMS = {
    "postgres": System("PostgreSQL", "postgres", "psycopg", asked={"connect_timeout": _WAIT}, works=True),
    "mysql": System("MySQL", "mysql", "MySQLdb", asked=_MYSQL),
    "mariadb": System("MariaDB", "mysql", "MySQLdb", asked=_MYSQL),
    "mssql": System("SQL Server", "mssql", "pyodbc"),
    "oracle": System("Oracle", "oracle", "oracledb"),
    # Ibis would put functions of its own into the database.
    "snowflake": System("Snowflake", "snowflake", "snowflake.connector", asked={"create_object_udfs": False}),
    "bigquery": System("BigQuery", "bigquery", "google.cloud.bigquery"),
    "trino": System("Trino", "trino", "trino", "auth"),
    "clickhouse": System("ClickHouse", "clickhouse", "clickhouse_connect"),
    "databricks": System("Databricks", "databricks", "databricks.sql", "access_token"),
}
SYSTEMS["postgresql"] = SYSTEMS["postgres"]


@dataclass(frozen=True)
class Session:
    """An open session: the schema its tables are in ("" for the one the session is in), what a reader sees for the address."""

    backend: Any
    schema: str
    shown: str
    user: str


def system_of(address: str) -> System:
    """The kind of database an address is of.

    Raises
    ------
    HostError
        Tierbook does not connect to it.
    """
    scheme = urlsplit(address).scheme
    if scheme not in SYSTEMS:
        raise HostError(
            "Tierbook cannot connect to {scheme}://; it connects to {known}.",
            fix="Correct source: in config.yaml, or write the tables to Parquet files and name their folder.",
            scheme=scheme,
            known=", ".join(dict.fromkeys(["Spark", *(one.name for one in SYSTEMS.values())])),
        )
    return SYSTEMS[scheme]


def stays(system: System, engine: str) -> bool:
    """Whether the rows of a kind of database stay there; else they come to DuckDB.

    Parameters
    ----------
    engine : str
        What the project asks for, "" for nothing.

    Raises
    ------
    HostError
        That is no engine for it.
    """
    if engine in ("", "source") and system.works:
        return True
    if engine in ("", "duckdb"):
        return False
    raise HostError(
        "{what} is no source for engine: {name}.",
        fix="Write engine: duckdb into config.yaml; the tables come to DuckDB.",
        what=system.name,
        name=engine,
    )


def missing(system: System) -> str:
    """The package to install before a kind of database can be read; "" for none."""
    if not (installed("ibis") and installed(system.driver)):
        return "tierbook[engines]" if system.backend == "postgres" else f"ibis-framework[{system.backend}]"
    return ""


def installed(module: str) -> bool:
    """Whether a module could be imported."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        # Of `google.cloud.bigquery`, not even `google.cloud`.
        return False


def connected(address: str, password: str | None, *, time_limit: float = 0) -> Session:
    """A session with a database.

    Parameters
    ----------
    address : str
        `mysql://user@host:3306/database?schema=shop`; what else stands after `?` goes to Ibis as it is.
    time_limit : float
        Seconds a statement may take, where a server can be told so; 0 for no limit. [s]

    Raises
    ------
    HostError
        A package is missing, or the server cannot be reached or refuses.
    """
    system = system_of(address)
    package = missing(system)
    if package:
        raise HostError(
            "{what} needs packages that are not installed.",
            fix="Install them: pip install {package}.",
            what=system.name,
            package=package,
        )
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query))
    schema = query.pop("schema", "")
    if system.password in query:
        raise HostError(
            "The address of the source holds a password.",
            fix="Take it out, and put the password into {variable} or the system's keyring.",
            variable="TIERBOOK_PASSWORD",
        )
    asked = dict(system.asked)
    if time_limit and system.backend == "mysql":
        asked["read_timeout"] = int(time_limit)
    if password is not None:
        asked[system.password] = password
    if parts.username:
        asked["user"] = unquote(parts.username)
    if system.backend == "databricks":
        # Ibis leaves the host out.
        asked["server_hostname"] = parts.hostname
    given = urlunsplit(parts._replace(scheme=system.backend, query=urlencode(query)))
    try:
        with told(secret=password or ""), warnings.catch_warnings():
            # A server without tables of time zones; the zone is set already.
            warnings.filterwarnings("ignore", "Unable to set session timezone")
            backend: Any = _session(system, given, asked)
            if time_limit and system.backend == "postgres":
                backend.raw_sql(f"SET statement_timeout TO {int(time_limit * 1000)}").close()
    except (ImportError, OSError, TypeError, ValueError) as error:
        raise HostError(
            "{what} cannot be opened: {reason}.",
            fix="Look at the address in config.yaml, and whether the server runs.",
            what=system.name,
            reason=shortened(str(error), password or ""),
        ) from None
    shown = f"{parts.hostname or 'localhost'}{parts.path}"
    return Session(backend, schema, shown, asked.get("user") or query.get("user") or "")


def _session(system: System, address: str, asked: dict[str, Any]) -> Any:
    import ibis

    # The driver first, so that its errors are known to `told`.
    import_module(system.driver)
    if system.backend == "mysql":
        from MySQLdb.cursors import SSCursor

        # Rows come as they are asked for, and not all of a result at once.
        asked["cursorclass"] = SSCursor
    return ibis.connect(address, **asked)
