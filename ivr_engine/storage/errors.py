"""Errors of storage: one line that says what is wrong, and what to do. No password is ever in them."""

# ruff: noqa: N818  (the family's name says Error; its members say what is wrong)


class StorageError(Exception):
    """The family; `code` is stable, `hint` is what to do next."""

    code = "storage"

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(f"{problem}; {hint}" if hint else problem)
        self.problem = problem
        self.hint = hint


class BadDatabaseUrl(StorageError):
    """The URL cannot be read, or names no place that keeps anything."""

    code = "bad_database_url"


class UnknownDriver(StorageError):
    """The URL names a database or a driver that the engine does not speak."""

    code = "unknown_driver"


class CannotConnect(StorageError):
    """The database does not answer, or does not let us in."""

    code = "cannot_connect"


class SchemaMissing(StorageError):
    """The database is there, our tables are not."""

    code = "schema_missing"


class SchemaOld(StorageError):
    """The tables are those of an earlier version."""

    code = "schema_old"


class SchemaUnknown(StorageError):
    """The tables are those of a version that this one does not know, most likely a later one."""

    code = "schema_unknown"


class SpoolUnusable(StorageError):
    """The folder of the journal's spool cannot be used, or another engine uses it."""

    code = "spool_unusable"
