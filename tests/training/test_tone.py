"""The command that trains a policy's reader of drafts, and the drafts it learns from."""

from __future__ import annotations

import json
import lzma

import numpy as np
import pytest
import torch

from partner.tone import ToneReader
from partner.types import Conversation
from tests import tiny
from training.__main__ import main
from training.data.records import DataError
from training.data.tones import ReadDraft, read_tones
from training.tone import measure


def test_a_reader_is_trained_on_a_policy_and_measured_on_drafts_it_has_not_seen(tmp_path, capsys):
    tiny.policy("llama").save(tmp_path)
    run = ["tone", "--authored-only", "--policy", str(tmp_path), "--out", str(tmp_path), "--threads", "1", "--epochs", "4"]
    assert main([*run, "--limit", "120"]) == 0
    found = json.loads((tmp_path / "tone.json").read_text())
    assert found["drafts"] == 120 and set(found) == {"drafts", "sentences", "authored"}, "without EPITOME"
    # The embedding of a sentence alone tells something, whatever the policy.
    assert found["authored"]["hurtful to both"] > 40 and min(found["authored"]["AUC"]) > 55
    assert ToneReader.load(tmp_path).layer == 1
    assert "copy it into the policy's folder" in capsys.readouterr().out
    read = {path: path.stat().st_mtime_ns for path in tmp_path.glob("read-*/*")}
    assert main([*run, "--limit", "120"]) == 0
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("read-*/*")} == read, "what was read is not read again"


def test_what_is_found_is_counted_against_both_readers():
    reader = ToneReader.new(0, 64, 4)
    with torch.no_grad():
        for parameter in reader.parameters():
            parameter.zero_()
        reader.network.inner.weight[0, 0], reader.network.out.weight[2, 0] = 1, 9
    rows = torch.zeros(4, 2 * 384 + 128 + 1)
    rows[:, 0] = torch.tensor([3.0, 3.0, 3.0, -3.0])  # three are found
    draft = ReadDraft(Conversation("x", "a b c d"), ("a", "b", "c", "d"), ((2, 2, 0, 2), (2, 1, 0, 2)), True, False)
    told = measure(reader, rows, [draft])["authored"]
    assert told["found"] == 3 and told["hurtful to both"] == 2 and told["sentences"] == 4
    assert (told["found, hurtful to both"], told["found, hurtful to one"], told["found, may stay for both"]) == (1, 1, 1)
    assert np.allclose(told["AUC"], [33.3, 25.0], atol=0.1)


def test_what_cannot_be_used_is_named(tmp_path):
    (tmp_path / "negatives.jsonl").touch()
    with pytest.raises(DataError, match=r"tones\.jsonl\.xz is missing"):
        list(read_tones(folder=tmp_path, authored_only=True))
    record = {"id": "G-1", "seeker": "My dog died.", "response": ["Ok.", "Get a cat."], "levels": {}, "edits": [], "more": {}}
    (tmp_path / "g_plain_common.jsonl").write_text(json.dumps(record) + "\n")
    for line in ({"id": "G-1", "tones": ["kfh"]}, {"id": "G-1", "tones": ["kx"]}, {"id": "G-1", "tones": []}):
        with lzma.open(tmp_path / "tones.jsonl.xz", "wt") as out:
            out.write(json.dumps({"id": "G-1", "tones": ["kh", "fh"]}) + "\n" + json.dumps(line) + "\n")
        with pytest.raises(DataError, match=r"tones\.jsonl\.xz:2"):
            list(read_tones(folder=tmp_path, authored_only=True))


def test_drafts_that_people_wrote_are_left_out_where_asked():
    drafts = list(read_tones(authored_only=True))
    assert len(drafts) > 1700 and not any(d.forum for d in drafts)
    assert {len(d.tones) for d in drafts if d.held_out} == {2} and {len(d.tones) for d in drafts if not d.held_out} == {1}
