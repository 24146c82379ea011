"""FHIR R4 on the wire, shaped by the Ministry's VN Core profiles."""
