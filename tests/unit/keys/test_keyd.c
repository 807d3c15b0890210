/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/keyd.h"

#include <pthread.h>
#include <sys/socket.h>

#include "base/log.h"
#include "rig.h"

/* One request by hand; gives the answer's error and leaves its fields in the reader. */
static enum vs_err
ask(struct rig *rig, enum vs_keys_sender sender, uint64_t now_ms, uint16_t code,
    struct vs_bytes fields, struct vs_keys_reader *reader)
{
	const struct vs_keys_head head = {.code = code, .serial = 42};
	static uint8_t request[VS_LIMIT_KEYS_MESSAGE_SIZE], answer[VS_LIMIT_KEYS_MESSAGE_SIZE];
	struct vs_keys_writer writer;
	struct vs_keys_head back;
	size_t size = 0;

	vs_keys_writer_init(&writer, request, sizeof(request));
	vs_keys_write_request_head(&writer, &head);
	vs_keys_write_fixed(&writer, fields.data, fields.size);
	CHECK_OK(vs_keyd_answer(&rig->keyd, sender, now_ms, vs_bytes_from(request, writer.size),
	                        answer, sizeof(answer), &size));
	vs_keys_reader_init(reader, vs_bytes_from(answer, size));
	CHECK_OK(vs_keys_read_answer_head(reader, &back));
	CHECK(back.serial == 42 && back.code == code);
	if (back.error != VS_E_OK)
		CHECK(size == VS_KEYS_ANSWER_HEAD_SIZE);
	return back.error;
}

static uint16_t
code_of(enum vs_keys_request request)
{
	return vs_keys_request_row(request)->code;
}

static const struct vs_bytes nothing = {NULL, 0};

/* Every row, from every sender, in every phase: permitted or refused as its columns say. */
static void
the_table_is_what_is_permitted(void)
{
	static const enum vs_keys_sender senders[] = {VS_KEYS_DAEMON, VS_KEYS_CLI};
	static const enum vs_keys_phase phases[] = {VS_KEYS_START, VS_KEYS_RUN};
	struct vs_keys_reader reader;
	uint64_t refused = 0;
	struct rig rig;

	rig_make(&rig);
	for (int i = 0; i < VS_KEYS_REQUESTS; i++) {
		const struct vs_keys_request_row *row =
		    vs_keys_request_row((enum vs_keys_request)i);

		for (size_t s = 0; s < 2; s++) {
			for (size_t p = 0; p < 2; p++) {
				bool is_permitted = (row->senders & senders[s]) != 0 &&
				                    (row->phases & phases[p]) != 0;
				enum vs_err err;

				rig.keyd.phase = phases[p];
				/* one field too many: no handler gets further than that */
				err = ask(&rig, senders[s], 0, row->code, VS_BYTES_LITERAL("\xff"),
				          &reader);
				CHECK((err == VS_E_FORBIDDEN) == !is_permitted);
				CHECK(!is_permitted || err == VS_E_BAD_MESSAGE ||
				      (err == VS_E_TOO_LONG && row->request_max == 0));
				refused += !is_permitted || err == VS_E_TOO_LONG;
			}
		}
	}
	CHECK(ask(&rig, VS_KEYS_DAEMON, 0, 0x7777, nothing, &reader) == VS_E_FORBIDDEN);
	CHECK(rig.keyd.refused == refused + 1 && rig.keyd.answered == 0);
	rig_close(&rig);
}

static void
running_is_said_once(void)
{
	uint16_t running = code_of(VS_KEYS_RUNNING);
	struct vs_keys_reader reader;
	struct rig rig;

	rig_make(&rig);
	CHECK(rig.keyd.phase == VS_KEYS_START);
	CHECK(ask(&rig, VS_KEYS_CLI, 0, running, nothing, &reader) == VS_E_FORBIDDEN);
	CHECK(ask(&rig, VS_KEYS_DAEMON, 0, running, nothing, &reader) == VS_E_OK);
	CHECK(rig.keyd.phase == VS_KEYS_RUN);
	CHECK(ask(&rig, VS_KEYS_DAEMON, 5000, running, nothing, &reader) == VS_E_FORBIDDEN);
	rig_close(&rig);
}

static void
rates_hold_for_each_sender(void)
{
	const struct vs_keys_request_row *row = vs_keys_request_row(VS_KEYS_STATUS);
	struct vs_keys_reader reader;
	struct rig rig;

	rig_make(&rig);
	for (uint32_t i = 0; i < row->burst; i++)
		CHECK(ask(&rig, VS_KEYS_DAEMON, 1000, row->code, nothing, &reader) == VS_E_OK);
	CHECK(ask(&rig, VS_KEYS_DAEMON, 1000, row->code, nothing, &reader) == VS_E_RATE_LIMITED);
	CHECK(ask(&rig, VS_KEYS_CLI, 1000, row->code, nothing, &reader) == VS_E_OK);
	CHECK(ask(&rig, VS_KEYS_DAEMON, 1000 + 1000 / row->rate, row->code, nothing, &reader) ==
	      VS_E_OK);
	CHECK(rig.keyd.limited == 1 && rig.keyd.refused == 0);
	rig_close(&rig);
}

