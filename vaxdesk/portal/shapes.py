"""The resource types that stations exchange: their elements in FHIR R4, what each must have, and allowed codes.

Source: HL7 FHIR R4 (4.0.1) resource definitions; the VN Core 1.0.0 profiles add that a Patient's name has a text
and that an Immunization's manufacturer has a display.
"""

from __future__ import annotations

from dataclasses import dataclass, field

COMMON = frozenset({"resourceType", "id", "implicitRules", "language", "meta"})
DOMAIN = COMMON | {"contained", "extension", "modifierExtension", "text"}


@dataclass(frozen=True)
class Shape:
    """What is checked of one type. ``required`` names elements; ``a|b`` means one of them."""

    elements: frozenset[str]
    required: tuple[str, ...] = ()
    codes: dict[str, frozenset[str]] = field(default_factory=dict)
    #: Elements that hold a day or a moment.
    moments: tuple[str, ...] = ()
    #: The element that points to the person.
    person: str = ""
    #: The element whose day answers a search by ``date``.
    day: str = ""
    lists: frozenset[str] = frozenset()


def _shape(
    elements: str,
    lists: str,
    required: str,
    moments: str = "",
    person: str = "",
    day: str = "",
    base: frozenset[str] = DOMAIN,
    **codes: str,
) -> Shape:
    return Shape(
        elements=base | set(elements.split()) | set(lists.split()),
        required=tuple(required.split()),
        codes={name.rstrip("_"): frozenset(values.split()) for name, values in codes.items()},
        moments=tuple(moments.split()),
        person=person,
        day=day,
        lists=frozenset(lists.split()) | {"contained", "extension", "modifierExtension"},
    )


SHAPES: dict[str, Shape] = {
    "Patient": _shape(
        "active birthDate deceasedBoolean deceasedDateTime gender managingOrganization maritalStatus "
        "multipleBirthBoolean multipleBirthInteger",
        "address communication contact generalPractitioner identifier link name photo telecom",
        "name",
        "birthDate deceasedDateTime",
        gender="male female other unknown",
        day="birthDate",
    ),
    "Immunization": _shape(
        "doseQuantity encounter expirationDate fundingSource isSubpotent location lotNumber manufacturer "
        "occurrenceDateTime occurrenceString patient primarySource recorded reportOrigin route site status "
        "statusReason vaccineCode",
        "education identifier note performer programEligibility protocolApplied reaction reasonCode reasonReference "
        "subpotentReason",
        "status vaccineCode patient occurrenceDateTime|occurrenceString",
        "occurrenceDateTime recorded expirationDate",
        "patient",
        "occurrenceDateTime",
        status="completed entered-in-error not-done",
    ),
    "Consent": _shape(
        "dateTime patient policyRule provision scope sourceAttachment sourceReference status",
        "category identifier organization performer policy verification",
        "status scope category patient",
        "dateTime",
        "patient",
        "dateTime",
        status="draft proposed active rejected inactive entered-in-error",
    ),
    "QuestionnaireResponse": _shape(
        "author authored encounter identifier questionnaire source status subject",
        "basedOn partOf item",
        "status subject",
        "authored",
        "subject",
        "authored",
        status="in-progress completed amended entered-in-error stopped",
    ),
    "Encounter": _shape(
        "class hospitalization length partOf period priority serviceProvider serviceType status subject",
        "account appointment basedOn classHistory diagnosis episodeOfCare identifier location participant reasonCode "
        "reasonReference statusHistory type",
        "status class subject",
        "",
        "subject",
        status="planned arrived triaged in-progress onleave finished cancelled entered-in-error unknown",
    ),
    "AdverseEvent": _shape(
        "actuality date detected encounter event identifier location outcome recordedDate recorder seriousness "
        "severity subject",
        "category contributor referenceDocument resultingCondition study subjectMedicalHistory suspectEntity",
        "actuality subject",
        "date detected recordedDate",
        "subject",
        "date",
        actuality="actual potential",
    ),
    "Practitioner": _shape(
        "active birthDate gender",
        "address communication identifier name photo qualification telecom",
        "name",
        "birthDate",
        gender="male female other unknown",
    ),
    "Location": _shape(
        "address availabilityExceptions description managingOrganization mode name operationalStatus partOf "
        "physicalType position status",
        "alias endpoint hoursOfOperation identifier telecom type",
        "name",
        status="active suspended inactive",
        mode="instance kind",
    ),
    "Organization": _shape(
        "active name partOf", "address alias contact endpoint identifier telecom type", "name|identifier"
    ),
    "Appointment": _shape(
        "appointmentType cancelationReason comment created description end minutesDuration patientInstruction priority "
        "start status",
        "basedOn identifier participant reasonCode reasonReference requestedPeriod serviceCategory serviceType slot "
        "specialty supportingInformation",
        "status participant",
        "created start end",
        "",
        "start",
        status="proposed pending booked arrived fulfilled cancelled noshow entered-in-error checked-in waitlist",
    ),
    "DocumentReference": _shape(
        "authenticator context custodian date description docStatus masterIdentifier status subject type",
        "author category content identifier relatesTo securityLabel",
        "status content",
        "date",
        "subject",
        "date",
        status="current superseded entered-in-error",
    ),
    "Provenance": _shape(
        "activity location occurredDateTime occurredPeriod recorded",
        "agent entity policy reason signature target",
        "target recorded agent",
        "recorded occurredDateTime",
        "",
        "recorded",
    ),
    "Binary": _shape("contentType data securityContext", "", "contentType", base=COMMON),
}

#: Reference data that every station may read.
SHARED = frozenset({"Organization", "Location"})
