from foretell.common.provenance import folder_hash


def test_a_folders_hash_follows_its_content_not_its_place(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text("same")
    assert folder_hash(tmp_path / "one") == folder_hash(tmp_path / "two")
    (tmp_path / "two" / "x").write_text("other")
    assert folder_hash(tmp_path / "one") != folder_hash(tmp_path / "two")
