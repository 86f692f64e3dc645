"""The journal and the tables, through SQLAlchemy."""
