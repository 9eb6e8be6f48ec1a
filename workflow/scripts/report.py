"""Put all results into one report, results/report/, and the figures to compare into results/metrics.json."""

from ferflow.engines.script import Context, run_stage
from ferflow.report import build_report
from ferflow.tracking.publish import publish


def main(context: Context) -> None:
    """Build the report, say where it is and which figures mean little; send what is new to MLflow."""
    report = build_report(context.params)
    publish(context.params)
    for line in report.cautions:
        print(line)
    print(f"report: {report.page}")


if __name__ == "__main__":
    run_stage("report", main, __doc__)
