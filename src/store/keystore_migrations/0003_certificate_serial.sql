-- OCSP, the API and the command line find a certificate by its serial alone.
CREATE INDEX certificate_by_serial ON certificate(serial);
