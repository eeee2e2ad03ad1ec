"""A workbook of typed cells, streamed in constant memory (features.md F52, demands.md D50-D53; docs/adr/0093).

Sheets of data, split before Excel's limit of rows, and at the end one that says what the file is: rows, filter,
zone, freshness. No formula, link, macro or name of a person is ever in it.
"""

from __future__ import annotations

import json
import re
import textwrap
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from itertools import chain, groupby
from typing import Any, NamedTuple

from ringlake.errors import InvalidRequest
from ringlake.model.arrow import kernels
from ringlake.model.jobs import Headers
from ringlake.model.language import Language

from .csv import Column, Local, as_pieces, in_parallel
from .lines import in_order
from .sheet import About, Batch, Field, Kind, Sheet, Written
from .words import Words, header_rows
from .xlsx_cells import COLUMNS, ROWS, SPACE, Style, cells, plain_escaped, shortened

# Of XML, before compression; what is on its way when a sheet is full still fits into an entry.
SHEET_BYTES = 3 * 1024**3 // 2
# An archive without ZIP64, which some readers of XLSX lack: for an entry as for the whole of it.
LARGEST = zipfile.ZIP64_LIMIT - 2**27
_LEVEL = 5
_STRETCH_ROWS = 1024
_SAMPLE_ROWS = 1000

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_ROOT_LINKS = (
    f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    f'<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/>'
    f'<Relationship Id="rId3" Type="{_OFFICE}/extended-properties" Target="docProps/app.xml"/></Relationships>'
)
_APP = (
    f'{_XML}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
    "<Application>Ringlake</Application></Properties>"
)
# The order of `Style`.
STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="3"><numFmt numFmtId="164" formatCode="0.0000"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/>'
    '<numFmt numFmtId="166" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    '<fonts count="3"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font>'
    '<font><b/><sz val="14"/><name val="Calibri"/><family val="2"/></font></fonts>'
    '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFE8EDF3"/><bgColor indexed="64"/></patternFill></fill>'
    "</fills>"
    '<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border><border><left/><right/><top/>'
    '<bottom style="thin"><color rgb="FF8A97A8"/></bottom><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="12"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="1" fillId="2" borderId="1" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" '
    'applyBorder="1" applyAlignment="1"><alignment vertical="center" wrapText="1"/></xf>'
    + "".join(
        f'<xf numFmtId="{form}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        for form in (49, 1, 164, 10)
    )
    + "".join(
        f'<xf numFmtId="{form}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" '
        'applyAlignment="1"><alignment horizontal="left"/></xf>'
        for form in (165, 166)
    )
    + '<xf numFmtId="49" fontId="2" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1">'
    '<alignment vertical="top" wrapText="1"/></xf><xf numFmtId="1" fontId="0" fillId="0" borderId="0" xfId="0" '
    'applyNumberFormat="1" applyAlignment="1"><alignment horizontal="left"/></xf>'
    '<xf numFmtId="49" fontId="1" fillId="2" borderId="1" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" '
    'applyBorder="1" applyAlignment="1"><alignment horizontal="right" vertical="center" wrapText="1"/></xf></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_SHEET = f'{_XML}<worksheet xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
# Characters; of text the first rows decide.
_WIDTHS = {
    Kind.PHONE: 17, Kind.INTEGER: 10, Kind.SECONDS: 9, Kind.NUMBER: 11, Kind.SHARE: 10, Kind.MONEY: 12, Kind.FLAG: 8,
    Kind.MOMENT: 20, Kind.LOCAL: 20, Kind.DATE: 12,
}  # fmt: skip
_NARROW, _WIDE = 8, 44
# A header that is longer goes on in a second line.
_HEADER = 16
_LINE = 15
_ABOUT_WIDTHS = (26, 90)
_TO_THE_RIGHT = frozenset({Kind.INTEGER, Kind.SECONDS, Kind.NUMBER, Kind.SHARE, Kind.MONEY, Kind.FLAG})
# Characters that a landscape page shows in letters that can be read.
_PAGE = 260


