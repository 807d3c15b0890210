/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/keyd.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "keys/ca.h"

#define SUBJECT VS_BYTES_LITERAL("keyd")

static vs_keyd_handler *const handlers[] = {
#define VS_KEYS_REQUEST(name, code, sender, phase, rate, burst, request, answer, help)             \
	[VS_KEYS_##name] = vs_keyd_on_##name,
#include "keys/requests.def"
#undef VS_KEYS_REQUEST
};

vs_result
vs_keyd_init(struct vs_keyd *keyd, struct vs_keys_root *root, struct vs_keys_vault *vault,
             bool is_production)
{
	assert(keyd != NULL && root != NULL && vault != NULL);
	*keyd = (struct vs_keyd){
	    .root = root, .vault = vault, .is_production = is_production, .phase = VS_KEYS_START};
	for (size_t i = 0; i < VS_LIMIT_KEYS_PEERS; i++)
		keyd->peers[i].fd = -1;
	VS_TRY(vs_secret_new(VS_LIMIT_KEYS_MESSAGE_SIZE, &keyd->request));
	return vs_secret_new(VS_LIMIT_KEYS_MESSAGE_SIZE, &keyd->answer);
}

static void
peer_drop(struct vs_keyd_peer *peer)
{
	if (peer->fd >= 0)
		(void)close(peer->fd);
	peer->fd = -1;
}

void
vs_keyd_done(struct vs_keyd *keyd)
{
	if (keyd == NULL)
		return;
	for (size_t i = 0; i < VS_LIMIT_KEYS_PEERS; i++)
		peer_drop(&keyd->peers[i]);
	vs_keyd_audit_close(keyd);
	vs_keys_ca_free(&keyd->ca);
	vs_secret_free(&keyd->request);
	vs_secret_free(&keyd->answer);
}

vs_result
vs_keyd_peer_add(struct vs_keyd *keyd, int fd, enum vs_keys_sender sender)
{
	assert(keyd != NULL && fd >= 0);
	for (size_t i = 0; i < VS_LIMIT_KEYS_PEERS; i++) {
		if (keyd->peers[i].fd >= 0)
			continue;
		keyd->peers[i] = (struct vs_keyd_peer){fd, sender};
		return VS_OK;
	}
	return VS_FAIL(BUSY);
}

/* --- one request ----------------------------------------------------------------------------- */

/* The first, then the second, the fourth, the eighth ...: a flood of refusals is no flood of lines.
 */
static bool
is_worth_a_line(uint64_t count)
{
	return (count & (count - 1)) == 0;
}

static vs_result
refuse(struct vs_keyd *keyd, enum vs_keys_sender sender, uint16_t code, vs_result why)
{
	enum vs_keys_request request = vs_keys_request_find(code);
	uint64_t *count = why.code == VS_E_RATE_LIMITED ? &keyd->limited : &keyd->refused;

	(*count)++;
	if (is_worth_a_line(*count))
		VS_LOG(WARN, "keyd.refused", SUBJECT, VS_LOG_ERR(why),
		       VS_LOG_STR("request", request == VS_KEYS_REQUESTS
		                                 ? "unknown"
		                                 : vs_keys_request_row(request)->name),
		       VS_LOG_NUM("code", code),
		       VS_LOG_STR("sender", sender == VS_KEYS_DAEMON ? "daemon" : "cli"),
		       VS_LOG_STR("phase", keyd->phase == VS_KEYS_START ? "start" : "run"),
		       VS_LOG_NUM("count", *count));
	return why;
}

/* Sender, phase, size and rate, in this order: what is not permitted takes no token. */
static vs_result
permit(struct vs_keyd *keyd, enum vs_keys_sender sender, enum vs_keys_request request,
       size_t field_size, uint64_t now_ms)
{
	const struct vs_keys_request_row *row;

	if (request == VS_KEYS_REQUESTS)
		return VS_FAIL(FORBIDDEN);
	row = vs_keys_request_row(request);
	VS_TRY(vs_keys_request_permit(row, sender, keyd->phase));
	if (field_size > row->request_max)
		return VS_FAIL(TOO_LONG);
	return vs_keys_bucket_take(&keyd->buckets[request][sender], row->rate, row->burst, now_ms)
	           ? VS_OK
	           : VS_FAIL(RATE_LIMITED);
}

static vs_result
handle(struct vs_keyd *keyd, enum vs_keys_request request, struct vs_keys_reader *reader,
       struct vs_keys_writer *answer)
{
	VS_TRY(handlers[request](keyd, reader, answer));
	VS_TRY(vs_keys_write_end(answer));
	keyd->answered++;
	return VS_OK;
}

vs_result
vs_keyd_answer(struct vs_keyd *keyd, enum vs_keys_sender sender, uint64_t now_ms,
               struct vs_bytes request, uint8_t *answer, size_t answer_capacity,
               size_t *answer_size_out)
{
	enum vs_keys_request which;
	struct vs_keys_reader reader;
	struct vs_keys_writer writer;
	struct vs_keys_head head;
	size_t room = answer_capacity;
	vs_result r;

	assert(keyd != NULL && answer != NULL && answer_capacity >= VS_KEYS_ANSWER_HEAD_SIZE);
	vs_keys_reader_init(&reader, request);
	VS_TRY(vs_keys_read_request_head(&reader, &head));
	which = vs_keys_request_find(head.code);
	r = permit(keyd, sender, which, request.size - VS_KEYS_REQUEST_HEAD_SIZE, now_ms);
	if (r.code != VS_E_OK) {
		r = refuse(keyd, sender, head.code, r);
	} else {
		const struct vs_keys_request_row *row = vs_keys_request_row(which);

		if (room > VS_KEYS_ANSWER_HEAD_SIZE + row->answer_max)
			room = VS_KEYS_ANSWER_HEAD_SIZE + row->answer_max;
		vs_keys_writer_init(&writer, answer, room);
		vs_keys_write_answer_head(&writer, &head);
		r = handle(keyd, which, &reader, &writer);
	}
	if (r.code != VS_E_OK) {
		explicit_bzero(answer, room);
		head.error = r.code;
		vs_keys_writer_init(&writer, answer, answer_capacity);
		vs_keys_write_answer_head(&writer, &head);
	}
	*answer_size_out = writer.size;
	return VS_OK;
}

/* --- sockets --------------------------------------------------------------------------------- */

static void
drop_for(struct vs_keyd_peer *peer, const char *why)
{
	VS_LOG(WARN, "keyd.peer_dropped", SUBJECT, VS_LOG_STR("reason", why));
	peer_drop(peer);
}

/* One packet of one peer. */
static void
serve_peer(struct vs_keyd *keyd, struct vs_keyd_peer *peer)
{
	uint8_t *request = vs_secret_bytes(keyd->request), *answer = vs_secret_bytes(keyd->answer);
	size_t answer_size = 0;
	ssize_t size =
	    recv(peer->fd, request, VS_LIMIT_KEYS_MESSAGE_SIZE, MSG_DONTWAIT | MSG_TRUNC);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size <= 0) {
		peer_drop(peer);
		return;
	}
	if (size > VS_LIMIT_KEYS_MESSAGE_SIZE) {
		explicit_bzero(request, VS_LIMIT_KEYS_MESSAGE_SIZE);
		drop_for(peer, "too long a message");
		return;
	}
	if (vs_keyd_answer(keyd, peer->sender, vs_clock_mono_ms(),
	                   vs_bytes_from(request, (size_t)size), answer, VS_LIMIT_KEYS_MESSAGE_SIZE,
	                   &answer_size)
	        .code != VS_E_OK)
		drop_for(peer, "not a message");
	/* Never wait for a peer: one that does not read must not stop the others. */
	else if (send(peer->fd, answer, answer_size, MSG_DONTWAIT | MSG_NOSIGNAL) !=
	         (ssize_t)answer_size)
		drop_for(peer, "does not read its answers");
	explicit_bzero(request, (size_t)size);
	explicit_bzero(answer, answer_size);
}

vs_result
vs_keyd_serve(struct vs_keyd *keyd)
{
	struct pollfd ready[VS_LIMIT_KEYS_PEERS];
	size_t count;

	assert(keyd != NULL);
	for (;;) {
		count = 0;
		for (size_t i = 0; i < VS_LIMIT_KEYS_PEERS; i++) {
			ready[i] = (struct pollfd){.fd = keyd->peers[i].fd, .events = POLLIN};
			count += keyd->peers[i].fd >= 0;
		}
		if (count == 0)
			return VS_OK;
		if (poll(ready, VS_LIMIT_KEYS_PEERS, vs_keyd_audit_tick(keyd)) < 0) {
			if (errno == EINTR)
				continue;
			return VS_FAIL(IO);
		}
		for (size_t i = 0; i < VS_LIMIT_KEYS_PEERS; i++) {
			if (ready[i].fd >= 0 && ready[i].revents != 0)
				serve_peer(keyd, &keyd->peers[i]);
		}
	}
}
