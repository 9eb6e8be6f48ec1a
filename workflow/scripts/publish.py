"""Send all finished results to MLflow, from the files: after an outage, or to a server that is new."""

from ferflow import params, tracking
from ferflow.stage import run


def main() -> None:
    """Publish what params.yaml names and the server does not have yet."""
    sent = tracking.publish(params.load())
    print(f"{sent} runs sent to MLflow")


if __name__ == "__main__":
    run(main)
