"""Problems of a data set of the hub, from contents of its files."""

from foretell.problems.hub import read_problems
from foretell.problems.hub_settings import HubProblems


def made(folder, repository, **settings):
    """Problems of a repository's files, written to a folder."""
    for name, content in repository.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    settings.pop("source", None)
    return read_problems(HubProblems.model_validate(settings), folder, sorted(repository))


def sizes(problems):
    """Numbers of problems by split."""
    return problems.split.value_counts().to_dict()
