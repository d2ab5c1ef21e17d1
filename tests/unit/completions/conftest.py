import pytest

from asking import Asking
from openai_server import KEY


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TEST_KEY", KEY)
    monkeypatch.chdir(tmp_path)
    with Asking.servers:
        yield tmp_path
