"""Reading pairs: every format, and what is broken in it."""

from __future__ import annotations

import io
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.inputs import Columns, InputError, batches, open_source

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda t: t.strip())


def read(path, form=None, columns=None):
    broken = []
    source = open_source(str(path), form=form, columns=columns)
    return list(source.pairs(lambda line, why: broken.append((line, why)))), broken


def texts(pairs):
    return [(p.conversation.post, p.conversation.reply) for p in pairs]


@pytest.fixture
def file(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_partners_two_column_tsv_as_it_is(file):
    # No header, quotation marks are plain characters.
    path = file("sample.tsv", 'Help. "Help me"\tWhat is "wrong?\nI\'m done\tidk\n')
    pairs, broken = read(path)
    assert texts(pairs) == [('Help. "Help me"', 'What is "wrong?'), ("I'm done", "idk")]
    assert not broken
    assert open_source(str(path)).count() == 2


def test_csv_by_column_names_and_with_line_breaks_in_cells(file):
    path = file("a.csv", 'id,seeker_post,response_post\n1,"my dog\ndied",sorry\n2,"he said ""no""",ok\n')
    pairs, _ = read(path)
    assert texts(pairs) == [("my dog\ndied", "sorry"), ('he said "no"', "ok")]
    assert [p.line for p in pairs] == [2, 4]
    assert open_source(str(path)).count() == 2


def test_columns_by_option_and_a_reference(file):
    path = file("a.csv", "q,a,human\nhelp,no,I am here\n")
    pairs, _ = read(path, columns=Columns("q", "a", "human"))
    assert texts(pairs) == [("help", "no")]
    assert pairs[0].reference == "I am here"
    with pytest.raises(InputError, match="no column 'x'"):
        read(path, columns=Columns("x"))


def test_jsonl_with_history_counts_turns(file):
    rows = [
        {"post": "hi", "reply": "", "history": [["seeker", "a"], ["supporter", "b"]], "reference": "c"},
        {"seeker": "ho", "response": "x"},
    ]
    pairs, broken = read(file("a.jsonl", "\n".join(map(json.dumps, rows))))
    assert not broken
    assert pairs[0].turns == 2
    assert pairs[0].reference == "c"
    assert pairs[1].conversation.reply == "x"


def test_broken_lines_are_named_and_the_rest_is_kept(file):
    good = b'{"post": "p", "reply": "r"}'
    lines = [good, b"{not json", b'{"post": "p"}', b'{"post": " ", "reply": ""}', b'["p", "r"]', b"\xff\xfe", b"", good]
    lines += [
        b'{"post": 3, "reply": "r"}',
        b'{"post": "p", "reply": "r", "history": [["me", "x"]]}',
        b'{"post": "\\ud800", "reply": ""}',
    ]
    pairs, broken = read(file("a.jsonl", b"\n".join(lines)))
    assert [p.line for p in pairs] == [1, 8]
    assert [p.row for p in pairs] == [0, 6]  # rows count the broken ones, not the blank one
    assert [line for line, _ in broken] == [2, 3, 4, 5, 6, 9, 10, 11]
    assert "not JSON" in broken[0][1]


def test_broken_rows_of_a_table(file):
    pairs, broken = read(file("a.tsv", b"a\tb\nonly one\nc\td\te\n\xff\xfe\tx\nf\tg\n"))
    assert texts(pairs) == [("a", "b"), ("f", "g")]
    assert [line for line, _ in broken] == [2, 3, 4]


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"post": "p", "reply": "r"}\n')))
    source = open_source("-")
    assert source.count() is None
    assert texts(source.pairs(lambda line, why: None)) == [("p", "r")]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("missing.jsonl", {}, "no such file"),
        ("epitome", {"split": "test"}, "no split"),
        ("-", {"split": "dev"}, "--split"),
        ("-", {"form": "xml"}, "--format"),
    ],
)
def test_wrong_inputs_say_what_to_do(name, options, message):
    with pytest.raises(InputError, match=message):
        open_source(name, **options)


@given(st.lists(st.tuples(TEXT, st.text(st.characters(exclude_categories=["Cs"]))), min_size=1, max_size=5))
def test_any_text_comes_back_from_jsonl(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("jsonl") / "a.jsonl"
    path.write_text("\n".join(json.dumps({"post": p, "reply": r}) for p, r in rows))
    pairs, broken = read(path)
    assert texts(pairs) == rows
    assert not broken


def test_batches_keep_order_and_everything():
    assert list(batches(iter(range(5)), 2)) == [[0, 1], [2, 3], [4]]