class Limits(NamedTuple):
    """Rows of a sheet with its header, and bytes of XML after which a new one begins."""

    rows: int = ROWS
    sheet_bytes: int = SHEET_BYTES


class _Task(NamedTuple):
    """Some rows of a batch: on which sheet, from which row on."""

    batch: Batch
    start: int
    rows: int
    sheet: int
    row: int


class _Done(NamedTuple):
    task: _Task
    pieces: list[Any]
    cut: int


class _Out:
    """Where the archive is written to: a place that cannot be gone back in, from which the bytes are taken."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.length = 0

    def write(self, piece: bytes) -> int:
        if piece:
            self._pieces.append(piece)
        self.length += len(piece)
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is held open."""

    def taken(self) -> list[Any]:
        """What was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return pieces


def workbook(
    sheet: Sheet, about: About, headers: Headers, language: Language, limits: Limits = Limits()
) -> Iterator[Written]:
    """The XLSX file of a sheet. Raises `InvalidRequest` naming `format` when even many sheets cannot hold it."""
    if len(sheet.fields) > COLUMNS:
        raise ValueError("more columns than a sheet has")
    return _Workbook(sheet, about, headers, Words(language), limits).written()


class _Workbook:
    """One file in the making. The rows are encoded on two threads, and compressed on the reader's."""

    def __init__(self, sheet: Sheet, about: About, headers: Headers, words: Words, limits: Limits) -> None:
        self._sheet, self._about, self._words, self._limits = sheet, about, words, limits
        self._heads = header_rows(sheet, headers, words.language)
        self._time = about.made_at.astimezone(UTC).timetuple()[:6]
        # Rows of data on each sheet so far.
        self._filled: list[int] = []
        # Bytes of XML on the last one.
        self._length = 0
        self._cut = 0

    def written(self) -> Iterator[Written]:
        batches = iter(self._sheet.batches)
        first = next(batches, None)
        self._widths = _widths(self._sheet.fields, self._heads, first)
        rest = chain(iter([first] if first else []), batches)
        # Not held to the end of the file.
        del first
        out = _Out()
        with zipfile.ZipFile(out, "w", allowZip64=False) as archive:
            self._add(archive, "_rels/.rels", _ROOT_LINKS)
            self._add(archive, "docProps/app.xml", _APP)
            self._add(archive, "docProps/core.xml", _core(self._about.made_at))
            self._add(archive, "xl/styles.xml", STYLES)
            for number, stretches in groupby(
                in_parallel(self._encoded, self._tasks(rest)), lambda done: done.task.sheet
            ):
                with archive.open(self._entry(f"xl/worksheets/sheet{number + 1}.xml"), "w") as entry:
                    entry.write(self._sheet_begin().encode())
                    yield Written(out.taken(), 0, 0, sheets=1)
                    for done in stretches:
                        self._length += sum(len(memoryview(piece)) for piece in done.pieces)
                        if max(self._length, out.length) > LARGEST:
                            raise InvalidRequest(
                                "format", "the rows do not fit into one workbook: ask for CSV or a shorter period"
                            )
                        for piece in done.pieces:
                            entry.write(piece)
                        self._filled[-1] += done.task.rows
                        self._cut += done.cut
                        yield Written(out.taken(), done.task.rows, 0, cut=done.cut)
                    entry.write(self._sheet_end().encode())
            for name, text in self._rest().items():
                self._add(archive, name, text)
        yield Written(out.taken(), 0, 0)

    def _entry(self, name: str) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(name, self._time)
        entry.compress_type, entry.compress_level = zipfile.ZIP_DEFLATED, _LEVEL
        return entry

    def _add(self, archive: zipfile.ZipFile, name: str, text: str) -> None:
        archive.writestr(self._entry(name), text)

    def _tasks(self, batches: Iterable[Batch]) -> Iterator[_Task]:
        """The rows in stretches that stay on one sheet each; the first has none and begins the first sheet."""
        sheet, row, top = 0, len(self._heads) + 1, len(self._heads) + 1
        yield _Task(Batch(()), 0, 0, sheet, row)
        for batch in batches:
            start = 0
            while start < batch.rows:
                full = self._length > self._limits.sheet_bytes and row > top and sheet == len(self._filled) - 1
                if row > self._limits.rows or full:
                    sheet, row = sheet + 1, top
                count = min(batch.rows - start, self._limits.rows - row + 1, _STRETCH_ROWS)
                yield _Task(batch, start, count, sheet, row)
                start, row = start + count, row + count

    def _encoded(self, task: _Task) -> _Done:
        pieces, cut = _rows(self._sheet.fields, task.batch.stretch(task.start, task.rows), task.row)
        return _Done(task, pieces, cut)

    # --- parts of the file

    def _sheet_begin(self) -> str:
        self._filled.append(0)
        self._length = 0
        styles = [Style.HEADER_RIGHT if field.kind in _TO_THE_RIGHT else Style.HEADER for field in self._sheet.fields]
        rows = [
            _row(number, list(zip(styles, names, strict=True)), _lines_of(names, self._widths))
            for number, names in enumerate(self._heads, 1)
        ]
        height = len(self._heads)
        selected = ' tabSelected="1"' if len(self._filled) == 1 else ""
        return (
            f"{_SHEET}{_fit(sum(self._widths))}<sheetViews><sheetView{selected} "
            f'workbookViewId="0"><pane ySplit="{height}" topLeftCell="A{height + 1}" activePane="bottomLeft" '
            'state="frozen"/><selection pane="bottomLeft"/></sheetView></sheetViews><sheetFormatPr '
            f'defaultRowHeight="{_LINE}"/>{_cols(self._widths)}<sheetData>{"".join(rows)}'
        )

    def _sheet_end(self) -> str:
        last, top = len(self._heads) + self._filled[-1], len(self._heads)
        corner = letters(len(self._sheet.fields) - 1)
        return (
            f'</sheetData><autoFilter ref="A{top}:{corner}{last}"/>'
            '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>'
            '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>'
            # Numbers that are text are meant to be: no green corners.
            f'<ignoredErrors><ignoredError sqref="A1:{corner}{last}" numberStoredAsText="1"/></ignoredErrors>'
            "</worksheet>"
        )

    def _rest(self) -> dict[str, str]:
        """The parts that need to know how many sheets there are."""
        names = self._names()
        return {
            f"xl/worksheets/sheet{len(names)}.xml": self._about_sheet(names[:-1]),
            "xl/workbook.xml": self._book(names),
            "xl/_rels/workbook.xml.rels": _links(len(names)),
            "[Content_Types].xml": _types(len(names)),
        }

    def _names(self) -> list[str]:
        """Of the sheets, the last being the one about the file."""
        own, last = _sheet_name(self._words.sheet(self._sheet.name)), _sheet_name(self._words.about("about"))
        if own.casefold() == last.casefold():
            # Two sheets of one name are no workbook.
            last = f"{last} (i)"
        numbered = [f" {number}" if number > 1 else "" for number in range(1, len(self._filled) + 1)]
        return [*(f"{own[: 31 - len(end)]}{end}" for end in numbered), last]

    def _book(self, names: Sequence[str]) -> str:
        corner, top = letters(len(self._sheet.fields) - 1), len(self._heads)
        sheets = "".join(
            f'<sheet name="{escape(name)}" sheetId="{number}" r:id="rId{number}"/>'
            for number, name in enumerate(names, 1)
        )
        # Excel keeps a filter's range under this name too, and repeats the header on every printed page.
        defined = "".join(
            f'<definedName name="_xlnm._FilterDatabase" localSheetId="{place}" hidden="1">{_quoted(name)}!'
            f"$A${top}:${corner}${top + rows}</definedName>"
            for place, (name, rows) in enumerate(zip(names, self._filled, strict=False))
        ) + "".join(
            f'<definedName name="_xlnm.Print_Titles" localSheetId="{place}">{_quoted(name)}!$1:${top}</definedName>'
            for place, name in enumerate(names[:-1])
        )
        return (
            f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><workbookPr defaultThemeVersion="124226"/><bookViews>'
            '<workbookView xWindow="240" yWindow="15" windowWidth="24000" windowHeight="12000"/></bookViews>'
            f"<sheets>{sheets}</sheets><definedNames>{defined}</definedNames></workbook>"
        )

    def _about_sheet(self, names: Sequence[str]) -> str:
        lines = about_lines(self._about, self._words, dict(zip(names, self._filled, strict=True)), self._cut)
        rows = [_row(1, [(Style.TITLE, self._about.title)])]
        for number, (name, value) in enumerate(lines, 3):
            cell = (Style.COUNT if isinstance(value, int) else Style.WRAPPED, value)
            rows.append(_row(number, [(Style.HEADER, name), cell], _lines_of((name, str(value)), _ABOUT_WIDTHS)))
        return (
            f'{_SHEET}<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews><sheetView workbookViewId="0"/>'
            f'</sheetViews><sheetFormatPr defaultRowHeight="{_LINE}"/>{_cols(_ABOUT_WIDTHS)}<sheetData>{"".join(rows)}'
            '</sheetData><pageMargins left="0.4" right="0.4" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>'
            '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>'
        )


