"""Fresh databases for tests, made cheaply from a template."""

import itertools
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql
from sqlalchemy import create_engine, make_url

from loyalty.db.guards import grant_service
from loyalty.db.sqlite import database_path
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
    """Make a database from a template and drop it afterwards.

    Its files are copied as they are: page by page through the log took three times as long.
    """
    name = f"test_{next(_number)}"
    with server.connect() as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY OWNER {}").format(
                sql.Identifier(name), sql.Identifier(template), sql.Identifier(ADMIN_ROLE)
            )
        )
        try:
            yield Place(url=server.url(SERVICE_ROLE, name), admin_url=server.url(ADMIN_ROLE, name))
        finally:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )


@contextmanager
def copied(place: Place, folder: Path, server: Callable[[], Server]) -> Iterator[Place]:
    """Copy a database as it is now, as a backup does; nobody may be connected to it."""
    if place.is_sqlite:
        path = folder / f"copy-{next(_number)}.db"
        source = sqlite3.connect(database_path(make_url(place.url)))
        target = sqlite3.connect(path)
        try:
            source.backup(target)
        finally:
            target.close()
            source.close()
        yield sqlite_place(path)
        return
    name = make_url(place.url).database
    assert name is not None
    with postgres_place(server(), template=name) as made:
        yield made


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
