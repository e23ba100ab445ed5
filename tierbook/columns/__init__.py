"""Typing of one column of raw cells: `type_column` and what it gives back."""

from tierbook.columns.kinds import type_column
from tierbook.columns.typed import Note, Refusal, Typed, is_missing, quoted

__all__ = ["Note", "Refusal", "Typed", "is_missing", "quoted", "type_column"]
