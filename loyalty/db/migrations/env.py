"""What Alembic runs for every command; `loyalty/db/migrate.py` hands it an open connection."""

from alembic import context

options = context.config.attributes
context.configure(
    connection=options["connection"],
    target_metadata=options["metadata"],
    transactional_ddl=True,
    **options["compare"],
)
with context.begin_transaction():
    context.run_migrations()
