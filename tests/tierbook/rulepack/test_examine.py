"""A pack is checked with its cases, the line is shown with a caret, and a change is noticed."""

from tests.tierbook.rulepack.packs import GOOD, broken
from tierbook.quality import Problem
from tierbook.rulepack.examine import cases_of, changes, examine, excerpt

CASE = "- name: a big one\n  given: {total_spend: 800, settlement: cash}\n  expect: {value: %s}\n"


def written(folder, text=GOOD, cases=""):
    file = folder / "small.yaml"
    file.write_text(text, "utf-8")
    if cases:
        cases_of(file).write_text(cases, "utf-8")
    return file


def test_a_pack_and_its_cases_that_hold_have_nothing_to_say(tmp_path):
    found = examine(written(tmp_path, cases=CASE % 840))
    assert (found.problems, found.cases, found.fails) == ((), 1, False)


def test_a_case_that_fails_is_a_problem_of_the_pack(tmp_path):
    found = examine(written(tmp_path, cases=CASE % 841))
    assert found.fails
    assert "a big one: value is 840, expected 841." in str(found.problems[0])


def test_a_case_that_is_none_does_not_hide_the_pack(tmp_path):
    found = examine(written(tmp_path, cases="- name: x\n"))
    assert found.pack is not None
    assert found.fails


def test_a_broken_pack_is_told_without_its_cases(tmp_path):
    found = examine(written(tmp_path, broken("total_spend", "total_spent"), CASE % 840))
    assert found.pack is None
    assert found.fails


def test_the_caret_stands_under_the_place(tmp_path):
    file = written(tmp_path, broken("overdue_ratio > late}\n  - {name: l", "overdue > late}\n  - {name: l"))
    (problem,) = examine(file).problems
    line, caret = excerpt(problem, [file])
    assert line[caret.index("^") :].startswith("overdue > late")


def test_the_caret_counts_chinese_letters_twice(tmp_path):
    file = written(tmp_path, "pack: 金卡 x\n")
    problem = Problem("error", "x", file=f"{tmp_path.name}/small.yaml", line=1, column=10)
    assert excerpt(problem, [file]) == ("pack: 金卡 x", " " * 11 + "^")


def test_a_problem_without_a_line_has_no_excerpt(tmp_path):
    file = written(tmp_path)
    assert excerpt(Problem("error", "x", file=f"{tmp_path.name}/small.yaml"), [file]) == ()
    assert excerpt(Problem("error", "x", file=f"{tmp_path.name}/small.yaml", line=999), [file]) == ()
    assert excerpt(Problem("error", "x", file="elsewhere.yaml", line=1), [file]) == ()


def test_a_turn_is_taken_at_first_and_whenever_a_file_changes(tmp_path):
    file = written(tmp_path)
    edits = iter([lambda: None, lambda: written(tmp_path, GOOD + "# more\n"), lambda: None, file.unlink])

    def wait() -> bool:
        edit = next(edits, None)
        if edit is None:
            return False
        edit()
        return True

    assert len(list(changes(lambda: [file], wait))) == 3
