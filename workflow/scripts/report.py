"""Put all results into one report, results/report/, and the figures to compare into results/metrics.json."""

from ferflow.engines import interruption

interruption.expect()  # before the imports below, which take seconds

from ferflow.engines.script import Context, run_stage
from ferflow.report import build_report
from ferflow.tracking.publish import publish


def main(context: Context) -> None:
    """Build the report and say where it is; send what is new to MLflow."""
    page, cautions = build_report(context.params)
    publish(context.params)
    print(f"report: {page}")
    for sentence in cautions:
        print(f"caution: {sentence}")


if __name__ == "__main__":
    run_stage("report", main, __doc__)
