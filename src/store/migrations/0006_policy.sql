-- What is asked of each station beyond its credential (core/policy.h). 0 everywhere is the default policy.

ALTER TABLE station ADD COLUMN versions INTEGER NOT NULL DEFAULT 0;
ALTER TABLE station ADD COLUMN e2e INTEGER NOT NULL DEFAULT 0;
ALTER TABLE station ADD COLUMN sign INTEGER NOT NULL DEFAULT 0;
ALTER TABLE station ADD COLUMN replay INTEGER NOT NULL DEFAULT 0;
ALTER TABLE station ADD COLUMN quirks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE station ADD COLUMN profile_reached INTEGER NOT NULL DEFAULT 0;
ALTER TABLE station ADD COLUMN profile_lowered_until_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE station ADD COLUMN expired_until_ms INTEGER NOT NULL DEFAULT 0;
