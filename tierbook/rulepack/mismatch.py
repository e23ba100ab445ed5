"""What is said when two types meet that do not fit, whole sentences because each has its own translation."""

from __future__ import annotations

# The left side of a comparison, and the right side.
COMPARED: dict[tuple[str, str], str] = {
    ("number", "text"): "number compared with text.",
    ("number", "yes_no"): "number compared with yes/no.",
    ("number", "date"): "number compared with date.",
    ("text", "number"): "text compared with number.",
    ("text", "yes_no"): "text compared with yes/no.",
    ("text", "date"): "text compared with date.",
    ("yes_no", "number"): "yes/no compared with number.",
    ("yes_no", "text"): "yes/no compared with text.",
    ("yes_no", "date"): "yes/no compared with date.",
    ("date", "number"): "date compared with number.",
    ("date", "text"): "date compared with text.",
    ("date", "yes_no"): "date compared with yes/no.",
}  # fmt: skip
# The first result of a choice, and another one.
MIXED: dict[tuple[str, str], str] = {
    ("number", "text"): "number and text cannot stand in one result.",
    ("number", "yes_no"): "number and yes/no cannot stand in one result.",
    ("number", "date"): "number and date cannot stand in one result.",
    ("text", "number"): "text and number cannot stand in one result.",
    ("text", "yes_no"): "text and yes/no cannot stand in one result.",
    ("text", "date"): "text and date cannot stand in one result.",
    ("yes_no", "number"): "yes/no and number cannot stand in one result.",
    ("yes_no", "text"): "yes/no and text cannot stand in one result.",
    ("yes_no", "date"): "yes/no and date cannot stand in one result.",
    ("date", "number"): "date and number cannot stand in one result.",
    ("date", "text"): "date and text cannot stand in one result.",
    ("date", "yes_no"): "date and yes/no cannot stand in one result.",
}  # fmt: skip
# What is wanted, and what is found.
NEEDED: dict[tuple[str, str], str] = {
    ("number", "text"): "{what} needs a number, found text.",
    ("number", "yes_no"): "{what} needs a number, found yes/no.",
    ("number", "date"): "{what} needs a number, found date.",
    ("text", "number"): "{what} needs a text, found number.",
    ("text", "yes_no"): "{what} needs a text, found yes/no.",
    ("text", "date"): "{what} needs a text, found date.",
    ("yes_no", "number"): "{what} needs yes or no, found number.",
    ("yes_no", "text"): "{what} needs yes or no, found text.",
    ("yes_no", "date"): "{what} needs yes or no, found date.",
    ("date", "number"): "{what} needs a date, found number.",
    ("date", "text"): "{what} needs a date, found text.",
    ("date", "yes_no"): "{what} needs a date, found yes/no.",
}  # fmt: skip
