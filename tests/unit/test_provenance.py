import pytest

from foretell.common.provenance import code_hash, folder_hash, imported_files


@pytest.fixture
def project(tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "package" / "used.py").write_text('"""Docstring."""\nfrom package.deep import VALUE\n')
    (tmp_path / "package" / "deep.py").write_text("VALUE = 1  # comment\n")
    (tmp_path / "package" / "unused.py").write_text("VALUE = 2\n")
    script = tmp_path / "script.py"
    script.write_text("def main():\n    from package import used\n    return used.VALUE\n")
    return script


def hash_after(script, file, text):
    """The hash after an edit, as another process would compute it."""
    (script.parent / file).write_text(text)
    code_hash.cache_clear()
    code_hash.__wrapped__.__globals__["_syntax"].cache_clear()
    return code_hash(script)


def test_what_a_script_imports_directly_or_not_counts(project):
    names = [file.relative_to(project.parent).as_posix() for file in imported_files(project)]
    assert names == ["package/__init__.py", "package/deep.py", "package/used.py", "script.py"]


def test_comments_docstrings_and_layout_do_not_change_the_hash(project):
    before = code_hash(project)
    reworded = '"""Another."""\n\nfrom package.deep import (\n    VALUE,\n)\n'
    assert hash_after(project, "package/used.py", reworded) == before
    assert hash_after(project, "package/deep.py", "# other comment\nVALUE  =  1\n") == before
    assert hash_after(project, "package/unused.py", "VALUE = 3\n") == before


def test_a_change_of_what_the_code_does_changes_the_hash(project):
    before = code_hash(project)
    assert hash_after(project, "package/deep.py", "VALUE = 2\n") != before


def test_a_folders_hash_follows_its_content_not_its_place(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text("same")
    assert folder_hash(tmp_path / "one") == folder_hash(tmp_path / "two")
    (tmp_path / "two" / "x").write_text("other")
    assert folder_hash(tmp_path / "one") != folder_hash(tmp_path / "two")