static void
what_has_no_head_is_no_message(void)
{
	uint8_t answer[VS_KEYS_ANSWER_HEAD_SIZE];
	size_t size = 0;
	struct rig rig;

	rig_make(&rig);
	CHECK_ERR(vs_keyd_answer(&rig.keyd, VS_KEYS_DAEMON, 0, VS_BYTES_LITERAL("\0\1\0\1\0\0\0"),
	                         answer, sizeof(answer), &size),
	          BAD_MESSAGE);
	CHECK_ERR(vs_keyd_answer(&rig.keyd, VS_KEYS_DAEMON, 0, VS_BYTES_LITERAL("\0\2\0\1\0\0\0\0"),
	                         answer, sizeof(answer), &size),
	          BAD_MESSAGE);
	rig_close(&rig);
}

static void *
serve(void *argument)
{
	struct rig *rig = argument;

	CHECK_OK(vs_keyd_serve(&rig->keyd));
	return NULL;
}

static void
status_over(int fd, uint32_t serial)
{
	const struct vs_keys_head head = {.code = code_of(VS_KEYS_STATUS), .serial = serial};
	struct vs_keys_writer writer;
	struct vs_keys_reader reader;
	struct vs_keys_head back;
	uint8_t room[256];
	ssize_t size;

	vs_keys_writer_init(&writer, room, sizeof(room));
	vs_keys_write_request_head(&writer, &head);
	CHECK(send(fd, room, writer.size, 0) == (ssize_t)writer.size);
	size = recv(fd, room, sizeof(room), 0);
	CHECK(size > 0);
	vs_keys_reader_init(&reader, vs_bytes_from(room, (size_t)size));
	CHECK_OK(vs_keys_read_answer_head(&reader, &back));
	CHECK(back.error == VS_E_OK && back.serial == serial);
}

/* A peer that sends rubbish, one that sends too much, and one that does not read lose their own
 * socket only; when the last one goes, the loop ends. */
static void
peers_do_not_hurt_each_other(void)
{
	static uint8_t huge[VS_LIMIT_KEYS_MESSAGE_SIZE + 1];
	const struct vs_keys_head head = {.code = code_of(VS_KEYS_STATUS)};
	int good[2], bad[2], big[2], deaf[2], *all[] = {good, bad, big, deaf};
	struct vs_keys_writer writer;
	uint8_t room[16];
	pthread_t thread;
	struct rig rig;

	rig_make(&rig);
	for (size_t i = 0; i < 4; i++) {
		CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, all[i]) == 0);
		/* the deaf one is another sender: its flood is to meet its own rate */
		CHECK_OK(vs_keyd_peer_add(&rig.keyd, all[i][1],
		                          all[i] == deaf ? VS_KEYS_CLI : VS_KEYS_DAEMON));
	}
	CHECK(pthread_create(&thread, NULL, serve, &rig) == 0);
	status_over(good[0], 1);
	CHECK(send(bad[0], "?", 1, 0) == 1);
	CHECK(recv(bad[0], room, sizeof(room), 0) == 0);
	CHECK(send(big[0], huge, sizeof(huge), 0) == (ssize_t)sizeof(huge));
	CHECK(recv(big[0], room, sizeof(room), 0) == 0);
	vs_keys_writer_init(&writer, room, sizeof(room));
	vs_keys_write_request_head(&writer, &head);
	while (send(deaf[0], room, writer.size, MSG_NOSIGNAL) > 0)
		continue;
	status_over(good[0], 2);
	for (size_t i = 0; i < 4; i++)
		(void)close(all[i][0]);
	CHECK(pthread_join(thread, NULL) == 0);
	rig_close(&rig);
}

static void
too_many_peers(void)
{
	struct rig rig;
	int fds[2];

	rig_make(&rig);
	for (int i = 0; i < VS_LIMIT_KEYS_PEERS; i++) {
		CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
		CHECK_OK(vs_keyd_peer_add(&rig.keyd, fds[1], VS_KEYS_CLI));
		(void)close(fds[0]);
	}
	CHECK_ERR(vs_keyd_peer_add(&rig.keyd, 0, VS_KEYS_CLI), BUSY);
	CHECK_OK(vs_keyd_serve(&rig.keyd)); /* they are all gone already */
	rig_close(&rig);
}

int
main(void)
{
	vs_log_configure(VS_LOG_ERROR, VS_LOG_TEXT, 2);
	CASE(the_table_is_what_is_permitted);
	CASE(running_is_said_once);
	CASE(rates_hold_for_each_sender);
	CASE(what_has_no_head_is_no_message);
	CASE(peers_do_not_hurt_each_other);
	CASE(too_many_peers);
	return 0;
}
