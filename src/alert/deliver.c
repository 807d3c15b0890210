/* SPDX-License-Identifier: Apache-2.0 */
#include "alert/deliver.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "alert/webhook.h"
#include "base/file.h"
#include "fetch/fetch.h"
#include "fetch/line.h"

#define SYSTEM_CAS   "/etc/ssl/certs/ca-certificates.crt"
#define TIMEOUT_MS   15000
#define SEND_SECONDS 10
#define ANSWER_MAX   65536
#define FILE_MAX     16384
#define CREDENTIAL   "credential:"

/* --- what stands in files --------------------------------------------------------------------- */

/* "credential:NAME" is a file of systemd's ($CREDENTIALS_DIRECTORY), which guards it itself and can
 * keep it encrypted on disk. */
static vs_result
read_file(const char *path, struct vs_secret **secret_out)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY"), *name = path + strlen(CREDENTIAL);
	char file[VS_PATH_SIZE];

	if (strncmp(path, CREDENTIAL, strlen(CREDENTIAL)) != 0)
		return vs_file_secret_read(path, secret_out);
	if (folder == NULL || folder[0] != '/' || name[0] == '\0' || name[0] == '.' ||
	    strchr(name, '/') != NULL)
		return VS_FAIL(NOT_FOUND);
	VS_TRY(vs_path_join(folder, name, file));
	return vs_file_secret_read_unchecked(file, secret_out);
}

static vs_result
read_secret(const char *path, struct vs_secret **secret_out)
{
	struct vs_secret *file = NULL;
	struct vs_buf plain;
	vs_result r;

	vs_buf_init(&plain, FILE_MAX);
	r = read_file(path, &file);
	if (r.code == VS_E_OK)
		r = vs_alert_webhook_secret(
		    vs_bytes_from(vs_secret_bytes(file), vs_secret_size(file)), &plain);
	if (r.code == VS_E_OK)
		r = vs_secret_new(plain.size, secret_out);
	if (r.code == VS_E_OK)
		memcpy(vs_secret_bytes(*secret_out), plain.data, plain.size);
	if (plain.size > 0)
		explicit_bzero(plain.data, plain.size);
	vs_buf_done(&plain);
	vs_secret_free(&file);
	return r;
}

static vs_result
read_key(const char *path, struct vs_pkey **key_out)
{
	struct vs_secret *file = NULL;
	vs_result r = read_file(path, &file);

	if (r.code == VS_E_OK)
		r = vs_pkey_read_private(vs_bytes_from(vs_secret_bytes(file), vs_secret_size(file)),
		                         key_out);
	if (r.code == VS_E_OK && vs_pkey_kind_of(*key_out) != VS_PKEY_ED25519) {
		vs_pkey_free(key_out);
		r = VS_FAIL(BAD_VALUE);
	}
	vs_secret_free(&file);
	return r;
}

vs_result
vs_alert_door_open(const struct vs_alert_target *target, struct vs_alert_door *door_out,
                   char *reason, size_t reason_size)
{
	struct vs_alert_door door = {.target = target, .fd = -1};
	const char *path = target->secret_file;
	vs_result r = VS_OK;

	if (target->kind == VS_ALERT_WEBHOOK)
		r = read_secret(path, &door.secret);
	if (r.code == VS_E_OK && target->old_secret_file[0] != '\0') {
		path = target->old_secret_file;
		r = read_secret(path, &door.old);
	}
	if (r.code == VS_E_OK && target->key_file[0] != '\0') {
		path = target->key_file;
		r = read_key(path, &door.key);
	}
	if (r.code != VS_E_OK) {
		(void)snprintf(reason, reason_size,
		               "%s: not a secret of 24 to 64 bytes or an Ed25519 key that only we "
		               "can read (%s)",
		               path, vs_err_text(r.code));
		vs_alert_door_close(&door);
		return VS_FAIL(CONFIG);
	}
	*door_out = door;
	return VS_OK;
}

static void
hang_up(struct vs_alert_door *door)
{
	if (door->fd >= 0)
		(void)close(door->fd);
	door->fd = -1;
	vs_fetch_line_close(&door->line);
}

void
vs_alert_door_close(struct vs_alert_door *door)
{
	hang_up(door);
	vs_secret_free(&door->secret);
	vs_secret_free(&door->old);
	vs_pkey_free(&door->key);
}

/* --- webhooks --------------------------------------------------------------------------------- */

static struct vs_bytes
bytes_of(struct vs_secret *secret)
{
	return secret == NULL ? vs_bytes_from(NULL, 0)
	                      : vs_bytes_from(vs_secret_bytes(secret), vs_secret_size(secret));
}

