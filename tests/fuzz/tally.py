"""Tries a reader on an input, judges how it ends, and counts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ferflow.errors import InputError
from tests.fuzz.guard import guarded

_Result = TypeVar("_Result")
LONGEST_LINE = 400


@dataclass
class Tally:
    """How the cases of one reader ended; ``lost`` are faces that were neither read nor named."""

    cases: int = 0
    refused: int = 0
    tracebacks: int = 0
    lost: int = 0

    def probe(
        self,
        read: Callable[[], _Result],
        *places: str,
        refusal: type[Exception] = InputError,
        folder: object = "",
    ) -> _Result | None:
        """Read; give None where the input is refused, in one short line that names the places.

        ``folder`` is the temporary one, whose length is not the message's fault.
        """
        self.cases += 1
        try:
            with guarded():
                return read()
        except refusal as error:
            self.refused += 1
            message = str(error).replace(f"{folder}/", "") if folder else str(error)
            try:
                assert message.isprintable(), ascii(message)
                assert len(message) < LONGEST_LINE, message
                for place in places:
                    assert place in message, message
            except AssertionError:
                self.tracebacks += 1
                raise
        except BaseException:
            self.tracebacks += 1
            raise
        return None

    def account(self, named: int, written: int) -> None:
        """Make sure that what was read and what was named bad are all that was written."""
        if named != written:
            self.lost += 1
        assert named == written


TALLIES: dict[str, Tally] = {}


def tally(reader: str) -> Tally:
    """Return the tally of a reader, made when it is first asked for."""
    return TALLIES.setdefault(reader, Tally())


def summary() -> list[str]:
    """Lay out all tallies, a line each, and their sum."""
    total = Tally(
        *(
            sum(getattr(each, name) for each in TALLIES.values())
            for name in ("cases", "refused", "tracebacks", "lost")
        )
    )
    head = f"{'reader':<18}{'cases':>11}{'refused':>11}{'tracebacks':>12}{'silent losses':>15}"
    lines = [
        f"{name:<18}{each.cases:>11,}{each.refused:>11,}{each.tracebacks:>12,}{each.lost:>15,}"
        for name, each in [*sorted(TALLIES.items()), ("all", total)]
    ]
    return [head, *lines]