def about_lines(about: About, words: Words, sheets: Mapping[str, int], cut: int) -> list[tuple[str, str | int]]:
    """What the last sheet says: names and values, in the order of the manifest."""
    lines: list[tuple[str, str | int]] = [
        (words.about("workspace"), about.workspace),
        (words.about("rows"), sum(sheets.values())),
        (words.about("zone"), about.zone.key),
        (words.about("as_of"), _instant(about.as_of)),
        (words.about("made_at"), _instant(about.made_at)),
        (words.about("settings_version"), about.settings_version),
    ]
    lines += [(f"{words.about('filter')}: {name}", _shown(value)) for name, value in about.filter.items()]
    lines += [(words.about("note"), note) for note in about.notes]
    lines.append((words.about("note"), words.about("note_times")))
    if len(sheets) > 1:
        split = ", ".join(f"{name}: {rows}" for name, rows in sheets.items())
        lines.append((words.about("note"), f"{words.about('note_split')} {split}"))
    if cut:
        lines.append((words.about("note"), f"{words.about('note_cut')} {cut}"))
    return lines


# --- rows


def _rows(fields: Sequence[Field], batch: Batch, first: int) -> tuple[list[Any], int]:
    """The XML of rows that stand from row `first` on, and the texts cut in them."""
    import pyarrow as pa

    pc = kernels()
    numbers = pa.array(range(first, first + batch.rows), pa.int64())
    places = numbers if batch.order is None else pc.take(numbers, pc.sort_indices(batch.order))
    texts, cut, done = [], 0, 0
    for part in batch.parts:
        if part.rows:
            lines, short = _lines(fields, part.columns, places.slice(done, part.rows))
            texts.append(lines)
            cut, done = cut + short, done + part.rows
    return as_pieces(in_order(texts, batch.order), "", "", ""), cut


