"""The published language of Tiếp Sức: events, commands, queries and who may do what with them.

Needs pydantic and the standard library only, so that a province's own system can install it alone
(`pip install ./contracts`). It knows no service, no broker and no database.
"""

__version__ = "0.1.0"
