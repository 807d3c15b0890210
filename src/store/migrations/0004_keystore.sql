-- Which keystore it is sealed with (store/bind.h).

CREATE TABLE keystore(
  id       INTEGER PRIMARY KEY CHECK (id = 1),
  identity TEXT NOT NULL
) STRICT;