def _lines(fields: Sequence[Field], columns: Mapping[str, Column | Local], places: Column) -> tuple[Column, int]:
    """A text for each row; the row's number, which every cell names, is what the pieces are joined with."""
    import pyarrow as pa

    pc = kernels()
    ends = [f'<c r="{letters(place)}' for place in range(1, len(fields))] + ["</row>"]
    pieces: list[Any] = ['<row r="', '"><c r="A']
    cut = 0
    for field, after in zip(fields, ends, strict=True):
        found = cells(field, columns[field.name], after)
        pieces.append(found.texts)
        cut += found.cut if isinstance(found.texts, pa.Array) else found.cut * len(places)
    return pc.binary_join_element_wise(*pieces, pc.cast(places, pa.string())), cut


def _row(number: int, values: Sequence[tuple[Style, str | int]], lines: int = 1) -> str:
    """A row of our own, cell by cell. Not every program makes it as high as its lines need."""
    high = f' ht="{_LINE * lines}" customHeight="1"' if lines > 1 else ""
    return f'<row r="{number}"{high}>{"".join(_cell(number, place, *cell) for place, cell in enumerate(values))}</row>'


def _cell(row: int, place: int, style: Style, value: str | int) -> str:
    at = f'<c r="{letters(place)}{row}" s="{style.value}"'
    if isinstance(value, int):
        return f"{at}><v>{value}</v></c>"
    text = escape(plain_escaped(shortened(value)[0]), quote=False)
    return f'{at} t="inlineStr"><is><t{SPACE}>{text}</t></is></c>'


