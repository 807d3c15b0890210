-- What we know that a station holds: rows of core/held.def by their number, the newest word about each.

CREATE TABLE held(
  tenant  TEXT NOT NULL,
  station TEXT NOT NULL,
  kind    INTEGER NOT NULL,
  number  INTEGER NOT NULL,
  at_ms   INTEGER NOT NULL,
  payload BLOB,
  PRIMARY KEY (tenant, station, kind, number)
) STRICT, WITHOUT ROWID;

-- A station can report whatever it likes: of each kind the newest 256 are kept.
CREATE TRIGGER held_bounded AFTER INSERT ON held BEGIN
  DELETE FROM held WHERE tenant = NEW.tenant AND station = NEW.station AND kind = NEW.kind AND number IN (
    SELECT number FROM held WHERE tenant = NEW.tenant AND station = NEW.station AND kind = NEW.kind
    ORDER BY at_ms DESC, number DESC LIMIT -1 OFFSET 256);
END;
