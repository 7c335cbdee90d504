"""`python -m training ship`: what comes into the assets, and what must not stay there."""

from __future__ import annotations

from partner.danger import DangerReader
from partner.judge import Judge
from partner.models import asset
from partner.mood import MoodReader
from partner.policy import HEADS, PartnerPolicy
from partner.tone import ToneReader
from tests import tiny
from training.__main__ import main


def test_a_policy_ships_with_its_own_heads_and_never_with_an_older_ones(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PARTNER_ASSETS", str(tmp_path / "assets"))
    run = tmp_path / "run"
    tiny.policy("llama").save(run)
    Judge.new((0,), 64, (4, 4), (4, 4)).save(run)
    MoodReader(0, 64).save(run)
    DangerReader(0, 64).save(run)
    ToneReader.new(0, 64, 4).save(run)
    assert main(["ship", str(run)]) == 0
    shipped = asset("policy")
    assert PartnerPolicy.load(shipped).backbone.config.hidden_size == 64
    for head in HEADS:
        assert (shipped / head).read_bytes() == (run / head).read_bytes()
    tiny.policy("llama").save(run)
    for head in (Judge, MoodReader, DangerReader, ToneReader):
        assert head.load(run) is None, "new weights: those of the old do not know them"
    assert main(["ship", str(run)]) == 0
    said = capsys.readouterr().out
    for head in HEADS:
        assert not (shipped / head).exists() and head not in (tmp_path / "assets" / "SHA256SUMS").read_text()
        assert f"python -m training {head.removesuffix('.safetensors')} --policy" in said
