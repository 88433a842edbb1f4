"""The rules of the house that no linter sees: where things are, what they are named, how long."""

from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil
import re
import statistics
import string
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable
from functools import cache
from types import ModuleType

import pytest
from babel.messages.pofile import read_po
from sqlalchemy import TypeDecorator
from sqlalchemy.orm import MappedAsDataclass, configure_mappers

from domain.base import Record
from domain.errors import KINDS, IssueKind
from tests.support.source import PRODUCT, ROOT, kept_files, sources, words_of, written
from words import missing

QUERIES = {"select", "text", "insert", "update", "delete", "exists", "union", "union_all"}
TRANSACTIONS_BEGIN_IN = {
    "persistence/session.py",
    "persistence/migrate.py",
    # A connection is made ready before its first transaction.
    "persistence/engine.py",
    # Snapshots that only read, on connections of their own.
    "persistence/ready/reader.py",
    "persistence/ready/awaited.py",
    "persistence/ready/inline.py",
}
CLOCKS = {"today", "now", "utcnow", "monotonic", "perf_counter", "time_ns", "localtime", "gmtime"}
VAGUE = {"service", "manager", "helper", "utility", "util", "utils", "handler", "data", "process"}
VAGUE |= {f"{word}s" for word in VAGUE}
IMPOSED_NAMES = {
    "process_bind_param",
    "process_result_value",
    "process_literal_param",
    "data_received",
}
"""Names that a library calls by: ours to define, not ours to choose."""

LOCKS = ("requirements.lock", "requirements-dev.lock")


@cache
def modules() -> tuple[ModuleType, ...]:
    """Every module of the product, imported; migrations and `__main__` run when imported."""
    found = []
    for package in PRODUCT:
        module = importlib.import_module(package)
        found.append(module)
        for entry in pkgutil.walk_packages(module.__path__, f"{package}."):
            if entry.name.startswith("persistence.migrations.") or entry.name.endswith("__main__"):
                continue
            found.append(importlib.import_module(entry.name))
    return tuple(found)


def kinds() -> list[IssueKind]:
    modules()
    return [KINDS[code] for code in sorted(KINDS)]


def locked(lock: str) -> dict[str, str]:
    """The versions of a lock file by normalised name."""
    found = re.findall(r"^([A-Za-z0-9._-]+)(?:\[.*?\])?==(\S+)", (ROOT / lock).read_text(), re.M)
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in found}


def listed(offenders: Iterable[str]) -> str:
    return "\n".join(["", *offenders])


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


# Where things may be


def test_queries_are_written_in_persistence_only() -> None:
    offenders = []
    for source in written(*PRODUCT):
        if source.room == "persistence":
            continue
        for name, line in source.imports():
            if name.startswith("sqlalchemy") and name.split(".")[-1] in QUERIES:
                offenders.append(source.at(line, f"imports {name}"))
        for name, line in source.calls():
            first, _, last = name.replace("sqlalchemy", "sa").rpartition(".")
            if last == "query" or (first == "sa" and last in QUERIES):
                offenders.append(source.at(line, f"calls {name}"))
    assert not offenders, listed(offenders)


def test_transactions_begin_and_end_in_named_places() -> None:
    offenders = [
        source.at(line, f"calls {name}")
        for source in written(*PRODUCT)
        if source.name not in TRANSACTIONS_BEGIN_IN
        for name, line in source.calls()
        if name.split(".")[-1] in {"begin", "commit", "rollback"} and "." in name
    ]
    assert not offenders, listed(offenders)


def test_the_domain_has_no_clock() -> None:
    offenders = []
    for source in written("domain"):
        offenders += [
            source.at(line, f"imports {name}")
            for name, line in source.imports()
            if name.split(".")[0] == "time"
        ]
        offenders += [
            source.at(line, f"calls {name}")
            for name, line in source.calls()
            if "." in name and name.split(".")[-1] in CLOCKS
        ]
    assert not offenders, listed(offenders)


