-- What takes the place of a station's credential at its first use (OCPP 2.0.1 A01.FR.03, 04; A05). next_auth: NULL: none.

ALTER TABLE station ADD COLUMN next_auth INTEGER;
ALTER TABLE station ADD COLUMN next_verifier BLOB CHECK (substr(next_verifier, 1, 1) = x'e1');
ALTER TABLE station ADD COLUMN next_pepper_version INTEGER NOT NULL DEFAULT 0;
