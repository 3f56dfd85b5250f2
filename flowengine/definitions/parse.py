"""YAML text -> ``Workflow``. Every problem of a file is found at once, each with its place.

load (text to nodes) -> shorthand (one spelling) -> outline (the steps) -> structure (the keys),
arrangement (what may stand where) and references (the expressions) -> assemble (the values of
:mod:`flowengine.definitions.model`).
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping as Table
from dataclasses import dataclass

from flowengine.definitions.arrangement import arrangement
from flowengine.definitions.assemble import assemble
from flowengine.definitions.assemble_steps import Sources
from flowengine.definitions.called_tasks import unknown_tasks
from flowengine.definitions.digest import digest
from flowengine.definitions.expressions.tree import Json, Path
from flowengine.definitions.findings import Findings
from flowengine.definitions.load import load
from flowengine.definitions.model import Workflow
from flowengine.definitions.nodes import Mapping, to_json
from flowengine.definitions.outline import outline
from flowengine.definitions.references import References, references
from flowengine.definitions.shorthand import written_out
from flowengine.definitions.structure import structure
from flowengine.errors import DefinitionError, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file that could be parsed, with the places that later checks speak of."""

    workflow: Workflow
    """Not bound: its steps have no signature, and no station where the file names none."""
    form: Json
    """What is digested: the long form, without places and comments."""
    root: Mapping
    """The same with places."""
    paths: Table[str, Path]
    """Where each step stands, by id."""
    found: References
    """Its expressions, by the path of their keys."""
    warnings: tuple[Problem, ...]

    def findings(self) -> Findings:
        """An empty collection of problems of this file."""
        return Findings(self.workflow.path, self.root)


def read(
    text: str | bytes, *, path: str = "<string>", tasks: Collection[str] | None = None
) -> Document:
    """The document that *text* is.

    Args:
        text: the file; bytes are UTF-8.
        path: how the file is called in problems.
        tasks: those that are registered, where that is known: then a file that is refused is told
            of unknown ones too. Of a file that is not, ``check`` tells.

    Raises:
        DefinitionError: with every problem of the file (at most 50), in the order of places.
    """
    loaded = load(text, path=path)
    root = written_out(loaded.root)
    findings = Findings(path, root, loaded.problems)
    steps = outline(root)
    keys = structure(root, findings)
    arrangement(steps, findings)
    found = references(root, steps, findings)
    refusals = findings.refusals()
    if refusals or keys is None:
        if tasks is not None:
            unknown_tasks(steps, tasks, findings)
        raise DefinitionError(findings.refusals())
    form = to_json(root)
    ids = {part.path: part.id for part in steps.walk()}
    sources = Sources(found=found, ids=ids, defaults=keys.defaults)
    return Document(
        workflow=assemble(keys, sources, digest=digest(form), path=path),
        form=form,
        root=root,
        paths={name: where for where, name in ids.items()},
        found=found,
        warnings=findings.warnings(),
    )


def parse(text: str | bytes, *, path: str = "<string>") -> Workflow:
    """The workflow that *text* is; see :func:`read`."""
    return read(text, path=path).workflow
