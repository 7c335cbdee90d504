"""`python -m training ship`: what comes into the assets, and what must not stay there."""

from __future__ import annotations

from partner.judge import Judge
from partner.models import asset
from partner.policy import JUDGE, PartnerPolicy
from tests import tiny
from training.__main__ import main


def test_a_policy_ships_with_its_own_judge_and_never_with_an_older_ones(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PARTNER_ASSETS", str(tmp_path / "assets"))
    run = tmp_path / "run"
    tiny.policy("llama").save(run)
    judge = Judge((0,), 64, 4)
    judge.save(run)
    assert main(["ship", str(run)]) == 0
    shipped = asset("policy")
    assert PartnerPolicy.load(shipped).backbone.config.hidden_size == 64
    assert (shipped / JUDGE).read_bytes() == (run / JUDGE).read_bytes()
    tiny.policy("llama").save(run)
    assert Judge.load(run) is None, "new weights: the judge of those before does not know them"
    assert main(["ship", str(run)]) == 0
    assert Judge.load(shipped) is None
    assert "python -m training judge" in capsys.readouterr().out
    assert JUDGE not in (tmp_path / "assets" / "SHA256SUMS").read_text()
