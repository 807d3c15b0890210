-- As migrations/0027_held_told.sql.

-- 8 and 9 of core/held.def: tickets, and charge points. What is only sealed anew says nothing.
CREATE TRIGGER held_told AFTER INSERT ON held FOR EACH ROW WHEN (NEW.kind IN (8, 9)) EXECUTE FUNCTION changed('charge', 'station');
CREATE TRIGGER held_changed AFTER UPDATE ON held FOR EACH ROW
  WHEN (NEW.kind IN (8, 9) AND OLD.at_ms IS DISTINCT FROM NEW.at_ms) EXECUTE FUNCTION changed('charge', 'station');
CREATE TRIGGER held_gone AFTER DELETE ON held FOR EACH ROW WHEN (OLD.kind IN (8, 9)) EXECUTE FUNCTION changed('charge', 'station');
