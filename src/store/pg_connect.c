/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "store/pg_inside.h"

#define PASSWORD_SIZE_MAX 1024u
#define PARAMETERS        6

void
vs_store_pg_reason(const char *words, char *reason, size_t reason_size)
{
	(void)snprintf(reason, reason_size, "%.*s", (int)strcspn(words, "\n"), words);
}

/* What systemd hands over is guarded by systemd; another file must be for us alone. */
static vs_result
read_password(const struct vs_store_pg_place *place, char *password, size_t size, char *reason,
              size_t reason_size)
{
	const char *path = place->password_file;
	struct vs_secret *secret = NULL;
	size_t length = 0;
	vs_result r = place->is_credential ? vs_file_secret_read_unchecked(path, &secret)
	                                   : vs_file_secret_read(path, &secret);

	if (r.code == VS_E_OK) {
		const uint8_t *bytes = vs_secret_bytes(secret);

		while (length < vs_secret_size(secret) && bytes[length] != '\n' &&
		       bytes[length] != '\0')
			length++;
		if (length < size)
			memcpy(password, bytes, length);
		else
			r = VS_FAIL(CONFIG);
		password[length < size ? length : 0] = '\0';
	}
	vs_secret_free(&secret);
	if (r.code != VS_E_OK)
		(void)snprintf(reason, reason_size,
		               "the password of the store: cannot take %s: it must be there, short "
		               "and readable for its owner alone",
		               path);
	return r.code == VS_E_OK ? r : VS_FAIL(CONFIG);
}

/* The URL says more, or other than, what comes before it. */
static const char *const names[PARAMETERS + 1] = {"connect_timeout",
                                                  "tcp_user_timeout",
                                                  "application_name",
                                                  "client_encoding",
                                                  "dbname",
                                                  "password",
                                                  NULL};

/* password NULL: without one. */
static void
fill(const struct vs_store_pg_place *place, const char *password,
     const char *values[PARAMETERS + 1])
{
	values[0] = "5";
	values[1] = "10000";
	values[2] = "voltseald";
	values[3] = "UTF8";
	values[4] = place->url;
	values[5] = password;
	values[6] = NULL;
}

vs_result
vs_store_pg_connect(const struct vs_store_pg_place *place, PGconn **conn_out, char *reason,
                    size_t reason_size)
{
	char password[PASSWORD_SIZE_MAX] = "";
	const char *values[PARAMETERS + 1];
	bool has_password = place->password_file[0] != '\0';
	PGconn *conn;

	VS_TRY(vs_store_pg_place_check(place, reason, reason_size));
	if (has_password)
		VS_TRY(read_password(place, password, sizeof(password), reason, reason_size));
	fill(place, has_password ? password : NULL, values);
	conn = PQconnectdbParams(names, values, 1);
	explicit_bzero(password, sizeof(password));
	if (conn == NULL)
		return VS_FAIL(NO_MEMORY);
	if (PQstatus(conn) == CONNECTION_OK) {
		*conn_out = conn;
		return VS_OK;
	}
	vs_store_pg_reason(PQerrorMessage(conn), reason, reason_size);
	PQfinish(conn);
	return VS_FAIL(IO);
}

/* libpq does not tell why it was refused but in words; a ping does: a server that knows neither the
 * role nor the database is there, one that starts up is not yet. */
vs_result
vs_store_pg_probe(const struct vs_store_pg_place *place, char *reason, size_t reason_size)
{
	const char *values[PARAMETERS + 1];
	PGconn *conn = NULL;
	vs_result r = vs_store_pg_connect(place, &conn, reason, reason_size);

	PQfinish(conn);
	if (r.code != VS_E_IO)
		return r;
	fill(place, NULL, values);
	switch (PQpingParams(names, values, 1)) {
	case PQPING_REJECT:
	case PQPING_NO_RESPONSE:
		return VS_FAIL(STORE_AWAY);
	case PQPING_OK:
	case PQPING_NO_ATTEMPT:
		break;
	}
	return r;
}
