"""Files of a repository of the Hugging Face hub at a pinned commit, through the hub's own client and cache.

A file that lies in the cache is not asked for again, so that a study can be repeated without a network.
"""

import hashlib
import json
import time
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal

from pydantic import StringConstraints

from foretell.common.arguments import Settings
from foretell.common.errors import UserError

TRIES = 3  # of a transfer that the hub breaks off by an error of its own; the client repeats some requests itself
_KINDS = {"model": "model", "dataset": "data set"}
_PAGES = {"model": "", "dataset": "datasets/"}
_TOO_MANY = 429
_POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {size}\n"

Kind = Literal["model", "dataset"]
RepositoryId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9._-]+)?$")]
Commit = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]


class UnavailableError(UserError):
    """The hub does not give what it is asked for."""


class Repository(Settings):
    """A repository of the hub at a commit."""

    id: RepositoryId
    """Its id there, such as `HuggingFaceTB/SmolLM2-135M-Instruct`."""
    revision: Commit
    """Commit of its repository, 40 hexadecimal digits, so that it stays the same."""


def download(
    repository: Repository, kind: Kind, patterns: Sequence[str], ignored: Sequence[str] = ()
) -> tuple[Path, list[str]]:
    """Have the files of a repository that fit some pattern; those in the cache are taken from there.

    Args:
        repository: which, and at which commit.
        kind: of repository.
        patterns: as in shells, where `*` also stands for `/`.
        ignored: patterns of files that are left out.

    Returns:
        The folder of the cache in which they lie, and the paths inside it of all files that fit, sorted. The content
        of each has the sum that the hub tells.

    Raises:
        UnavailableError: there is no such repository or commit, it must be asked for, or the hub cannot be reached or
            answers by errors.
        UserError: no file fits, or one has another content than it should.
    """
    import httpx2
    from huggingface_hub import get_cached_repo_tree, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    name, commit, wanted, unwanted = repository.id, repository.revision, list(patterns), list(ignored)
    for attempt in range(1, TRIES + 1):
        try:
            given = snapshot_download(
                name,
                repo_type=kind,
                revision=commit,
                allow_patterns=wanted,
                ignore_patterns=unwanted,
                max_workers=1,  # after a lost connection one thread of the client closes what others use
            )
            break
        except (HfHubHTTPError, LocalEntryNotFoundError, OSError, httpx2.HTTPError, json.JSONDecodeError) as error:
            if attempt == TRIES or not _may_pass(error):
                raise UnavailableError(_explained(error, repository, kind)) from error
            time.sleep(2 ** (attempt - 1))
    sums = {file.path: file.blob_id for file in get_cached_repo_tree(name, repo_type=kind, revision=commit)}
    listed = list(sums)
    files = sorted(_fitting(listed, wanted, unwanted))
    for pattern in patterns if kind == "dataset" else []:
        if not _fitting(listed, [pattern], []):
            raise UserError(
                f"{_name(repository, kind)} has no file {pattern!r}; there are {', '.join(_some(listed))}: correct the "
                "pattern, or the key 'revision'"
            )
    folder = Path(given)
    for file in files:
        _check(folder / file, sums[file], f"{file} of {_name(repository, kind)}")
    return folder, files


def _fitting(paths: list[str], patterns: list[str], ignored: list[str]) -> list[str]:
    fit = [path for path in paths if any(fnmatchcase(path, pattern) for pattern in patterns)]
    return [path for path in fit if not any(fnmatchcase(path, pattern) for pattern in ignored)]


def _some(names: list[str], most: int = 12) -> list[str]:
    return names if len(names) <= most else [*names[:most], f"{len(names) - most} others"]


def _name(repository: Repository, kind: Kind) -> str:
    return f"the {_KINDS[kind]} {repository.id!r} at {repository.revision}"


def _status(error: BaseException | None) -> int | None:
    """The status by which the hub answered a request that failed, from an error or what it was raised from."""
    while error is not None:
        response = getattr(error, "response", None)
        if response is not None:
            return int(response.status_code)
        error = error.__cause__
    return None


