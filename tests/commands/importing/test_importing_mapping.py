"""A mapping with an error is refused before anything is imported, and the error names the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.importing.facts import Plan
from commands.importing.importable import IMPORTABLE
from commands.importing.mapping import MAKES, MappingError, parse_mapping
from commands.importing.toml import LARGEST, PARTS
from tests.effort import with_little_cpu

GOOD = """
system = "shop"
[[make]]
command = "order.place"
id = "{order}"
occurred_at = "{day}"
[make.facts]
channel = "web"
currency = "EUR"
lines = [{ line_id = "1", name = "Tea", quantity = "1", unit_price = "{price}" }]
"""

ROOT = Path(__file__).parent.parent.parent.parent
COLUMNS = {"order": 0, "day": 1, "price": 2, "#": 3}


def test_a_valid_mapping_is_accepted() -> None:
    plan = Plan(parse_mapping(GOOD.encode()), COLUMNS, b"secret")
    assert [group.kind for group in plan.groups] == ["order"]


@pytest.mark.parametrize(
    ("written", "instead", "named"),
    [
        ('system = "shop"', "", "system"),
        ('system = "shop"', 'system = "my shop"', "system"),
        ('system = "shop"', 'system = "shop"\nsistem = "shop"', "sistem"),
        ('system = "shop"', 'system = "shop"\nsha256 = "0"', "sha256"),
        ('system = "shop"', 'system = "shop"\ntime_zone = "Atlantis"', "time_zone"),
        ('system = "shop"', 'system = "shop"\ncut_off = "soon"', "cut_off"),
        ('system = "shop"', 'system = "shop"\nfile.delimiter = "::"', "file.delimiter"),
        ('system = "shop"', 'system = "shop"\nfile.quote = "::"', "file.quote"),
        ('system = "shop"', 'system = "shop"\nfile.encoding = "runes"', "file.encoding"),
        ('system = "shop"', 'system = "shop"\nfile.encoding = "base64"', "file.encoding"),
        ('system = "shop"', 'system = "shop"\nfile.encoding = "zlib"', "file.encoding"),
        ('system = "shop"', 'system = "shop"\nfile.encoding = "rot13"', "file.encoding"),
        ('system = "shop"', 'system = "shop"\nfile.encoding = "idna"', "file.encoding"),
        ('system = "shop"', 'system = "shop"\nfile.encoding = "punycode"', "file.encoding"),
        ('system = "shop"', 'system = "shop"\nfile.encoding = "unicode_escape"', "file.encoding"),
        ('system = "shop"', 'system = "shop"\nfile.encoding = "a\\u0000b"', "file.encoding"),
        ('system = "shop"', 'system = "shop"\nfile.skip = 99999999999999999999', "file.skip"),
        ('system = "shop"', 'system = "shop"\nfile.skip = 1000001', "file.skip"),
        ('system = "shop"', 'system = "shop"\nfile.thousands = "."', "file.thousands"),
        ('system = "shop"', 'system = "shop"\nfile.skip = -1', "file.skip"),
        ('system = "shop"', 'system = "shop"\nfile.colour = "red"', "colour"),
        ("[[make]]", "[[makes]]", "make"),
        ("order.place", "order.steal", r"make\[0\]\.command.*order\.confirm"),
        ('id = "{order}"', "", r"make\[0\]\.id"),
        ('id = "{order}"', 'id = "{ordre}"', r"make\[0\]\.id.*'ordre'.*order, day, price"),
        ('id = "{order}"', 'id = "{order"', r"make\[0\]\.id: a brace"),
        ('id = "{order}"', "id.ordre = '{order}'", r"make\[0\]\.id\.ordre.*identified by order"),
        ('system = "shop"', 'system = "shop"\nids.custmer = "{order}"', r"ids\.custmer.*customer"),
        ('occurred_at = "{day}"', "", r"make\[0\]\.occurred_at"),
        ('"{day}"', '{ time = "{day}", format = "%d" }', r"occurred_at\.format"),
        ('"{day}"', '{ time = "{day}", format = "%Q" }', r"occurred_at\.format"),
        ('"{day}"', '{ time = "{day}", zone = "Atlantis" }', r"occurred_at\.zone"),
        ('"{day}"', '"{day}"\nwhen = { dya = "1" }', r"make\[0\]\.when"),
        ('channel = "web"', "", r"make\[0\]\.facts\.channel: it is missing"),
        ('channel = "web"', "channel = 1", r"make\[0\]\.facts\.channel"),
        ('channel = "web"', 'channel = "web"\nchanel = "web"', r"make\[0\]\.facts\.chanel.*channel, currency"),
        ('unit_price = "{price}"', 'unit_prise = "{price}"', r"facts\.lines\[0\]\.unit_prise"),
        ('"{price}"', '{ divide = ["{price}"] }', r"facts\.lines\[0\]\.unit_price\.divide"),
        ('"{price}"', '{ divide = ["1", "2"], text = "x" }', r"facts\.lines\[0\]\.unit_price"),
        ('"{price}"', '{ number = "{price}", otherwise = "0" }', r"facts\.lines\[0\]\.unit_price\.otherwise"),
        ('"{price}"', '{ nummer = "{price}" }', r"facts\.lines\[0\]\.unit_price.*nummer"),
        ("lines = [{", 'total = ["1"]\nlines = [{', r"facts\.total"),
        ("[[make]]", "[[make", "not TOML"),
    ],
)
def test_an_error_names_the_key(written: str, instead: str, named: str) -> None:
    assert written in GOOD
    with pytest.raises(MappingError, match=named):
        Plan(parse_mapping(GOOD.replace(written, instead, 1).encode()), COLUMNS, b"secret")


def test_a_mapping_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(MappingError, match="UTF-8"):
        parse_mapping(b"system = '\xff'")


def test_every_command_belongs_to_the_kind_it_is_named_after() -> None:
    for name, importable in IMPORTABLE.items():
        assert name.startswith(f"{importable.kind.name}.")


def test_the_page_on_importing_names_every_command_and_every_fact() -> None:
    page = (ROOT / "docs" / "importing.md").read_text()
    for name, importable in IMPORTABLE.items():
        assert f"`{name.split('.')[1]}`" in page, name
        for fact in importable.facts.__struct_fields__:
            assert f"`{fact}`" in page, f"{name}: {fact}"


@pytest.mark.parametrize(
    ("ids", "named"),
    [
        ('id = "spring"', r"make\[0\]\.id: .*campaign and customer"),
        ('id = { campaign = "spring" }', r"make\[0\]\.id: .*ids\.customer"),
        ('id = { campaign = "spring", customer = "{order}", lead = "1" }', r"make\[0\]\.id\.lead"),
        ('id = { campaign = "{ordre}", customer = "{order}" }', r"make\[0\]\.id.*'ordre'"),
    ],
)
def test_a_kind_identified_by_other_things_needs_the_ids_of_all_of_them(ids: str, named: str) -> None:
    mapping = f'system = "shop"\n[[make]]\ncommand = "campaign_member.target"\noccurred_at = "{{day}}"\n{ids}\n'
    with pytest.raises(MappingError, match=named):
        Plan(parse_mapping(mapping.encode()), COLUMNS, b"secret")


MANY = ".".join(["a"] * 100_000)
QUOTED = " . ".join(['"a#"'] * 20_000)
COSTLY = {
    "dotted key": f"{MANY} = 1",
    "table": f"[{MANY}]",
    "list of tables": f"[[{MANY}]]",
    "key of an inline table": f"x = {{ {MANY} = 1 }}",
    "quoted key": f"{QUOTED} = 1",
    "key behind a text that ends with a quote": f'x = ["""a"""", {{ {QUOTED} = 1 }}]',
    "key behind a literal text that ends with a quote": f"x = ['''a'''', {{ {QUOTED} = 1 }}]",
    "key behind a comment": f'# it\'s """\n{MANY} = 1',
    "lists in lists": "x = " + "[" * 100_000,
    "hexadecimal digits": "x = 0x" + "f" * 100_000,
    "digits": "x = " + "1" * 100_000,
    "marks": "x = '" + "a\u0323\u0301" * 5 + "\u0323\u0301" * 30_000 + "'",
    "texts that do not end": '"""\\"' * 20_000,
    "quotes": '"' * 100_000,
    "dots": ". " * 50_000,
    "a word": "a" * 200_000,
}


