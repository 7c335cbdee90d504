"""The blind sheet: what raters see, and how their answers become win rates."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from evaluation import blind
from evaluation.__main__ import main
from evaluation.inputs import InputError
from tests.evaluation.test_report import EVIL, row


@pytest.fixture
def folder(tmp_path) -> Path:
    """A run of 40 pairs on which `a` and `b` differ, but for every fourth; the first shows crisis signals."""
    rows = [row(i, [0, 0, 0], {"a": [2, 0, 0], "b": [0, 0, 0] if i % 4 else [2, 0, 0]}, text=EVIL) for i in range(40)]
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "00.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    settings = {"systems": ["a", "b"], "batch": 100}
    (tmp_path / "run.json").write_text(json.dumps({"settings": settings}))
    return tmp_path


def test_only_differing_pairs_are_drawn_on_random_sides(folder):
    items, key = blind.draw(folder, "a", "b", pairs=30)
    assert len(items) == len(key["left"]) == 30
    assert all(int(item["id"][1:]) % 4 for item in items)
    assert set(key["left"].values()) == {"a", "b"}
    assert [i["id"] for i in items] != sorted((i["id"] for i in items), key=lambda x: int(x[1:]))
    for item in items:
        assert item["left" if key["left"][item["id"]] == "a" else "right"] == EVIL
    assert blind.draw(folder, "a", "b", pairs=30) == (items, key)
    assert len(blind.draw(folder, "a", "b", pairs=5)[0]) == 5


def test_the_sheet_tells_no_names_and_runs_no_foreign_script(folder):
    sheet = folder / "sheet.html"
    assert main(["blind", "a", "b", "--run", str(folder), "--sheet", str(sheet), "--pairs", "10"]) == 0
    page = sheet.read_text()
    assert page.count("<script") == 2  # the data and the page's own
    assert "alert(1)</script>" not in page
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])
    assert set(data["items"][0]) == {"id", "post", "history", "left", "right"}
    assert data["items"][0]["post"] == EVIL
    assert not re.findall(r"https?://", page)
    assert json.loads(blind.key_path(sheet).read_text())["sheet"] == data["sheet"]


KEY = {"sheet": "s", "a": "a", "b": "b", "left": {"p1": "a", "p2": "b", "p3": "a", "p4": "b"}}


def answers(rater: str, **rated: str) -> dict:
    return {"sheet": "s", "rater": rater, "answers": rated}


def test_win_rates_by_hand():
    # p1 left is a, p2 left is b: Anna says a, a, tie, b; Ben says a, b, tie.
    result = blind.win_rates(
        KEY, [answers("Anna", p1="1", p2="2", p3="=", p4="1"), answers("Ben", p1="1", p2="1", p3="=")], "a", "b"
    )
    assert result["rates"]["a"]["share"] == pytest.approx((1 + 0.5 + 0 + 0) / 4)
    assert result["rates"]["b"]["share"] == pytest.approx((0 + 0.5 + 0 + 1) / 4)
    assert result["rates"]["tie"]["share"] == pytest.approx(1 / 4)
    assert result["ratings"] == 7
    assert result["sign_test_p"] == 1  # one pair each way
    # Common: a-a, a-b, tie-tie. Observed 2/3; chance (2 * 1 + 0 * 1 + 1 * 1) / 9 = 1/3: kappa 1/2.
    assert result["cohen_kappa"] == [{"raters": ["Anna", "Ben"], "kappa": pytest.approx(0.5)}]
    # Six values in three units: a 3, b 1, tie 2; disagreeing pairs 2 in one unit: 1 - 5 * 2 / (36 - 14)
    assert result["krippendorff_alpha"] == pytest.approx(1 - 5 * 2 / 22)


def test_sign_test_by_hand():
    assert blind.sign_test(5, 0) == 2 / 32
    assert blind.sign_test(0, 0) == 1
    assert blind.sign_test(3, 1) == pytest.approx(2 * (4 + 1) / 16)


@pytest.mark.parametrize(
    "files",
    [
        [{"sheet": "other", "rater": "x", "answers": {"p1": "1"}}],
        [answers("x", p9="1")],
        [answers("x", p1="3")],
        [answers("x", p1="1"), answers("x", p1="2")],
        [answers("x")],
    ],
)
def test_answers_that_do_not_belong_are_refused(files):
    with pytest.raises(InputError):
        blind.win_rates(KEY, files, "a", "b")


def test_answers_are_read_back_from_files(folder, capsys):
    sheet = folder / "sheet.html"
    common = ["blind", "a", "b", "--run", str(folder), "--sheet", str(sheet)]
    main(common)
    key = json.loads(blind.key_path(sheet).read_text())
    always_a = {item: "1" if left == "a" else "2" for item, left in key["left"].items()}
    for rater in ("Anna", "Ben"):
        (folder / f"{rater}.json").write_text(json.dumps({"sheet": key["sheet"], "rater": rater, "answers": always_a}))
    capsys.readouterr()
    assert main([*common, "--answers", str(folder / "Anna.json"), str(folder / "Ben.json")]) == 0
    out = capsys.readouterr().out
    assert "| a | 100.0 % | 100.0 to 100.0 % |" in out
    assert "p = 0.000" in out


def test_a_rater_with_a_keyboard(folder, chromium):
    sheet = folder / "sheet.html"
    main(["blind", "a", "b", "--run", str(folder), "--sheet", str(sheet), "--pairs", "4"])
    items = json.loads(re.search(r'id="data">(.*?)</script>', sheet.read_text(), re.DOTALL)[1])["items"]
    page = chromium.new_page()
    page.goto(sheet.as_uri())
    assert page.locator("#left").inner_text() == items[0]["left"]
    assert page.locator("#post").inner_text() == EVIL
    for key in "12=":
        page.keyboard.press(key)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("2")
    assert "pair 4 of 4, 3 answered" in page.locator("#count").inner_text()
    page.locator("#save").click()
    assert "name" in page.locator("#count").inner_text()  # not without a name
    page.locator("#rater").fill("Anna 1")  # digits typed into the field are no answers
    page.reload()
    assert "3 answered" in page.locator("#count").inner_text()  # kept in the browser
    with page.expect_download() as download:
        page.locator("#save").click()
    saved = json.loads(Path(download.value.path()).read_text())
    assert download.value.suggested_filename == "answers-Anna_1.json"
    assert saved["answers"] == {items[0]["id"]: "1", items[1]["id"]: "2", items[2]["id"]: "2"}
    key = json.loads(blind.key_path(sheet).read_text())
    assert blind.win_rates(key, [saved], "a", "b")["ratings"] == 3
    page.close()
