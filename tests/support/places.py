"""Fresh databases for tests, made cheaply from a template."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql
from sqlalchemy import create_engine

from loyalty.db.guards import grant_service
from loyalty.schema import metadata
from tests.support.postgres import ADMIN_ROLE, SERVICE_ROLE, Server

_number = itertools.count(1)
TEMPLATE = "enlaza_template"


@dataclass(frozen=True, slots=True)
class Place:
    """Where one test's database is: the address the service uses, and the owner's."""

    url: str
    admin_url: str

    @property
    def is_sqlite(self) -> bool:
        """Say which of the two databases this is."""
        return self.url.startswith("sqlite")


def sqlite_place(path: Path) -> Place:
    """Name a database file; on SQLite owner and service are one."""
    return Place(url=f"sqlite:///{path}", admin_url=f"sqlite:///{path}")


def copy_sqlite(template: Path, path: Path) -> Place:
    """Copy a closed database file."""
    shutil.copyfile(template, path)
    return sqlite_place(path)


@contextmanager
def postgres_place(server: Server, *, template: str = "template1") -> Iterator[Place]:
    """Make a database from a template and drop it afterwards."""
    name = f"test_{next(_number)}"
    with server.connect() as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(template), sql.Identifier(ADMIN_ROLE)
            )
        )
        try:
            yield Place(url=server.url(SERVICE_ROLE, name), admin_url=server.url(ADMIN_ROLE, name))
        finally:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )


def build_postgres_template(server: Server, build: Callable[[str], None]) -> str:
    """Make the database that all others are copied from; `build` gets the owner's address."""
    with server.connect() as connection:
        connection.execute(f"CREATE DATABASE {TEMPLATE} OWNER {ADMIN_ROLE}")
    build(server.url(ADMIN_ROLE, TEMPLATE))
    return TEMPLATE


def create_schema(admin_url: str) -> None:
    """Create every table as the models say, and let the service role use them."""
    engine = create_engine(admin_url)
    try:
        with engine.begin() as connection:
            metadata.create_all(connection)
            if connection.dialect.name == "postgresql":
                grant_service(connection, SERVICE_ROLE)
    finally:
        engine.dispose()