@pytest.mark.parametrize("kind", COSTLY)
def test_no_mapping_takes_long_to_be_refused(kind: str) -> None:
    mapping = f"{COSTLY[kind]}\n{GOOD}".encode()[:LARGEST]

    def refused() -> None:
        with pytest.raises(MappingError):
            parse_mapping(mapping)

    with_little_cpu(1.0, refused)


def test_a_mapping_may_be_as_large_as_its_limit_and_not_larger() -> None:
    filled = GOOD.encode() + b"#" * (LARGEST - len(GOOD))
    parse_mapping(filled)
    with pytest.raises(MappingError, match="larger than 256 KiB"):
        parse_mapping(filled + b"#")


def test_a_key_has_at_most_so_many_parts_but_a_text_has_any_number_of_dots() -> None:
    dotted = "a." * 1000
    for quote in ('"', "'", '"""', "'''"):
        written = GOOD.replace('"Tea"', quote + dotted + quote) + f"# {dotted}"
        mapping = parse_mapping(written.encode())
        assert mapping.make[0].facts["lines"][0]["name"] == dotted
    key = ".".join(["a"] * PARTS)
    assert parse_mapping(f"{GOOD}{key} = [1.5, 2.5, 3.5]\n".encode()).make[0].facts["a"]
    with pytest.raises(MappingError, match=f"more than {PARTS} parts"):
        parse_mapping(f"{GOOD}{key}.a = 1".encode())


def test_a_mapping_has_at_most_so_many_commands() -> None:
    one = GOOD[GOOD.index("[[make]]") :]
    assert len(parse_mapping(f'system = "shop"\n{one * MAKES}'.encode()).make) == MAKES
    with pytest.raises(MappingError, match=f"at most {MAKES}"):
        parse_mapping(f'system = "shop"\n{one * (MAKES + 1)}'.encode())
