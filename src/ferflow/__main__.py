"""The ``ferflow`` command where its script is not on the path: ``python -m ferflow``."""

from ferflow.cli.main import main

if __name__ == "__main__":
    main()
