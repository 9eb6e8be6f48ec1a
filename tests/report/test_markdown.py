"""Other people's words in Markdown are words."""

from ferflow.params import load
from ferflow.report import tables
from ferflow.report.markdown import plain_markdown
from ferflow.report.results import read_results


def test_markup_is_escaped() -> None:
    assert plain_markdown("happy, sad (12)") == "happy, sad (12)"
    assert plain_markdown("<b onload=x>&amp;") == r"\<b onload=x\>\&amp;"
    assert plain_markdown("[a](b) *c* _d_ `e` $f$ | ~g~ \\") == (
        r"\[a\](b) \*c\* \_d\_ \`e\` \$f\$ \| \~g\~ \\"
    )


def test_names_of_classes_are_no_html(in_run: object) -> None:
    (result, *_) = read_results(load())
    name = "<img src=x onerror=alert(1)>"
    evaluations = [
        evaluation.model_copy(update={"classes": (name, *evaluation.classes[1:])})
        for evaluation in result.evaluations
    ]
    text = tables.comparison_markdown(
        [[type(result)(**(vars(result) | {"evaluations": evaluations}))]], on_sample=True, confidence=0.95
    )
    assert plain_markdown(name) in text
    assert "<img" not in text.replace(r"\<img", "")