def test_the_domain_reads_no_file() -> None:
    forbidden = {"pathlib", "os", "io", "shutil", "tempfile", "importlib"}
    offenders = []
    for source in written("domain"):
        offenders += [
            source.at(line, f"imports {name}")
            for name, line in source.imports()
            if name.split(".")[0] in forbidden
        ]
        offenders += [
            source.at(line, "calls open") for name, line in source.calls() if name == "open"
        ]
    assert not offenders, listed(offenders)


def test_a_domain_module_knows_sqlalchemy_only_when_it_declares_what_is_stored() -> None:
    offenders = []
    for source in written("domain"):
        if not any(name.split(".")[0] == "sqlalchemy" for name, _ in source.imports()):
            continue
        dotted = source.name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        declared = vars(importlib.import_module(dotted)).values()
        stored = (MappedAsDataclass, TypeDecorator)
        if not any(
            isinstance(value, type) and issubclass(value, stored) and value.__module__ == dotted
            for value in declared
        ):
            offenders.append(source.name)
    assert not offenders, listed(offenders)


def test_no_relation_is_loaded_behind_our_back() -> None:
    modules()
    configure_mappers()
    offenders = [
        str(relation)
        for mapper in Record.registry.mappers
        for relation in mapper.relationships
        if relation.lazy not in {"raise", "raise_on_sql", "noload", "write_only"}
    ]
    assert not offenders, listed(offenders)


def test_nouns_and_verbs_of_the_api_do_not_mirror_each_other() -> None:
    nouns = {source.stem for source in sources("schema")} - {"__init__"}
    verbs = {source.stem for source in sources("resolvers")} - {"__init__"}
    assert nouns & verbs == set()


def test_no_test_mocks_our_own_code() -> None:
    offenders = [
        source.at(line, f"imports {name}")
        for source in sources("tests")
        for name, line in source.imports()
        if name.startswith(("unittest.mock", "mock"))
    ]
    assert not offenders, listed(offenders)


# How things are named and said


def is_vague(name: str) -> bool:
    # A project manager is a person of the trade.
    words = re.sub(r"\bproject managers?\b", "", " ".join(words_of(name))).split()
    return bool(VAGUE & set(words)) and name not in IMPOSED_NAMES


def test_names_say_what_a_thing_is() -> None:
    offenders = [source.name for source in written(*PRODUCT) if is_vague(source.stem)]
    for source in written(*PRODUCT):
        offenders += [source.at(line, name) for name, line in source.names() if is_vague(name)]
    assert not offenders, listed(offenders)


def test_every_module_opens_with_one_sentence() -> None:
    offenders = []
    for source in sources(*PRODUCT, "tests", "benchmarks", "setup"):
        opening = source.opening
        if not opening.endswith(".") or re.search(r"[.!?] +[A-ZÀ-Ý]", opening):
            offenders.append(f"{source.name}: {opening or 'nothing'}")
    assert not offenders, listed(offenders)


def test_every_issue_has_its_french_sentences() -> None:
    said = [kind.sentence for kind in kinds()] + [kind.fix for kind in kinds() if kind.fix]
    offenders = missing(said, "fr")
    assert not offenders, listed(offenders)


def test_no_sentence_has_two_french_ones_and_both_name_the_same_facts() -> None:
    french: dict[str, str] = {}
    offenders = []
    for path in sorted((ROOT / "words" / "fr").glob("*.po")):
        with path.open("rb") as file:
            entries = [(str(entry.id), str(entry.string)) for entry in read_po(file) if entry.id]
        for english, sentence in entries:
            if french.setdefault(english, sentence) != sentence:
                offenders.append(f"{path.name}: two sentences for {english!r}")
            if placeholders(sentence) - placeholders(english):
                offenders.append(f"{path.name}: {sentence!r} names a fact that {english!r} has not")
    assert not offenders, listed(offenders)


