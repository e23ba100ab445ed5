"""Tables in text files: encoding, delimiter and quoting found out and said, every field kept as text.

PyArrow splits the fields in bulk; what it would pass over (an unclosed quote, NUL bytes, two encodings) is looked
for first, in the bytes.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import numpy as np

from tierbook.errors import DataError
from tierbook.language import Named
from tierbook.quality import Problem
from tierbook.tables import TABLES, Table, known_columns
from workbooks.reading.encoding import decoded
from workbooks.reading.headers import mapping_line
from workbooks.reading.layout import HEADER_WITHIN, Header, find_header, guess_table, renamed
from workbooks.reading.meant import columns_meant, headings
from workbooks.reading.quoting import quote_problems
from workbooks.reading.raw import MAX_LISTED, RawTable, Reading

SUFFIXES = (".csv", ".tsv", ".txt")
DELIMITERS = (",", ";", "\t", "|")


def read_delimited(path: Path, table: Table | None, reading: Reading) -> RawTable:
    """The table in a text file, untyped, with what there is to say about the file.

    Parameters
    ----------
    table : Table or None
        The table the file's name or the project names; None leaves it to the columns.

    Raises
    ------
    DataError
        The bytes are no text, or the text no table.
    """
    text = decoded(path, reading.encoding)
    problems = [problem.at(file=path.name) for problem in text.problems]
    data, skipped, delimiter = _separator_line(text.data)
    sample = data[: 1 << 16].decode("utf-8", "ignore")
    if delimiter is None:
        delimiter = _delimiter(sample, table)
        if delimiter != ",":
            problems.append(
                Problem(
                    "note",
                    "Fields are separated by {delimiter}.",
                    values={"delimiter": {"\t": "tab", ";": '";"', "|": '"|"'}[delimiter]},
                    file=path.name,
                )
            )
    lines = _Lines(data, delimiter, skipped)
    found, header, width = _header(lines, table, reading, path.name)
    if table is None:
        problems.append(
            Problem("note", "The file is read as {name}, which its columns are.", "", {"name": Named(found.name)}, path.name, table=found.name)
        )  # fmt: skip
    if header.above:
        problems.append(
            Problem(
                "warning",
                "Rows above the header in row {row} are left out: {count}.",
                "",
                {"row": header.row, "count": len(header.above)},
                path.name,
                line=header.row,
                table=found.name,
            )
        )
    problems += quote_problems(data, delimiter, file=path.name, table=found.name, skipped=skipped)
    return _raw(path, found, header, width, lines, problems)


def _separator_line(data: bytes) -> tuple[bytes, int, str | None]:
    """Excel's `sep=;` line: the text after it, the lines it took, and the delimiter it names."""
    match = re.match(rb'"?sep=(.)"?\r?\n', data, re.I)
    if match is None:
        return data, 0, None
    return data[match.end() :], 1, match[1].decode("utf-8", "replace")


def _delimiter(sample: str, table: Table | None) -> str:
    """The delimiter that makes the most known columns of one line, then the most fields in most lines."""
    lines = [line for line in sample.splitlines() if line.strip()][:HEADER_WITHIN]
    tables = [table] if table is not None else list(TABLES.values())

    def score(delimiter: str) -> tuple[int, int, int]:
        rows = list(csv.reader(lines, delimiter=delimiter))
        known = max((known_columns(one, row) for row in rows[:10] for one in tables), default=0)
        widths = [len(row) for row in rows]
        usual = max(set(widths), key=widths.count, default=1)
        return known, min(usual, 2), widths.count(usual) * usual

    return max(DELIMITERS, key=score)


class _Lines:
    """The records of a text with the lines they begin on; looked up only for what must be named."""

    def __init__(self, data: bytes, delimiter: str, skipped: int) -> None:
        self.data, self.delimiter, self.skipped = data, delimiter, skipped

    def first(self, count: int) -> dict[int, list[str]]:
        """The first records that hold anything, by the line they begin on."""
        sample = self.data[: 1 << 20].decode("utf-8", "ignore")
        records: dict[int, list[str]] = {}
        line = 1 + self.skipped
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=self.delimiter)
        try:
            for fields in reader:
                if any(field.strip() for field in fields):
                    records[line] = fields
                    if len(records) >= count:
                        break
                line = reader.line_num + 1 + self.skipped
        except csv.Error:  # a field beyond csv's limit: what was seen so far has to do
            pass
        return records

    def offset(self, line: int) -> int:
        """Where in the bytes a line begins."""
        at = 0
        for _ in range(line - 1 - self.skipped):
            at = self.data.index(b"\n", at) + 1 if b"\n" in self.data else self.data.index(b"\r", at) + 1
        return at

    def numbers(self, first: int, count: int) -> np.ndarray:
        """Line number of each of the records that follow the header in line `first`.

        Without quoted line breaks or blank lines, records and lines run in step; otherwise they are counted.
        """
        steady = np.arange(first + 1, first + 1 + count)
        body = self.data[self.offset(first) :]
        ends = body.count(b"\n") or body.count(b"\r")
        records = count + 1
        if ends - body.endswith((b"\n", b"\r")) + 1 == records:
            return steady
        numbers, line = [], first
        reader = csv.reader(
            io.StringIO(body.decode("utf-8", "replace"), newline=""), delimiter=self.delimiter
        )
        for fields in reader:
            if fields:
                numbers.append(line)
            line = first + reader.line_num
        return np.array(numbers[1 : count + 1])


