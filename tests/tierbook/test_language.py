"""Sentences and labels: one Chinese word for one thing, and Chinese punctuation."""

from __future__ import annotations

import re

import pytest

from tierbook.language import Named, label, labels, say, sentences, together

# What readers met for the same thing, and the word that stands for it everywhere.
ONE_WORD = {
    "基准日期|统计日|分析日期": "截止日期", "分割点": "分界点", "搁置": "剔除", "唤回|挽回": "赢回", "回购": "复购", "保留率|保持率": "留存率",
    "终身价值": "生命周期价值", "严重度": "严重程度", "表头的": "标题行的", "撤回": "撤销", "遮蔽": "脱敏", "上一窗口(?!期)": "上一窗口期",
}  # fmt: skip
CHINESE = "[\u4e00-\u9fff]"
TEXTS = [(name, texts["zh"]) for name, texts in labels().items()] + list(sentences("zh").items())


@pytest.mark.parametrize("other, word", ONE_WORD.items())
def test_one_thing_has_one_chinese_word(other: str, word: str):
    assert not [f"{name}: {text}" for name, text in TEXTS if re.search(other, text)], f"write {word}"


@pytest.mark.parametrize("wrong, why", [
    (f"{CHINESE}[,:?]|[,?]{CHINESE}", "punctuation of Chinese is full-width"),
    (f"{CHINESE}\\(|\\){CHINESE}", "so are brackets"),
    ("[，。；：！？、] ", "which have room after them"),
    (r"\d %", "per cent stands at its number"),
    ("“[^”]*$|「|」", "quotes come in pairs, and are these"),
    (f"{CHINESE} {{2,}}{CHINESE}", "one space at most"),
])  # fmt: skip
def test_chinese_is_punctuated_as_chinese(wrong: str, why: str):
    assert not [f"{name}: {text}" for name, text in TEXTS if re.search(wrong, text)], why


def test_sentences_stand_together_as_each_language_writes_them():
    assert together(["One.", "Two."]) == "One. Two."
    assert together(["一。", "二。"], "zh") == "一。二。"


def test_a_name_without_a_label_is_made_readable():
    assert label("shoe_size", "zh") == "Shoe size"


def test_a_name_of_ours_stands_beside_its_label_for_readers_of_another_language():
    template = "The sheet is read as {name}, which its columns are."
    assert say(template, name=Named("transactions")) == template.format(name="transactions")
    assert "交易（transactions）" in say(template, "zh", name=Named("transactions"))
    assert "日期（date）" in say(template, "zh", name=Named("date"))
    assert "my_own" in say(template, "zh", name=Named("my_own"))