def test_every_issue_is_named_by_a_test() -> None:
    told = "\n".join(source.text for source in sources("tests") if source.stem != "test_house")
    named = set(re.findall(r"[A-Z][A-Z0-9_]+", told))
    offenders = [kind.code for kind in kinds() if kind.code not in named]
    assert not offenders, listed(offenders)


def test_kinds_of_issues_are_declared_where_the_enum_of_codes_sees_them() -> None:
    """The enum is made before the verbs and the server are imported (ADR 2)."""
    declaring = {"IssueKind", "call_error", "call_warning"}
    offenders = [
        source.at(line, name)
        for source in written("resolvers", "server")
        for name, line in source.calls()
        if name in declaring
    ]
    assert not offenders, listed(offenders)


# How long things are


def test_no_file_is_longer_than_400_lines() -> None:
    offenders = [
        f"{source.name}: {source.lines}"
        for source in written(*PRODUCT, "tests", "benchmarks", "setup")
        if source.lines > 400
    ]
    assert not offenders, listed(offenders)


def test_no_folder_lists_more_than_50_files() -> None:
    listing = Counter(source.name.rpartition("/")[0] for source in written(*PRODUCT))
    offenders = [f"{folder}: {files}" for folder, files in listing.items() if files > 50]
    assert not offenders, listed(offenders)


def test_no_function_is_longer_than_60_lines() -> None:
    offenders = [
        source.at(line, f"{name}: {lines}")
        for source in written(*PRODUCT, "tests", "benchmarks", "setup")
        for name, line, lines in source.functions()
        if lines > 60
    ]
    assert not offenders, listed(offenders)


def test_nine_files_in_ten_have_at_most_250_lines() -> None:
    assert statistics.quantiles([s.lines for s in written(*PRODUCT)], n=10)[-1] <= 250


def test_nine_functions_in_ten_have_at_most_25_lines() -> None:
    sizes = [lines for source in written(*PRODUCT) for _, _, lines in source.functions()]
    assert statistics.quantiles(sizes, n=10)[-1] <= 25


# What is imported and shipped is ours


@pytest.mark.parametrize("package", PRODUCT)
def test_our_package_is_the_one_imported(package: str) -> None:
    module = importlib.import_module(package)
    assert [str(ROOT / package)] == [str(place) for place in module.__path__]


def test_no_locked_distribution_takes_one_of_our_names() -> None:
    wanted = {name for lock in LOCKS for name in locked(lock)}
    offenders = []
    for distribution in importlib.metadata.distributions():
        name = re.sub(r"[-_.]+", "-", distribution.name).lower()
        tops = {file.parts[0].removesuffix(".py") for file in distribution.files or []}
        if name in wanted and tops & {*PRODUCT, "tests"}:
            offenders.append(f"{name}: {sorted(tops & {*PRODUCT, 'jobs', 'tests'})}")
    assert not offenders, listed(offenders)


def test_every_package_is_shipped() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert tuple(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == PRODUCT
    assert {module.__name__ for module in modules()} >= set(PRODUCT)
    assert set(PRODUCT).isdisjoint(sys.stdlib_module_names)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_names_no_address_and_hashes_everything(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    entries = re.split(r"^(?=\S)", text, flags=re.M)[1:]
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_demo_runs_what_the_tests_have_tried() -> None:
    tested = locked("requirements-dev.lock")
    assert {name: tested.get(name) for name in locked("requirements.lock")} == locked(
        "requirements.lock"
    )


def test_no_file_tells_where_it_was_made() -> None:
    # Written in halves, so that this file is clean too.
    told = [f"/wo{'rk'}/", f"py{'pi.org'}", f"python{'hosted.org'}", f"npm{'js.org'}"]
    told += [f"npm{'js.com'}", f"yarn{'pkg.com'}", f"file:///o{'pt'}"]
    pattern = re.compile("|".join(map(re.escape, told)).encode())
    offenders = [
        f"{path.relative_to(ROOT)}: {match.group().decode()}"
        for path in kept_files()
        if (match := pattern.search(path.read_bytes()))
    ]
    assert not offenders, listed(offenders)
