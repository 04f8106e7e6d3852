"""Change rows the way only somebody with the database in hand could: past all its guards."""

from sqlalchemy import Update, create_engine

from loyalty.db.base import APPEND_ONLY_TABLES
from tests.support.places import Place


def change_behind_our_back(place: Place, change: Update) -> None:
    """Switch the guards of a table off, change its rows, as the owner of the tables."""
    table = change.entity_description["table"].name
    owner = create_engine(place.admin_url)
    try:
        with owner.begin() as connection:
            if table in APPEND_ONLY_TABLES:
                connection.exec_driver_sql(
                    f"DROP TRIGGER {table}_no_update"
                    if connection.dialect.name == "sqlite"
                    else f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only"
                )
            assert connection.execute(change).rowcount > 0
    finally:
        owner.dispose()
