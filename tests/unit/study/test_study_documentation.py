"""What is made from the types of a configuration: the tables of config/README.md, and the schema for editors."""

import copy
import re

import jsonschema
import pytest
import yaml

from foretell.common.yaml_files import read_yaml
from foretell.study.config import StudyConfig
from foretell.study.documentation import MARK, json_schema, tables
from foretell.study.fields import keys_of
from foretell.study.models import Price
from foretell.study.policies import GradedTable
from synthetic_studies import SYNTHETIC

PUBLISHED = ("config", "recorded", "pocket", "norms", "paper")
EXAMPLES = ("questions", "logs")


@pytest.fixture(scope="module")
def readme(pytestconfig):
    return (pytestconfig.rootpath / "config" / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def schema(pytestconfig):
    return yaml.safe_load((pytestconfig.rootpath / "workflow" / "schemas" / "config.schema.yaml").read_text())


@pytest.fixture(scope="module")
def studies(pytestconfig):
    published = {name: read_yaml(pytestconfig.rootpath / "config" / f"{name}.yaml") for name in PUBLISHED}
    examples = {name: read_yaml(pytestconfig.rootpath / "examples" / f"{name}.yaml") for name in EXAMPLES}
    return {**published, **examples, **SYNTHETIC}


def test_the_tables_and_the_schema_are_those_of_the_types(readme, pytestconfig):
    assert readme.split(MARK)[1].strip() == tables().strip(), "run `make docs`"
    written = (pytestconfig.rootpath / "workflow" / "schemas" / "config.schema.yaml").read_text(encoding="utf-8")
    assert written == json_schema(), "run `make docs`"


def test_every_key_is_explained_and_no_other(readme):
    rows = [line.split(" | ") for line in readme.split(MARK)[1].splitlines() if line.startswith("| `")]
    explained = {row[0].removeprefix("| ").strip("`"): row[1] for row in rows}
    keys = [key for key in keys_of(StudyConfig) if not key.path.endswith(".source")]
    shared = {key.path.rsplit(".", 1)[-1] for key in keys if key.path not in explained}
    assert shared <= set(explained), "those of classes that stand in several places have a table of their own"
    assert set(explained) <= {key.path for key in keys} | shared
    assert all(len(meaning.split()) > 1 for meaning in explained.values())


def test_every_source_has_a_table(readme):
    sources = {key.field.annotation.__args__[0] for key in keys_of(StudyConfig) if key.path.endswith("*.source")}
    assert len(sources) == 11 and all(f"### `source: {source}`" in readme for source in sources)


@pytest.mark.parametrize("name", [*PUBLISHED, *EXAMPLES, *SYNTHETIC])
def test_the_schema_accepts_every_study(name, studies, schema):
    jsonschema.validate(studies[name], schema, jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("config", ""),
        ("config", "problem_sets.tiny_math"),
        ("config", "problem_sets.tiny_math.sizes"),
        ("config", "models.small"),
        ("config", "models.small.price"),
        ("config", "policies.small-low"),
        ("config", "probes"),
        ("config", "pools.tiny"),
        ("config", "statistics"),
        ("pocket", "problem_sets.cities.package"),
        ("pocket", "pools.cities.fallback"),
        ("pocket", "prompts.question"),
        ("recorded", "problem_sets.math-half-0.halves"),
        ("recorded", "policies.gpt-oss-20b"),
        ("recorded", "pools.math"),
        ("norms", "problem_sets.general_knowledge.problems"),
        ("norms", "problem_sets.general_knowledge.cross_fit"),
        ("predictions", "policies.a.predictions"),
    ],
)
def test_the_schema_refuses_a_misspelt_key(name, place, studies, schema):
    study = copy.deepcopy(studies[name])
    entry = study
    for key in filter(None, place.split(".")):
        entry = entry[key]
    entry["sampels"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(study, schema, jsonschema.Draft202012Validator)


def test_every_table_and_price_that_is_to_be_pasted_is_valid(readme):
    pasted = [
        yaml.safe_load(each) for each in re.findall(r"`(?:price: )?(\{(?:file|input): [^`]+\})`", readme.split(MARK)[0])
    ]
    tables = [each for each in pasted if "file" in each]
    assert len(tables) >= 3 and len(pasted) > len(tables)
    for each in pasted:
        (GradedTable if "file" in each else Price).model_validate(each)


def test_every_entry_that_is_to_be_pasted_is_valid(readme, studies, schema):
    """A study stands alone; what is none is merged over the one whose pools, or problem sets, its pools name."""
    blocks = re.findall(r"```yaml\n(.*?)```", readme.split(MARK)[0], re.DOTALL)
    assert len(blocks) >= 7
    for block in blocks:
        pasted = yaml.safe_load(block.replace("revision: ...", f"revision: {'a' * 40}"))
        if "study" not in pasted:
            pools = pasted.get("pools", {})
            named = {pools[name].get("problem_set", name) for name in pools}
            bases = (studies["pocket"], studies["config"])
            pasted = merged(next(s for s in bases if named <= {*s["pools"], *s["problem_sets"]}), pasted)
        jsonschema.validate(pasted, schema, jsonschema.Draft202012Validator)


def merged(below, above):
    """Mappings key by key; anything else takes the place of what was there."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return {**below, **{key: merged(below.get(key), value) for key, value in above.items()}}
