"""Save a review and reopen it: the one object that docks, menus and the autosave ask.

Any part of the app can have its own state saved. A part that a :class:`~napari_mrsr.app.viewing.View` holds as an
attribute and that has ``as_json()`` and ``from_json(content)`` takes part without further ado; others say
``view.saving.register("process", dump, load)``,
where ``dump()`` returns what JSON can hold and ``load(content)`` takes it back. ``load`` is called last, when scans,
results and layers are there again. A part that fails is left out and named; it cannot spoil the rest.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_mrsr.app.events import Event, Progress
from napari_mrsr.app.keeping import saved_parts, view_state
from napari_mrsr.app.keeping.reopening import Reopened, reopen, restore
from napari_mrsr.app.keeping.review_content import Collector
from napari_mrsr.errors import MrsrError, ScanChanged, ScanMissing
from napari_mrsr.files.origin import plain
from napari_mrsr.files.review_folder import Steps, folder_of, write_review

if TYPE_CHECKING:
    from napari_mrsr.app.session import Level, Running
    from napari_mrsr.app.viewing import View

log = logging.getLogger(__name__)

Dump = Callable[[], Any]
Load = Callable[[Any], Any]


@dataclass(frozen=True)
class Question:
    """What a person must decide before a review can be reopened: where a scan is, or whether a changed one will do."""

    folder: Path
    kind: str  # "missing" or "changed"
    line: str
    places: tuple[Path, ...] = ()


class Saving:
    """Saves and reopens the review of one view.

    Parameters
    ----------
    view
        The view.

    Attributes
    ----------
    folder
        Where the open review was saved to, or read from; None before.
    question
        What a person must decide before the review can be reopened, or None.
    """

    saved = Signal(object)  # Path
    reopened = Signal(object)  # Path
    asked = Signal(object)  # Question | None

    def __init__(self, view: View) -> None:
        self.view = view
        self.folder: Path | None = None
        self.question: Question | None = None
        self._parts: dict[str, tuple[Dump, Load]] = {}
        self._waiting: tuple[str, list[Any], Callable[[Any], None]] | None = None
        view.session.job_changed.connect(self._job_changed)
        saved_parts.register(self)

    # -- parts ----------------------------------------------------------------------------------------
    def register(self, name: str, dump: Dump, load: Load) -> None:
        """Have the state of a part saved and given back under a name; the last one of that name counts."""
        self._parts[name] = (dump, load)

    def _all_parts(self) -> dict[str, tuple[Dump, Load]]:
        own = {
            name.lstrip("_"): (part.as_json, part.from_json)
            for name, part in vars(self.view).items()
            if callable(getattr(part, "as_json", None)) and callable(getattr(part, "from_json", None))
        }
        return {**own, **self._parts}

    def dump_parts(self, notes: list[str]) -> dict[str, Any]:
        """Return the state of every part; who fails is named in ``notes``."""
        found: dict[str, Any] = {}
        for name, (dump, _load) in self._all_parts().items():
            try:
                found[name] = plain(dump())
            except RuntimeError:  # a widget that Qt has destroyed
                self._parts.pop(name, None)
            except Exception as error:  # a part of somebody else must not cost a person the review
                log.exception("part %s", name)
                notes.append(f"the state of {name} was not saved ({error})")
        return found

    def load_parts(self, content: dict[str, Any], notes: list[str]) -> None:
        """Give every part its state back; who fails is named in ``notes``."""
        for name, (_dump, load) in self._all_parts().items():
            if content.get(name) is None:
                continue
            try:
                load(content[name])
            except RuntimeError:  # as above
                self._parts.pop(name, None)
            except MrsrError as error:
                notes.append(f"the state of {name} could not be given back ({error.line})")
            except Exception as error:  # as above
                log.exception("part %s", name)
                notes.append(f"the state of {name} could not be given back ({error})")

    # -- saving ---------------------------------------------------------------------------------------
    def save(self, folder: str | PathLike[str], *, copy_scans: bool = False) -> None:
        """Save everything that is open into a folder; a banner says what became of it.

        Parameters
        ----------
        folder
            A new folder, or an earlier review, which is replaced when the new one is complete.
        copy_scans
            Put the scans themselves into it.
        """
        session = self.view.session
        if session.scan is None:
            session.say("warn", "no scan is open, so there is nothing to save; open one in the Study dock first")
            return
        if self._is_busy():
            return
        collector = Collector(self.view, copy_scans=copy_scans)
        content = session.attempt(collector.collect)
        if content is None:
            return
        content.record["parts"] = collector.without_names(self.dump_parts(collector.notes))
        target, painted = Path(folder), self.view.autosave.signature()

        def then(written: Path) -> None:
            self.folder = written
            self.view.autosave.saved(painted)
            level: Level = "warn" if collector.notes else "info"
            session.say(level, f"saved the review {written.name}", "\n".join([str(written), *collector.notes]))
            self.saved.emit(written)

        self._run("Save", write_review(content, target, deidentify=collector.deidentify), then)

    # -- reopening ------------------------------------------------------------------------------------
    def open(
        self, folder: str | PathLike[str], *, places: Sequence[str | PathLike[str]] = (), accept_changes: bool = False
    ) -> None:
        """Reopen a review; what is open now stays until everything was read.

        Parameters
        ----------
        folder
            The review, or its ``review.json``.
        places
            Where the scans lie now, if they were moved.
        accept_changes
            Go on although a scan has changed since.
        """
        if self._is_busy():
            return
        self._ask(None)
        target, named = folder_of(folder), tuple(Path(p) for p in places)

        def asking() -> Steps[Reopened | Question]:
            try:
                return (yield from reopen(target, places=named, accept_changes=accept_changes))
            except ScanMissing as error:
                return Question(target, "missing", error.line)
            except ScanChanged as error:
                return Question(target, "changed", error.line, named)

        def then(found: Reopened | Question) -> None:
            if isinstance(found, Question):
                self.view.session.say("warn" if found.kind == "changed" else "bad", found.line)
                self._ask(found)
            else:
                self._show(target, found)

        self._run("Open review", asking(), then)

    def locate(self, place: str | PathLike[str]) -> None:
        """Answer where the missing scan lies now."""
        if self.question is not None:
            self.open(self.question.folder, places=[place])

    def go_on(self) -> None:
        """Answer that the changed scan will do."""
        if self.question is not None:
            self.open(self.question.folder, places=self.question.places, accept_changes=True)

    def _show(self, folder: Path, found: Reopened) -> None:
        session, notes = self.view.session, list(found.notes)
        restore(self.view, found)
        self.load_parts(dict(found.review.record.get("parts", {})), notes)
        view_state.apply_state(self.view, dict(found.review.record.get("view", {})))
        self.folder = folder
        self.view.autosave.saved(self.view.autosave.signature())
        when = _local_time(str(found.review.record.get("created", "")))
        changed = [line for line in found.scans["scan"].warnings if "since the review was saved" in line]
        notes = changed + notes
        text = f"reopened the review {folder.name}{when}"
        session.say("warn" if notes else "info", "; ".join([text, *notes[:1]]), "\n".join([str(folder), *notes]))
        self.reopened.emit(folder)

    def _ask(self, question: Question | None) -> None:
        self.question = question
        self.asked.emit(question)

    # -- running --------------------------------------------------------------------------------------
    def _is_busy(self) -> bool:
        running = self.view.session.running
        if running is not None:
            self.view.session.say("warn", f"{running.name} is still running; stop it or wait for it")
        return running is not None

    def _run(self, name: str, steps: Steps[Any], then: Callable[[Any], None]) -> None:
        """Take the steps as the session's job; call ``then`` in the main thread if they came to their end."""
        made: list[Any] = []

        def job(stop: Callable[[], bool]) -> Iterator[Event]:
            while not stop():
                try:
                    done, text = next(steps)
                except StopIteration as end:
                    made.append(end.value)
                    return
                yield Progress(done, text)
            steps.close()  # takes back what is half written

        self._waiting = (name, made, then)
        self.view.session._start(name, job)

    def _job_changed(self, running: Running | None) -> None:
        if running is not None or self._waiting is None:
            return
        (name, made, then), self._waiting = self._waiting, None
        session = self.view.session
        if made:
            session.attempt(lambda: then(made[0]))
        elif session.banner is None:
            session.say("info", f"{name.lower()}: stopped; nothing was changed")


def _local_time(text: str) -> str:
    try:
        return f" of {datetime.fromisoformat(text).astimezone():%d %b %Y, %H:%M}"
    except ValueError:
        return ""
