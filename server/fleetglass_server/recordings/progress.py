"""Shows progress while files are sent."""

import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from fleetglass_server.recordings.replay import Replay

At = Callable[[int], None]


def send_all(replay: Replay, files: Sequence[Path], *, quiet: bool = False) -> None:
    """Send the files. Show a progress bar on a terminal, or else print one line per file."""
    console = Console(stderr=True)
    with _bar(console, replay, files) if console.is_terminal else _lines(quiet) as watch:
        for file in files:
            replay.file(file, watch(file))


@contextmanager
def _bar(
    console: Console, replay: Replay, files: Sequence[Path]
) -> Generator[Callable[[Path], At]]:
    total = sum(file.stat().st_size for file in files if file.is_file())
    done = 0
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[spans]} spans"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=total, spans=0)

        def watch(file: Path) -> At:
            nonlocal done
            before = done
            done += file.stat().st_size if file.is_file() else 0
            progress.update(task, description=escape(file.name), completed=before)
            return lambda position: progress.update(
                task, completed=before + position, spans=replay.tally.sent
            )

        yield watch
        progress.update(task, completed=total, spans=replay.tally.sent)


@contextmanager
def _lines(quiet: bool) -> Generator[Callable[[Path], At]]:
    def watch(file: Path) -> At:
        if not quiet:
            print(f"{file} ...", file=sys.stderr, flush=True)
        return lambda _: None

    yield watch