vs_result
vs_alert_deliver_letter(const struct vs_alert_door *door, const struct vs_alert_letter *letter,
                        int64_t now_ms, const atomic_bool *is_cancelled, bool *is_gone_out,
                        char reason[static VS_ALERT_REASON_SIZE])
{
	const struct vs_alert_target *target = door->target;
	const struct vs_bytes body = vs_buf_view(&letter->body);
	char id[64], timestamp[48], signed_by[VS_ALERT_SIGNATURE_SIZE + 32];
	char signature[VS_ALERT_SIGNATURE_SIZE], why[VS_FETCH_REASON_SIZE] = "";
	const char *const headers[] = {id, timestamp, signed_by, NULL};
	struct vs_fetch_request request = {
	    .url = target->url,
	    .content_type = "application/json",
	    .body = body,
	    .headers = headers,
	    .ca_file = target->ca_file[0] != '\0' ? target->ca_file : SYSTEM_CAS,
	    .is_private_allowed = target->is_private_allowed,
	    .timeout_ms = TIMEOUT_MS,
	    .is_cancelled = is_cancelled,
	};
	struct vs_buf answer;
	unsigned status = 0;
	vs_result r;

	*is_gone_out = false;
	VS_TRY(vs_alert_webhook_sign(bytes_of(door->secret), bytes_of(door->old), door->key,
	                             letter->id, now_ms / 1000, body, signature));
	(void)snprintf(id, sizeof(id), "webhook-id: %s", letter->id);
	(void)snprintf(timestamp, sizeof(timestamp), "webhook-timestamp: %" PRId64, now_ms / 1000);
	(void)snprintf(signed_by, sizeof(signed_by), "webhook-signature: %s", signature);
	vs_buf_init(&answer, ANSWER_MAX);
	r = vs_fetch(&request, &answer, &status, why);
	vs_buf_done(&answer);
	(void)snprintf(reason, VS_ALERT_REASON_SIZE, "%.200s", why);
	VS_TRY(r);
	*is_gone_out = status == 410;
	if (status >= 200 && status <= 299)
		return VS_OK;
	(void)snprintf(reason, VS_ALERT_REASON_SIZE, "it answered %u", status);
	return VS_FAIL(REFUSED);
}

/* --- syslog ----------------------------------------------------------------------------------- */

static vs_result
call_local(struct vs_alert_door *door)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%.107s", door->target->host);
	door->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (door->fd < 0 || connect(door->fd, (const struct sockaddr *)&at, sizeof(at)) != 0)
		return VS_FAIL(IO);
	return VS_OK;
}

static vs_result
call_inet(struct vs_alert_door *door)
{
	const bool is_stream = door->target->transport == VS_ALERT_TCP;
	const struct addrinfo hints = {.ai_socktype = is_stream ? SOCK_STREAM : SOCK_DGRAM};
	const struct timeval patience = {.tv_sec = SEND_SECONDS};
	struct addrinfo *found = NULL;
	char port[8];

	(void)snprintf(port, sizeof(port), "%u", door->target->port);
	if (getaddrinfo(door->target->host, port, &hints, &found) != 0)
		return VS_FAIL(NOT_FOUND);
	for (const struct addrinfo *at = found; at != NULL && door->fd < 0; at = at->ai_next) {
		door->fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
		if (door->fd < 0)
			continue;
		(void)setsockopt(door->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
		if (connect(door->fd, at->ai_addr, at->ai_addrlen) == 0)
			continue;
		(void)close(door->fd);
		door->fd = -1;
	}
	freeaddrinfo(found);
	return door->fd < 0 ? VS_FAIL(IO) : VS_OK;
}

static vs_result
call(struct vs_alert_door *door, char reason[static VS_ALERT_REASON_SIZE])
{
	const struct vs_alert_target *target = door->target;

	switch (target->transport) {
	case VS_ALERT_UNIX:
		return call_local(door);
	case VS_ALERT_UDP:
	case VS_ALERT_TCP:
		return call_inet(door);
	case VS_ALERT_TLS:
		return vs_fetch_line_open(target->host, target->port,
		                          target->ca_file[0] != '\0' ? target->ca_file : SYSTEM_CAS,
		                          &door->line, reason);
	}
	return VS_FAIL(INTERNAL);
}

static vs_result
send_all(struct vs_alert_door *door, struct vs_bytes bytes)
{
	while (bytes.size > 0) {
		ssize_t sent = send(door->fd, bytes.data, bytes.size, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return VS_FAIL(IO);
		bytes = vs_bytes_from(bytes.data + sent, bytes.size - (size_t)sent);
	}
	return VS_OK;
}

static vs_result
send_stream(struct vs_alert_door *door, struct vs_bytes message)
{
	struct vs_buf framed;
	vs_result r;

	vs_buf_init(&framed, message.size + 24);
	r = vs_buf_printf(&framed, "%zu ", message.size);
	if (r.code == VS_E_OK)
		r = vs_buf_append_bytes(&framed, message);
	if (r.code == VS_E_OK)
		r = door->line != NULL ? vs_fetch_line_send(door->line, vs_buf_view(&framed))
		                       : send_all(door, vs_buf_view(&framed));
	vs_buf_done(&framed);
	return r;
}

/* A stream that the other side has closed takes one more write before it says so (RFC 6587 1): so
 * it is asked first. */
static bool
is_dead(const struct vs_alert_door *door)
{
	char byte;

	return door->fd >= 0 && door->target->transport == VS_ALERT_TCP &&
	       recv(door->fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

vs_result
vs_alert_deliver_syslog(struct vs_alert_door *door, struct vs_bytes message,
                        char reason[static VS_ALERT_REASON_SIZE])
{
	bool is_stream =
	    door->target->transport == VS_ALERT_TCP || door->target->transport == VS_ALERT_TLS;
	vs_result r = VS_OK;

	reason[0] = '\0';
	if (is_dead(door))
		hang_up(door);
	if (door->fd < 0 && door->line == NULL)
		r = call(door, reason);
	if (r.code == VS_E_OK && is_stream)
		r = send_stream(door, message);
	else if (r.code == VS_E_OK && send(door->fd, message.data, message.size, MSG_NOSIGNAL) < 0)
		r = VS_FAIL(IO);
	if (r.code == VS_E_OK)
		return r;
	if (reason[0] == '\0')
		(void)snprintf(reason, VS_ALERT_REASON_SIZE, "%s", vs_err_text(r.code));
	hang_up(door);
	return r;
}
