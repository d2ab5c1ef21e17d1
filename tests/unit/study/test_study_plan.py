"""Planning a study of many policies."""

from foretell.common.yaml_files import read_yaml
from foretell.study.config import complete
from foretell.study.plan import jobs_of
from foretell.study.policies import Encoder
from foretell.study.study import Study


def test_work_grows_with_the_number_of_policies_not_with_its_square(pytestconfig, monkeypatch):
    config = read_yaml(pytestconfig.rootpath / "config" / "config.yaml")
    given = {name: entry for name, entry in config["policies"].items() if entry["model"] == "small"}
    (pool,) = (entry for entry in config["pools"].values() if entry["problem_set"] == "tiny_math")
    named, asked = Encoder.id.fget, []
    monkeypatch.setattr(Encoder, "id", property(lambda encoder: asked.append(encoder) or named(encoder)))

    def ids_asked_for(copies):
        policies = {f"{name}-{copy}": entry for name, entry in given.items() for copy in range(copies)}
        pools = {"many": {**pool, "policies": [*policies]}}
        study = Study(complete({**config, "policies": policies, "pools": pools}, "study.yaml"))
        asked.clear()
        jobs_of(study)
        return len(asked)

    assert 0 < ids_asked_for(copies=20) < 3 * ids_asked_for(copies=10)
