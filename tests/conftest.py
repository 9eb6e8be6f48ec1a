"""What every test may rely on."""

import signal

# A shell lets the jobs it starts in the background ignore Ctrl-C, and so would the processes of the tests.
signal.signal(signal.SIGINT, signal.default_int_handler)
