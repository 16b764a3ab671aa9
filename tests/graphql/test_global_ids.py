"""Global ids of our records."""

from uuid import UUID

import pytest

from saleor_esd_plugin.errors import NotFound
from saleor_esd_plugin.graphql.global_ids import decode, decode_all, encode, uuid_within

PK = UUID("018f3a5e-0000-7000-8000-0000000000aa")


def test_an_id_leads_there_and_back():
    global_id = encode("License", PK)

    assert decode(global_id, "License") == PK
    assert decode_all([global_id] * 2, "License") == [PK, PK]
    assert uuid_within(global_id, "LicenseOrder", "License") == PK


@pytest.mark.parametrize(
    "spelled", [str(PK).upper(), PK.hex, "{%s}" % PK, f"urn:uuid:{PK}", f" {PK}", f"{PK}\n"]
)
def test_a_record_has_one_spelling(spelled):
    assert uuid_within(encode("License", spelled), "License") is None


def test_the_answer_is_the_same_for_whatever_is_no_id(bad_ids):
    """One NOT_FOUND, which echoes nothing."""
    for bad in bad_ids:
        with pytest.raises(NotFound) as refused:
            decode(bad, "License", field="license")

        assert refused.value.field == "license", bad
        assert refused.value.message == "There is nothing with this id that you may see.", bad
        assert refused.value.params == {}, bad


def test_an_id_of_another_type_is_none():
    assert uuid_within(encode("LicenseOrder", PK), "License") is None
    assert uuid_within(None, "License") is None
