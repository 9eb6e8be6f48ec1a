"""The section on remedies: recall of every class under each of them, from the same test faces."""

from typing import Any

from ferflow.report import drawings, findings
from ferflow.report.context import ReportContext, Section
from ferflow.report.registry import register_section
from ferflow.report.wording import remedy_names


@register_section(place=20)
def remedies(context: ReportContext) -> Section:
    """Draw and word what each remedy does for each class, model by model.

    Parameters
    ----------
    context : ReportContext

    Returns
    -------
    Section
    """
    families: list[dict[str, Any]] = []
    headlines = []
    for family, recall in context.remedy_families:
        earlier = {entry["classes"] for entry in families}
        first = family.results[family.baseline]
        figure = f"figures/recall-{first.name}.png"
        drawings.draw_recall(family, recall, context.folder / figure, context.note)
        sentence = findings.remedy_for_the_rarest(family, recall)
        if first.classes not in earlier:  # the head tells the strongest model's story only
            headlines.append((len(first.classes), sentence))
        families.append(
            {
                "family": family,
                "names": remedy_names(family.results),
                "recall": recall,
                "figure": figure,
                "classes": first.classes,
                "sentence": sentence,
            }
        )
    return Section(
        "remedies",
        "Remedies",
        {"families": families},
        empty="" if families else "No model was trained both with and without a remedy.",
        headlines=[sentence for _, sentence in sorted(headlines, reverse=True)],
    )
