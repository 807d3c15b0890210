-- Of PostgreSQL alone: how its wall between tenants is asked.
SELECT 1;
