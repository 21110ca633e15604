"""What leads from an object back to the primary for which something was done to it."""

import pytest

from ruleplane.matcher.footprint import MADE_BY, MADE_EACH, MADE_FOR, Stamp, field_manager, stamp, stamp_of

MADE = Stamp("copy", "default/db", "e1")


def made(*managers, annotations=None):
    fields = {"f:metadata": {"f:annotations": {f"f:{MADE_BY}": {}}}}
    entries = [{"manager": name, "operation": "Update", "fieldsV1": fields} for name in managers]
    metadata = {"name": "x", "annotations": annotations or stamp("copier", MADE)}
    return {"metadata": {**metadata, "managedFields": entries} if entries else metadata}


def test_a_stamp_is_read_back_as_it_was_put():
    assert stamp_of(made("copier"), "copier") == MADE


def test_without_each_there_is_no_third_annotation():
    assert set(stamp("copier", Stamp("copy", "default/db", ""))) == {MADE_BY, MADE_FOR}


def test_a_stamp_counts_only_where_the_rule_set_wrote_it():
    assert stamp_of(made("kubectl"), "copier") is None
    assert stamp_of(made("kubectl", "copier"), "copier") == MADE


def test_it_counts_when_the_managers_of_old_were_merged():
    assert stamp_of(made("ancient-changes"), "copier") == MADE


def test_it_counts_in_a_store_that_tracks_no_managers():
    assert stamp_of(made(), "copier") == MADE


@pytest.mark.parametrize(
    "annotations",
    [
        {MADE_BY: "copier/copy"},
        {MADE_BY: "copier", MADE_FOR: "default/db"},
        {MADE_BY: "other/copy", MADE_FOR: "default/db"},
        {MADE_FOR: "default/db", MADE_EACH: "e1"},
    ],
)
def test_half_a_stamp_or_anothers_is_none(annotations):
    assert stamp_of(made("copier", annotations=annotations), "copier") is None


def test_a_managers_name_is_readable_as_long_as_the_api_takes_it():
    assert field_manager("painter", "default/web") == "painter/default/web"
    assert len(field_manager("p", "default/" + "a" * 118)) == 128
    long = field_manager("painter", "default/" + "a" * 200)
    assert long.startswith("painter/#")
    assert len(long) < 40
    assert long != field_manager("painter", "default/" + "a" * 199 + "b")
