"""The two ways of reading rows, by text search and tag by tag, never differ."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import Refusal
from templates_xlsx.raw import RawRow
from templates_xlsx.reader import open_book
from tests.templates_xlsx.reader.books import parts, sheet, strings, zipped

COMMENT = "<!-- no longer plain -->"
STRINGS = strings("<t>x</t>", "<t>y&amp;</t>", "<r><t>a</t></r><r><t>b</t></r>", "<t/>")

TYPED = st.one_of(
    st.tuples(
        st.sampled_from(["", ' t="n"']),
        st.sampled_from(
            [
                "1",
                "0",
                "2.5",
                "46347",
                "0.30000000000000004",
                "-0",
                "1e3",
                "60",
                "NaN",
                "007",
                "",
                " ",
            ]
        ),
    ),
    st.tuples(st.just(' t="s"'), st.sampled_from("0123")),
    st.tuples(
        st.just(' t="str"'),
        st.sampled_from(
            ["a", "", "a&amp;b", "&#65;", "abc>d", "_x0041_", "é", " ", "a\nb", "x]]&gt;y"]
        ),
    ),
    st.tuples(st.just(' t="b"'), st.sampled_from("01")),
    st.tuples(st.just(' t="e"'), st.sampled_from(["#N/A", ""])),
    st.tuples(st.just(' t="d"'), st.sampled_from(["2026-01-02", "08:30", "z"])),
)
INLINE = st.sampled_from(
    [
        "<t>a&amp;</t>",
        '<t xml:space="preserve"> é </t>',
        "<t/>",
        "<r><rPr><b/></rPr><t>x</t></r><r><t>y</t></r>",
        '<t>漢</t><rPh sb="0" eb="1"><t>k</t></rPh>',
        "<t>_x0041_&lt;</t>",
    ]
)
FORMULA = st.sampled_from(
    ["", "", "", "<f>A1</f>", "<f/>", '<f t="shared" ref="A1:A2" si="0">B&amp;1</f>']
)
STYLE = st.sampled_from(["", "", ' s="1"', ' s="4"', ' s="8"', ' s="99"'])
WRONG = st.sampled_from(
    [
        "<v>abc</v>",
        "<v>x]]>y</v>",
        "<v>a&b</v>",
        "<v>a<b</v>",
        "<v>\x01</v>",
        "<v>1</v><v>2</v>",
        "<v><v>1</v></v>",
        "<t>q</t>",
        '<f t="a" t="b">x</f>',
        "<f>x</f",
        "</c>",
    ]
)


@st.composite
def cells(draw: st.DrawFn, place: str) -> str:
    kind, value = draw(TYPED)
    style, formula = draw(STYLE), draw(FORMULA)
    match draw(st.integers(0, 19)):
        case 0:
            return f'<c r="{place}"{style}{kind}/>'
        case 1:
            return f'<c r="{place}"{kind}{style}>{formula}<v>{value}</v></c>'
        case 2:
            return f'<c r="{place}"{style}{kind}>{formula}<v/></c>'
        case 3:
            return f'<c r="{place}"{style}>{formula}<v>{value}</v><extLst><v>9</v></extLst></c>'
        case 4 | 5 | 6:
            return f'<c r="{place}"{style} t="inlineStr"><is>{draw(INLINE)}</is></c>'
        case 7 if draw(st.booleans()):
            return f'<c r="{place}"{style}>{draw(WRONG)}</c>'
        case _:
            return f'<c r="{place}"{style}{kind}>{formula}<v>{value}</v></c>'


@st.composite
def rows(draw: st.DrawFn, number: int) -> str:
    columns = draw(st.lists(st.sampled_from("ABCDE"), unique=True, max_size=5))
    if draw(st.integers(0, 30)):
        columns.sort()
    inner = "".join(draw(cells(f"{column}{number}")) for column in columns)
    attributes = draw(
        st.sampled_from(
            ["", "", ' spans="1:3"', ' hidden="1"', ' hidden="1" ht="15"', ' r="9"', ' xmlns="q"']
        )
    )
    loose = "<row><c><v>7</v></c><c/><c><f>B1</f></c></row>"
    before = draw(st.sampled_from(["", "", "", "\n", "<row/>", loose, " z"]))
    return f'{before}<row r="{number}"{attributes}>{inner}</row>'


@st.composite
def sheets(draw: st.DrawFn) -> tuple[str, str]:
    numbers = draw(st.lists(st.sampled_from([2, 4, 6, 8]), unique=True, min_size=1, max_size=4))
    inner = "".join(draw(rows(number)) for number in sorted(numbers))
    # Blank rows that are passed over are not judged: with a value beside them none is.
    inner += '<row r="10"><c r="C10"><v>1</v></c></row>'
    merged = '<mergeCells><mergeCell ref="A1:B4"/><mergeCell ref="C2:C3"/></mergeCells>'
    return inner, draw(st.sampled_from(["", merged]))


def outcome(xml: str) -> list[RawRow] | None:
    """The rows of a sheet; None when it is refused."""
    try:
        return list(open_book(zipped(parts(xml, strings=STRINGS), 0)).sheets[0].rows())
    except Refusal:
        return None


@settings(max_examples=250)
@given(sheets())
def test_a_sheet_reads_alike_when_it_is_plain_and_when_it_is_not(drawn: tuple[str, str]) -> None:
    inner, after = drawn
    plain = outcome(sheet(inner, after=after))
    assert plain == outcome(sheet(inner, before=COMMENT, after=after))


def prefixed(xml: str) -> str:
    return xml.replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:")


@settings(max_examples=60)
@given(sheets())
def test_a_sheet_reads_alike_with_a_prefix_on_its_tags(drawn: tuple[str, str]) -> None:
    inner, after = drawn
    xml = sheet(inner, after=after)
    declaration, _, body = xml.partition("?>")
    named = prefixed(body).replace("xmlns=", "xmlns:x=")
    if 'xmlns:x="q"' in named:
        return
    assert outcome(xml) == outcome(f"{declaration}?>{named}")
