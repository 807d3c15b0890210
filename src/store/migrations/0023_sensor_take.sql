-- Of PostgreSQL alone: where several nodes take message numbers, the table decides.
SELECT 1;
