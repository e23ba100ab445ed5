"""The small tables a report is drawn from; `query` says which there are and what they hold."""

from tierbook.aggregates.pieces import month_ends
from tierbook.aggregates.query import NAMES, query

__all__ = ["NAMES", "month_ends", "query"]
