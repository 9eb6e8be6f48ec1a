"""Put all results into one report, results/report/, and what was measured here into timings/."""

from ferflow import params, tracking
from ferflow.report import build_report
from ferflow.stage import arguments, run


def main() -> None:
    """Build the report and say where it is; send what is new to MLflow."""
    arguments(__doc__)
    settings = params.load()
    page = build_report(settings)
    tracking.publish(settings)
    print(f"report: {page}")


if __name__ == "__main__":
    run(main)
