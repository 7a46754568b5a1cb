"""Which tests and models a layer builds."""

from __future__ import annotations

import pytest
from warehouse_fixture import House

from flows.model import dbt, selection


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    return dbt._parsed(House.fresh(tmp_path_factory.mktemp("house")).settings)


def due_tests(manifest, layer, *, seeds=False, nightly=True):
    built = selection.models_of(manifest, layer) | (selection.seeds(manifest) if seeds else set())
    return selection.tests_of(manifest, built, nightly=nightly)


def test_every_model_and_every_test_belongs_to_one_layer_of_a_night(manifest):
    kinds = {key: str(node.resource_type) for key, node in manifest.nodes.items()}
    stage, judge = (selection.models_of(manifest, layer) for layer in ("stage", "judge"))
    assert not stage & judge and stage | judge == {key for key, kind in kinds.items() if kind == "model"}
    staged, judged = due_tests(manifest, "stage", seeds=True), due_tests(manifest, "judge")
    assert not staged & judged and staged | judged == {key for key, kind in kinds.items() if kind == "test"}


def test_an_hour_judges_assertions_and_leaves_tests_of_single_tables_to_the_night(manifest):
    hour, night = (due_tests(manifest, "judge", nightly=nightly) for nightly in (False, True))
    left = night - hour
    assertions = {key for key in night if manifest.nodes[key].name.startswith("assert_")}
    assert hour == assertions and len(left) > 80
    folders = {manifest.nodes[key].original_file_path.split("/")[1] for key in left}
    assert folders == {"intermediate", "marts", "publish"}


def test_a_test_that_reads_what_is_built_later_waits_for_it(manifest):
    assertion = "test.groundswell.assert_every_organization_has_one_account"
    assert assertion in due_tests(manifest, "judge") and assertion not in due_tests(manifest, "stage")


def test_what_reads_a_source_is_due_with_all_that_stands_on_it_and_so_is_what_is_not_there(manifest):
    stage = selection.models_of(manifest, "stage")
    there = {(manifest.nodes[key].schema, manifest.nodes[key].name) for key in stage}
    names = {key.split(".")[-1] for key in selection.readers(manifest, stage, {"landing.files__tickets"}, there)}
    assert {"stg_files__tickets", "int_tickets"} <= names and "int_invoices" not in names
    assert selection.readers(manifest, stage, set(), there) == set()
    gone = ("intermediate", "int_invoices")
    assert [key.split(".")[-1] for key in selection.readers(manifest, stage, set(), there - {gone})] == [gone[1]]


def test_what_dbt_gets_has_no_test_but_those_that_are_due_and_all_models(tmp_path_factory):
    manifest = dbt._parsed(House.fresh(tmp_path_factory.mktemp("house")).settings)
    models = {key for key, node in manifest.nodes.items() if str(node.resource_type) == "model"}
    due = due_tests(manifest, "judge", nightly=False)
    selection.mark(manifest, {"model.groundswell.int_users", *due})
    assert {key for key, node in manifest.nodes.items() if str(node.resource_type) == "test"} == due
    assert manifest.unit_tests == {} and models <= manifest.nodes.keys()
    marked = {key for key, node in manifest.nodes.items() if selection.MARK in node.tags}
    assert marked == {"model.groundswell.int_users", *due}


def test_a_replay_makes_again_what_asks_which_moments_are_judged_and_nothing_else(manifest):
    layer = selection.models_of(manifest, "replay")
    there = {(manifest.nodes[key].schema, manifest.nodes[key].name) for key in layer}
    names = {key.split(".")[-1] for key in selection.readers(manifest, layer, {"control.as_of"}, there)}
    assert {"int_detect_looks", "int_finding_states", "fct_findings", "fct_finding_evidence"} <= names
    assert not {"int_bug_keys", "int_ticket_facts", "int_series_tickets", "fct_tickets", "publish_findings"} & names
