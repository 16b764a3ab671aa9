"""`make manage`: commands on the shop that `make serve` runs."""

import os
import sys

import pytest

from tools import serve
from tools.console import Failure

WHERE = (
    "from django.conf import settings; from django.db import connection;"
    "print(connection.settings_dict['NAME'], settings.CELERY_TASK_ALWAYS_EAGER);"
    "raise SystemExit(7)"
)


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setattr(serve, "SERVING", tmp_path / "serving.json")
    return tmp_path


def test_without_a_served_shop_it_says_what_to_do(state):
    with pytest.raises(Failure, match="make serve"):
        serve.manage(["esd_verify"])


def test_a_shop_whose_server_was_killed_is_not_served(state, monkeypatch):
    with serve._told("python", {}):
        monkeypatch.setattr(serve, "is_running", lambda process: False)

        with pytest.raises(Failure, match="make serve"):
            serve.manage(["esd_verify"])


def test_a_command_runs_on_its_database_and_without_a_broker(state, monkeypatch, capfd):
    """A broker in the environment would take tasks that no worker of the demo does. The exit code is the command's."""
    monkeypatch.setenv("CELERY_BROKER_URL", "redis://127.0.0.1:1/0")
    env = {
        "DJANGO_SETTINGS_MODULE": "demo.settings",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/esd_serve_1",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }

    with serve._told(sys.executable, env):
        assert serve.SERVING.stat().st_mode & 0o077 == 0
        code = serve.manage(["shell", "-c", WHERE])

    assert code == 7
    assert capfd.readouterr().out.split()[-2:] == ["esd_serve_1", "True"]
    assert not serve.SERVING.exists()
