"""Repositories of the hub, from one on loopback through the hub's own client."""

import pytest

from foretell.common.errors import UserError
from foretell.common.hub import Repository, download
from hub_server import COMMIT

FILES = {
    "data/train-00000-of-00001.parquet": b"train" * 50,
    "data/test-00000-of-00001.parquet": b"test" * 50,
    "README.md": b"words",
    "extra.jsonl": b"{}\n",
}
REPOSITORY = Repository(id="someone/problems", revision=COMMIT)


@pytest.fixture
def served(hub):
    hub.add("dataset", "someone/problems", FILES)
    return hub


def test_just_the_files_that_fit_are_fetched_and_once_only(served):
    folder, files = download(REPOSITORY, "dataset", ["data/train-*", "*.jsonl"])
    assert files == ["data/train-00000-of-00001.parquet", "extra.jsonl"]
    assert all((folder / file).read_bytes() == FILES[file] for file in files)
    assert sorted(served.fetched()) == files
    served.asked.clear()
    assert download(REPOSITORY, "dataset", ["data/train-*"])[1] == files[:1]
    assert served.asked == []


def test_what_lies_in_the_cache_needs_no_hub(served):
    download(REPOSITORY, "dataset", ["*.jsonl"])
    served.stop()
    assert download(REPOSITORY, "dataset", ["*.jsonl"])[1] == ["extra.jsonl"]
    with pytest.raises(UserError, match=r"the hub cannot be reached at .* does not have all of .* run it once with a"):
        download(REPOSITORY, "dataset", ["data/*"])


def test_without_a_hub_and_a_copy_it_is_said_what_to_do(served):
    served.stop()
    with pytest.raises(UserError, match=r"cannot be reached .* \(and without HF_HUB_OFFLINE\), or set HF_HOME"):
        download(REPOSITORY, "dataset", ["*.jsonl"])


def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(served):
    file = "data/train-00000-of-00001.parquet"
    served.cut[file] = 100
    folder, _ = download(REPOSITORY, "dataset", [file])
    assert (folder / file).read_bytes() == FILES[file]
    begun = [start for method, path, start in served.asked if method == "GET" and path.endswith(file)]
    assert begun == [None, "bytes=64-"]


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("where", ["/api/", "/resolve/"])
def test_an_error_of_the_hub_that_passes_is_not_noticed(served, where, status):
    served.failures[where] = [status]
    folder, _ = download(REPOSITORY, "dataset", ["extra.jsonl"])
    assert (folder / "extra.jsonl").read_bytes() == FILES["extra.jsonl"]


@pytest.mark.parametrize(
    ("where", "status", "expected"),
    [
        ("/api/", 429, r"after too many requests \(429\): run it again in some minutes, or log in"),
        ("/resolve/", 429, r"after too many requests \(429\)"),
        ("/api/", 500, "the hub does not give the data set 'someone/problems': it answered with status 500"),
        ("/resolve/", 503, "it answered with status 503 to 3 tries"),
        ("/resolve/", 451, "it answered with status 451; http.*someone/problems may say why"),
    ],
)
def test_an_error_of_the_hub_that_stays_is_one_message(served, where, status, expected):
    served.failures[where] = status
    with pytest.raises(UserError, match=expected):
        download(REPOSITORY, "dataset", ["extra.jsonl"])


def test_the_hub_says_how_long_to_wait(served):
    served.failures["/resolve/"] = [429]
    served.failures["/api/"] = [429]
    download(REPOSITORY, "dataset", ["extra.jsonl"])
    assert served.pauses and all(pause >= 7 for pause in served.pauses)


@pytest.mark.parametrize("file", ["extra.jsonl", "data/test-00000-of-00001.parquet"])
def test_a_damaged_file_is_refused_and_fetched_anew_the_next_time(served, file):
    served.damaged.add(file)
    with pytest.raises(UserError, match=f"{file} of the data set .* is damaged: .* run it again"):
        download(REPOSITORY, "dataset", [file])
    served.damaged.clear()
    folder, _ = download(REPOSITORY, "dataset", [file])
    assert (folder / file).read_bytes() == FILES[file]


@pytest.mark.parametrize("tag", ["0123-no-sum", "0" * 64])
@pytest.mark.parametrize("file", ["extra.jsonl", "data/test-00000-of-00001.parquet"])
def test_files_are_held_against_the_listing_whatever_the_transfer_says(served, file, tag):
    served.tags[file] = tag
    folder, _ = download(REPOSITORY, "dataset", [file])
    assert (folder / file).read_bytes() == FILES[file]
    (folder / file).resolve().write_bytes(b"other")
    with pytest.raises(UserError, match=f"{file} of the data set .* is damaged"):
        download(REPOSITORY, "dataset", [file])


def test_a_gated_repository_says_where_to_ask(served):
    served.gated.add("someone/problems")
    with pytest.raises(UserError) as raised:
        download(REPOSITORY, "dataset", ["extra.jsonl"])
    assert f"request access at {served.address}/datasets/someone/problems, then log in" in str(raised.value)


MISTAKES = [
    ({"id": "someone/else"}, ["*"], "the hub has no data set 'someone/else', or it needs a token"),
    ({"revision": "f" * 40}, ["*"], f"the hub has no revision '{'f' * 40}' of 'someone/problems': key 'revision'"),
    ({}, ["main/*"], r"has no file 'main/\*'; there are .*extra.jsonl"),
]


@pytest.mark.parametrize(("wrong", "patterns", "expected"), MISTAKES)
def test_what_the_hub_does_not_have_is_one_message(served, wrong, patterns, expected):
    with pytest.raises(UserError, match=expected):
        download(REPOSITORY.model_copy(update=wrong), "dataset", patterns)
