import pytest

from foretell.common.code_hash import code_hash


@pytest.fixture
def hash_of(tmp_path):
    """The hash of a program whose files are given as texts; each time in a new folder, as files are read once."""
    folders = iter(range(1000))

    def compute(files, **options):
        folder = tmp_path / str(next(folders))
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        return code_hash(folder / "program.py", **options)

    return compute