def _may_pass(error: BaseException) -> bool:
    import httpx2

    status = _status(error)
    passes = isinstance(error, httpx2.TransportError) or "Consistency check" in str(error)
    return passes or (status is not None and (status >= 500 or status == _TOO_MANY))


def _explained(error: BaseException, repository: Repository, kind: Kind) -> str:
    """What is wrong, and what would help."""
    from huggingface_hub import constants
    from huggingface_hub.errors import (
        GatedRepoError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    name, status = f"{_KINDS[kind]} {repository.id!r}", _status(error)
    if isinstance(error, GatedRepoError):
        return (
            f"the hub gives the {name} only to those who asked for it: request access at "
            f"{constants.ENDPOINT}/{_PAGES[kind]}{repository.id}, then log in with `hf auth login` (or set HF_TOKEN): "
            "key 'id'"
        )
    if isinstance(error, RepositoryNotFoundError) or status == 401:
        return f"the hub has no {name}, or it needs a token (log in with `hf auth login`): key 'id'"
    if isinstance(error, RevisionNotFoundError):
        return f"the hub has no revision {repository.revision!r} of {repository.id!r}: key 'revision'"
    if status == _TOO_MANY:
        return (
            f"the hub refuses to give the {name} for now, after too many requests (429): run it again in some minutes, "
            "or log in with `hf auth login`, which raises the limit; what was fetched is kept"
        )
    if status is not None and not _may_pass(error):
        page = f"{constants.ENDPOINT}/{_PAGES[kind]}{repository.id}"
        return f"the hub does not give the {name}: it answered with status {status}; {page} may say why: key 'id'"
    if status is not None:
        return (
            f"the hub does not give the {name}: it answered with status {status} to {TRIES} tries; run it again later, "
            "what was fetched is kept"
        )
    if isinstance(error, LocalEntryNotFoundError):
        return (
            f"the hub cannot be reached at {constants.ENDPOINT}, and {constants.HF_HUB_CACHE} does not have all of "
            f"{_name(repository, kind)}: run it once with a network (and without HF_HUB_OFFLINE), or set HF_HOME to "
            "where it lies"
        )
    said = f"the hub does not give {_name(repository, kind)}: {str(error) or type(error).__name__}"
    return f"{said}; run it again later, what was fetched is kept" if _may_pass(error) else said


def _check(file: Path, listed: str, name: str) -> None:
    """Hold a file of the cache against the hub's listing.

    Args:
        file: a file of the cache, which is stored under the sum that the transfer told, if it told one.
        listed: git's sum of it, or of the pointer that stands in git for what is kept outside (Git LFS).
        name: what messages call it.

    Raises:
        UserError: it has neither the listing's sum nor the transfer's; the file is removed from the cache.
    """
    blob = file.resolve()
    # Either tells: not every pointer is written alike, and not every transfer tells a sum.
    if _has_sum(blob, {listed, blob.name}):
        return
    file.unlink()
    blob.unlink(missing_ok=True)
    raise UserError(
        f"{name} is damaged: its content does not have the sum that the hub tells; it was removed from the cache, so "
        "run it again to fetch it anew"
    )


def _has_sum(file: Path, expected: set[str]) -> bool:
    with open(file, "rb") as content:
        digest, size = hashlib.file_digest(content, "sha256").hexdigest(), content.tell()
        pointer = _POINTER.format(digest=digest, size=size).encode()
        if expected & {digest, _of_git(len(pointer), pointer).hexdigest()}:
            return True
        content.seek(0)
        return hashlib.file_digest(content, lambda: _of_git(size)).hexdigest() in expected


def _of_git(size: int, content: bytes = b"") -> "hashlib._Hash":
    """The sum by which git knows a file of so many bytes, of which some are given."""
    return hashlib.sha1(b"blob %d\0" % size + content, usedforsecurity=False)
