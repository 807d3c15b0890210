-- Of PostgreSQL alone: there each daemon hears what the others changed.
SELECT 1;
