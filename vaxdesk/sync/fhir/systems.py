"""Identifier and code systems. A table, not constants in the mapping: Viet Nam has two draft guides with different
addresses (VN Core 1.0.0 of the Ministry, and the community's 0.5.1), and the portal may ask for either."""

from __future__ import annotations

from dataclasses import dataclass

_CORE = "http://fhir.ehealth.gov.vn/core/sid/"


@dataclass(frozen=True)
class Systems:
    """The systems that one portal uses. The default is VN Core 1.0.0 (Ministry of Health, CC0)."""

    national_id: str = _CORE + "national_id"
    old_id: str = _CORE + "citizen_id"
    insurance_no: str = _CORE + "insurance_number"
    passport: str = _CORE + "passport_number"
    station_number: str = _CORE + "patient-internal-id"
    facility: str = _CORE + "provider-medical-license-number"
    record: str = "urn:vaxdesk:record"
    registration: str = "urn:vaxdesk:registration"
    cvx: str = "http://hl7.org/fhir/sid/cvx"
    product: str = "urn:vaxdesk:product"
    group: str = "urn:vaxdesk:priority-group"
    village: str = "urn:vaxdesk:village"
    identity: str = "urn:vaxdesk:identity"
    declaration: str = "urn:vaxdesk:declaration"
    audit_head: str = "urn:vaxdesk:audit-head"


DEFAULT = Systems()
