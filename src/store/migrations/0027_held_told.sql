-- Of PostgreSQL alone: where several nodes have charge points of the framed network, each hears what is held of them.
SELECT 1;
