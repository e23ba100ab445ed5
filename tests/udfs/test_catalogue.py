"""Every function the specification lists is there, and takes its arguments in that order with those defaults."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from udfs.registry import Argument, functions

CATALOGUE: dict[str, str] = yaml.safe_load(Path(__file__).with_name("catalogue.yaml").read_text("utf-8"))

FROM_THE_PACK = {("CRM_REMINDERS", "days")}
"""Defaults a pack may set; where it does not, they are those of the specification."""


class Listed(NamedTuple):
    """One argument as the specification writes it."""

    name: str
    required: bool
    default: str | None


def listed(text: str) -> list[Listed]:
    """The arguments of a line such as `ids, values, [a=0.8]`."""
    found = []
    for part in filter(None, text.split(", ")):
        name, _, default = part.strip("[]").partition("=")
        found.append(Listed(name, not part.startswith("["), default or None))
    return found


def default_of(argument: Argument) -> str | None:
    return (
        None
        if argument.default is None
        else f"{argument.default:g}"
        if isinstance(argument.default, float)
        else str(argument.default)
    )


def test_no_function_of_the_specification_is_missing() -> None:
    assert sorted(set(CATALOGUE) - set(functions())) == []
    assert len(CATALOGUE) == 75


@pytest.mark.parametrize("name", CATALOGUE)
def test_arguments_stand_in_the_order_of_the_specification(name: str) -> None:
    declared = functions()[name].arguments
    wanted = listed(CATALOGUE[name])
    assert [one.name for one in declared][: len(wanted)] == [one.name for one in wanted]
    # What a later version has added can always be left out.
    assert not [one.name for one in declared[len(wanted) :] if one.required]


@pytest.mark.parametrize("name", CATALOGUE)
def test_what_may_be_left_out_and_its_default_are_those_of_the_specification(name: str) -> None:
    required = True
    for one, argument in zip(listed(CATALOGUE[name]), functions()[name].arguments, strict=False):
        # A spreadsheet has no argument that is needed behind one that is not; such a one is asked for in words.
        required = required and one.required
        # Nothing is asked for that the specification lets one leave out.
        assert not argument.required or required, one.name
        if (name, one.name) not in FROM_THE_PACK:
            assert one.default in (None, default_of(argument)), one.name


def test_the_catalogue_holds_names_of_functions_only() -> None:
    assert not [name for name in CATALOGUE if not re.fullmatch(r"CRM_[A-Z_]+", name)]
