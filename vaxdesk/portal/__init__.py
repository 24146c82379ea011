"""The reference portal: a FHIR R4 server, the district's authority, and pages for citizens. An optional extra."""
