"""What every subcommand shares: no empty text is taken, and it ends as stages do."""

import functools
from collections.abc import Callable
from typing import Any

import click

from ferflow.engines import interruption
from ferflow.printing import while_read


class Command(click.Command):
    """A subcommand that takes no empty text: a shell variable that is not set would change what it does."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse empty arguments, then parse them all."""
        for before, argument in zip(["", *args], args, strict=False):
            name, equals, value = argument.partition("=")
            if not argument or (name.startswith("--") and equals and not value):
                where = name or (before if before.startswith("-") else "an argument")
                raise click.UsageError(f"{where} is empty; is a variable of the shell not set?", ctx)
        return super().parse_args(ctx, args)


def ending_like_a_stage(function: Callable[..., None]) -> Callable[..., None]:
    """Give a function the exit codes and the one-line errors of the stages."""

    @functools.wraps(function)
    def wrapper(**arguments: Any) -> None:
        interruption.expect()
        from ferflow.engines.script import run

        run(functools.partial(function, **arguments))

    return wrapper


def show(text: str) -> None:
    """Print lines; a reader that stops early causes no error."""
    with while_read():
        click.echo(text)
