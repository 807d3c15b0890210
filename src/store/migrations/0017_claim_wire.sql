-- Which envelopes a claim's device may use (core/claim_wires.def), and for E1 the private key that its messages are sealed
-- to, itself sealed under a key of the claim. From E2 there is no way back, whoever asks.

ALTER TABLE claim ADD COLUMN wire INTEGER NOT NULL DEFAULT 0;
ALTER TABLE claim ADD COLUMN e1_key TEXT NOT NULL DEFAULT '';
CREATE INDEX claim_by_identity ON claim(identity, created_ms) WHERE identity <> '';

CREATE TRIGGER claim_wire BEFORE UPDATE ON claim WHEN NEW.wire <> OLD.wire AND NEW.wire <> 0 BEGIN
  SELECT RAISE(ABORT, 'the device has used E2');
END;
