"""Customers in a range with a header row, read as far as a section of a rule pack needs them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tierbook import tables
from tierbook.errors import DataError
from tierbook.language import LANGUAGES, labels
from tierbook.tables import Kind
from udfs.cells import Range, Reason, Rows, blank_rows, is_blank, read_column
from udfs.registry import Argument

if TYPE_CHECKING:
    from tierbook.rulepack.pack import Pack
    from tierbook.scorer import Scorer

FEATURES = Argument(
    "features", "Customers with a header row; the columns the pack uses are found by name.", shape="features"
)
PACK = Argument("pack", "Rule pack; the workbook's if left out.", shape="pack", kind="text", default=None)
HEADERS = Argument(
    "headers", "The header row, where features is a row without it.", shape="headers", default=None
)
_KIND_OF_TYPE: dict[str, Kind] = {"number": "number", "text": "text", "date": "date", "yes_no": "yes_no"}


class FeatureRange:
    """Customers with named columns, or one bare column of values.

    `rows` says which rows are computed once `scorer` has read what a section needs; `notes` what is to be said
    about rows that are computed all the same.
    """

    def __init__(self, block: Range, headers: Range | None = None, *, either: bool = False) -> None:
        self.single, self._either = block.single, either
        self.bare = headers is None and either and _is_bare(block)
        header: Sequence[Any] = ()
        body, first = block.rows, 1
        if headers is not None:
            header = _header(headers, block)
        elif not self.bare:
            header, body, first = (*block.rows[:1], ())[0], block.rows[1:], 2
        if not body:
            raise DataError(
                "The range holds a header row and no customers.",
                fix="Give the header row with the rows below it, or one row and the header row as the last argument.",
            )
        self.body = body
        self.names = _names(tuple(header))
        self.headers = header
        self.rows = Rows(len(body), blank_rows(body), first=first)
        self.notes: list[Reason] = []

    def scorer(
        self,
        pack: Pack,
        section: str,
        *,
        profile: str = "default",
        language: str | None = None,
        also: Iterable[str] = (),
    ) -> Scorer:
        """The pack applied to the rows that can be computed; `section` as in `tierbook.needs`.

        Columns of `also` are read where they are there.

        Raises
        ------
        DataError
            A column the section needs is missing; one customer where the section ranks customers.
        """
        from tierbook.needs import needs, ranks_population
        from tierbook.scorer import Scorer

        if self._either and (self.bare or (len(self.names) == 1 and self.names[0] in _stood_for(pack))):
            columns = self._one_column(pack)
            given = set(columns)
            if lacking := sorted(needs(pack, section, given=given, profile=profile) - given):
                raise DataError(
                    "The tiers of {pack} need more than a column of values: {names}.", fix="Give the features range.",
                    pack=pack.name, names=", ".join(lacking),
                )  # fmt: skip
        else:
            given = {name for name in self.names if name and not _ranks(pack, name)}
            wanted = needs(pack, section, given=given, profile=profile, language=language)
            needed = self._needed(pack, wanted) | self._needed(pack, self._there(also) - wanted)
            columns = {name: self._read(name, cells, pack) for name, cells in needed.items()}
        kept = self.rows.kept
        ranks = ranks_population(pack, section, given=given)
        if ranks and (self.rows.height == 1 or len(kept) == 1):
            raise DataError(
                "{pack} ranks customers, and one customer cannot be ranked.",
                fix="Give the whole column.",
                pack=pack.name,
            )
        computed = {name: values[kept] for name, values in columns.items()}
        ids = self._ids(kept) if ranks else None
        return Scorer(pack, computed, profile=profile, ids=ids, length=len(kept))

    def answers(self, pack: Pack, section: str) -> bool:
        """Whether there is every column a section needs, one at least, and more than one customer where it ranks them."""
        from tierbook.needs import needs, ranks_population

        given = {name for name in self.names if name and not _ranks(pack, name)}
        alone = self.rows.height == 1 and ranks_population(pack, section, given=given)
        wanted = needs(pack, section, given=given)
        return bool(wanted) and not alone and self._there(wanted) == wanted

    def note(self, message: str, **values: Any) -> None:
        """Something the reader should know about rows that have a result."""
        self.notes.append(Reason(message, "", values))

    def _there(self, names: Iterable[str]) -> set[str]:
        """Those of some columns that the range has."""
        return {name for name, found in self._places(set(names)).items() if found}

    def _places(self, wanted: set[str]) -> dict[str, list[int]]:
        """Where each wanted column stands, matched by name, alias or label."""
        places = {
            name: [at for at, known in enumerate(self.names) if known == name] for name in sorted(wanted)
        }
        unmatched = [name for name, found in places.items() if not found]
        if unmatched:
            said = _folded_labels()
            shown = {
                tables.folded(header): at for at, header in enumerate(self.headers) if not is_blank(header)
            }
            for name in unmatched:
                places[name] = [shown[text] for text in said.get(name, ()) if text in shown][:1]
        return places

    def _needed(self, pack: Pack, wanted: set[str]) -> dict[str, list[Any]]:
        """The cells of each wanted column."""
        places = self._places(wanted)
        missing = [name for name, found in places.items() if not found]
        if missing:
            near = difflib.get_close_matches(missing[0], [name for name in self.names if name], n=1)
            raise DataError(
                "The features have no column {names}.",
                fix="Is {near} misspelt? {pack} needs it." if near else "{pack} needs it.",
                names=", ".join(missing),
                near="".join(near),
                pack=pack.name,
            )
        twice = [name for name, found in places.items() if len(found) > 1]
        if twice:
            raise DataError(
                "The features have two columns called {name}.", fix="Rename one of them.", name=twice[0]
            )
        return {name: [row[found[0]] for row in self.body] for name, found in places.items()}

    def _read(self, name: str, cells: list[Any], pack: Pack) -> NDArray:
        known = tables.CUSTOMERS.column(name)
        kind = known.kind if known else _KIND_OF_TYPE[pack.types.get(name, "number")]
        column = read_column(cells, kind, choices=known.choices if known else None)
        for position, reason in column.refused.items():
            if not self.rows.blank[position]:
                self.rows.refused.setdefault(position, reason._replace(place=name))
        return column.values

    def _ids(self, kept: NDArray[np.intp]) -> NDArray | None:
        """Identifiers of the computed rows, which put equal values in order."""
        if "customer_id" not in self.names:
            return None
        at = self.names.index("customer_id")
        ids = read_column([self.body[row][at] for row in kept], "id").values
        return np.array([one or "" for one in ids], dtype=object)

    def _one_column(self, pack: Pack) -> dict[str, NDArray]:
        column = read_column([row[0] for row in self.body], "number")
        self.rows.refused |= {row: why for row, why in column.refused.items() if not self.rows.blank[row]}
        return dict.fromkeys(_stood_for(pack), column.values)


def _stood_for(pack: Pack) -> list[str]:
    """A column of values stands for what the tiers rank by, and for `net_value`, which they often ask to be positive."""
    ranked_by = pack.tiers.rank_by.names if pack.tiers else frozenset()
    # An expression of several names cannot be read back from its result.
    return sorted({"net_value", *ranked_by}) if len(ranked_by) == 1 else ["net_value"]


@lru_cache(maxsize=256)
def _names(header: tuple[Any, ...]) -> list[str | None]:
    """Rule names of the headers; a sheet of single-row calls asks for the same ones again and again."""
    return tables.match_headers(tables.CUSTOMERS, header).names


def _header(headers: Range, block: Range) -> Sequence[Any]:
    if headers.height != 1 or headers.width != block.width:
        raise DataError(
            "The headers are {height} × {width} cells and the rows have {columns} columns.",
            fix="Give the header row of the same columns.",
            height=headers.height, width=headers.width, columns=block.width,
        )  # fmt: skip
    return headers.rows[0]


def _is_bare(block: Range) -> bool:
    """One column that does not begin with a header."""
    return (
        block.width == 1
        and block.height > 0
        and not (isinstance(block.rows[0][0], str) and block.rows[0][0].strip())
    )


def _ranks(pack: Pack, name: str) -> bool:
    """A share or median of the population is that of the range given, whatever a column of that name holds."""
    from tierbook.rulepack.tree import POPULATION

    return name in pack.features and any(node.op in POPULATION for node in pack.features[name].tree.walk())


def _folded_labels() -> dict[str, list[str]]:
    return {
        name: [tables.folded(known[language]) for language in LANGUAGES if language in known]
        for name, known in labels().items()
    }