def _header(lines: _Lines, table: Table | None, reading: Reading, file: str) -> tuple[Table, Header, int]:
    records = lines.first(HEADER_WITHIN)
    if not records:
        raise DataError("The file is empty.", fix="Ask for a fresh copy.", place=file)
    rows: dict[int, dict[int, object]] = {
        line: {at: field for at, field in enumerate(fields, start=1) if field.strip()}
        for line, fields in records.items()
    }
    if table is not None:
        table = renamed(table, reading.columns_of(table.name))
        header = find_header(rows, table)
        if header is not None:
            return table, header, len(records[header.row])
    else:
        for line, cells in rows.items():
            if guessed := guess_table(list(cells.values())):
                header = Header(line, cells, tuple(above for above in rows if above < line))
                return renamed(guessed, reading.columns_of(guessed.name)), header, len(records[line])
    raise _no_header(records, rows, table, file)


def _no_header(
    records: dict[int, list[str]], rows: dict[int, dict[int, object]], table: Table | None, file: str
) -> DataError:
    """Nobody knows the columns, or there are no names above the data."""
    first = next(iter(rows))
    wanted = table.required if table is not None else TABLES["transactions"].required
    said: dict[str, Any] = {
        "place": f"{file}:{first}",
        "line": _shortened(records[first]),
        "wanted": ", ".join(wanted),
    }
    named = headings(rows)
    if named != list(rows[first].values()) or any(sign.isdigit() for sign in "".join(named)):
        return DataError(
            "The file has no header row: its first line reads {line}.",
            fix="Put the column names above the data, such as {wanted}.",
            **said,
        )
    sales = table is None or table.name == "transactions"
    columns = columns_meant(rows) if sales else dict.fromkeys(wanted, "…")
    return DataError(
        "The columns {line} are of no table Tierbook knows.",
        fix="Name them {wanted}, or say in config.yaml which they are, such as: {mapping}.",
        mapping=mapping_line(table.name if table is not None else "transactions", file=file, columns=columns),
        **said,
    )


def _shortened(fields: list[str]) -> str:
    text = ", ".join(fields)
    return f'"{text if len(text) <= 60 else text[:57] + "…"}"'


def _raw(
    path: Path, table: Table, header: Header, width: int, lines: _Lines, problems: list[Problem]
) -> RawTable:
    """The fields below the header, all as text; rows of another width are listed and left out."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    ragged: list[Any] = []

    def leave_out(row: Any) -> str:
        ragged.append(row)
        return "skip"

    names = [str(at) for at in range(width)]
    body = lines.data[lines.offset(header.row) :]
    try:
        read = arrow_csv.read_csv(
            pa.BufferReader(body),
            read_options=arrow_csv.ReadOptions(
                use_threads=False,
                column_names=names,
                skip_rows_after_names=1,
                # A block must hold the longest record.
                block_size=min(len(body) + 1, 64 << 20),
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=lines.delimiter, newlines_in_values=b'"' in body, invalid_row_handler=leave_out
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, null_values=[]
            ),
        )
    except pa.ArrowInvalid as error:
        raise DataError(
            "The text cannot be split into columns ({reason}).",
            fix="Save the file again as CSV UTF-8.",
            place=path.name,
            reason=str(error).split("\n")[0],
        ) from error
    numbers = lines.numbers(header.row, len(read) + len(ragged))
    # PyArrow counts records from the header, 1, and passes over blank lines, as `numbers` does.
    out = np.array([row.number - 2 for row in ragged], int)
    problems += [
        Problem(
            "warning",
            "The row has {found} fields and the header {expected}: it is left out.",
            "Put quotation marks around a text that holds the delimiter.",
            {"found": row.actual_columns, "expected": row.expected_columns},
            path.name,
            line=int(numbers[at]),
            table=table.name,
            set_aside=1,
        )
        for row, at in zip(ragged[:MAX_LISTED], out[:MAX_LISTED], strict=True)
    ]
    if len(ragged) > MAX_LISTED:
        problems.append(
            Problem(
                "warning",
                "Further lines of another width: {count}.",
                values={"count": len(ragged) - MAX_LISTED},
                file=path.name,
                table=table.name,
                set_aside=len(ragged) - MAX_LISTED,
            )
        )
    return RawTable(
        table=table,
        file=path.name,
        headers=[header.cells.get(at) for at in range(1, width + 1)],
        columns=[
            pa.concat_arrays(column.chunks) if column.num_chunks != 1 else column.chunk(0)
            for column in read.columns
        ],
        rows=np.delete(numbers, out),
        positions=list(range(1, width + 1)),
        header_row=header.row,
        lost=len(ragged),
        problems=problems,
    )