def letters(place: int) -> str:
    """The name of a column, from 0: A, Z, AA."""
    name = ""
    place += 1
    while place:
        place, digit = divmod(place - 1, 26)
        name = chr(ord("A") + digit) + name
    return name


# --- small parts


def _widths(fields: Sequence[Field], heads: Sequence[Sequence[str]], first: Batch | None) -> list[int]:
    found = []
    sample = first.stretch(0, min(first.rows, _SAMPLE_ROWS)) if first else Batch(())
    for place, field in enumerate(fields):
        wide = max(_NARROW, *(_header_width(row[place]) for row in heads), _WIDTHS.get(field.kind, 0))
        if field.kind is Kind.TEXT:
            wide = max(wide, *(_longest(part.columns[field.name]) + 1 for part in sample.parts if part.rows), _NARROW)
        found.append(min(wide, _WIDE))
    return found


def _lines_of(names: Sequence[str], widths: Sequence[int]) -> int:
    """Lines that the longest header needs in its column."""
    return max(len(textwrap.wrap(name, wide - 2)) or 1 for name, wide in zip(names, widths, strict=True))


def _header_width(text: str) -> int:
    """Room for the longest word and the button of the filter."""
    longest = max((len(word) for word in text.split()), default=0)
    return max(longest, min(len(text), _HEADER)) + 3


def _longest(column: Column | Local) -> int:
    import pyarrow as pa

    pc = kernels()
    if isinstance(column, Local):
        return 0
    if isinstance(column, pa.Scalar):
        return len(column.as_py() or "")
    texts = pc.cast(column, pa.string())
    return pc.max(pc.utf8_length(texts)).as_py() or 0


def _fit(width: int) -> str:
    """A page as wide as the sheet, where that can still be read."""
    return '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>' if width <= _PAGE else ""


def _cols(widths: Sequence[int]) -> str:
    inner = "".join(
        f'<col min="{place}" max="{place}" width="{wide}.7109375" customWidth="1"/>'
        for place, wide in enumerate(widths, 1)
    )
    return f"<cols>{inner}</cols>"


def _core(made_at: datetime) -> str:
    at = f"{made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return (
        f'{_XML}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:creator>Ringlake</dc:creator>'
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{at}</dcterms:created></cp:coreProperties>'
    )


def _links(sheets: int) -> str:
    inner = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number in range(1, sheets + 1)
    )
    return (
        f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{inner}'
        f'<Relationship Id="rId{sheets + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    )


def _types(sheets: int) -> str:
    inner = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        for number in range(1, sheets + 1)
    )
    return (
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>{inner}'
        '<Override PartName="/docProps/core.xml" '
        'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>'
        '<Override PartName="/docProps/app.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.extended-properties+xml"/></Types>'
    )


def _sheet_name(text: str) -> str:
    """Excel takes 31 characters, none of seven, no apostrophe at an end, and keeps History for itself."""
    name = re.sub(r"[\[\]:*?/\\]", " ", text).strip("' ")[:31].strip("' ")
    return name if name and name.lower() != "history" else "Data"


def _quoted(name: str) -> str:
    return escape("'" + name.replace("'", "''") + "'", quote=False)


def _instant(at: datetime | None) -> str:
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
