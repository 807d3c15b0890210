/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#define ID_DIGITS 12

/* A masked WebSocket text frame, whole but for the digits of its message id. */
struct frame {
	uint8_t bytes[512];
	size_t size, id_at;
};

static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
static struct frame boot, heartbeat, meter_values;

static void
frame_init(struct frame *frame, const char *text)
{
	size_t size = strlen(text), at = 0;

	must(size < sizeof(frame->bytes) - 8, "frame size");
	frame->bytes[at++] = 0x81;
	if (size < 126) {
		frame->bytes[at++] = (uint8_t)(0x80u | size);
	} else {
		frame->bytes[at++] = 0x80u | 126u;
		frame->bytes[at++] = (uint8_t)(size >> 8);
		frame->bytes[at++] = (uint8_t)size;
	}
	memcpy(frame->bytes + at, mask, 4);
	at += 4;
	frame->id_at = at + 6; /* [2,"x-............" */
	for (size_t i = 0; i < size; i++)
		frame->bytes[at + i] = (uint8_t)text[i] ^ mask[i % 4];
	frame->size = at + size;
}

void
frames_init(void)
{
	frame_init(&boot,
	           "[2,\"b-000000000000\",\"BootNotification\",{\"reason\":\"PowerUp\","
	           "\"chargingStation\":{\"model\":\"Bench\",\"vendorName\":\"Voltseal\"}}]");
	frame_init(&heartbeat, "[2,\"h-000000000000\",\"Heartbeat\",{}]");
	frame_init(
	    &meter_values,
	    "[2,\"m-000000000000\",\"MeterValues\",{\"evseId\":1,\"meterValue\":[{"
	    "\"timestamp\":\"2026-11-20T12:00:00Z\",\"sampledValue\":[{\"value\":4711.5,"
	    "\"context\":\"Sample.Periodic\",\"measurand\":\"Energy.Active.Import.Register\","
	    "\"unitOfMeasure\":{\"unit\":\"Wh\"}},{\"value\":7360.0,\"measurand\":"
	    "\"Power.Active.Import\",\"unitOfMeasure\":{\"unit\":\"W\"}}]}]}]");
}

static void
fail(const struct load *load, const struct link *link, const char *what)
{
	(void)fprintf(stderr, "link %u (%s), stage %d: %s\n", link->index,
	              load->is_tcp ? "tcp" : load->credentials[link->index].id, (int)link->stage,
	              what);
	ERR_print_errors_fp(stderr);
	exit(1);
}

static void
link_watch(struct load *load, struct link *link, int operation, uint32_t events)
{
	struct epoll_event event = {.events = events, .data = {.ptr = link}};

	if (epoll_ctl(load->epoll, operation, link->fd, &event) != 0)
		fail(load, link, strerrorname_np(errno));
}

/* Everything, or the run ends: one small message never fills a socket that waits for its answer. */
static void
link_write(struct load *load, struct link *link, const void *data, size_t size)
{
	uint8_t sealed[sizeof(heartbeat.bytes) + 1024 + VS_TLS_RECORD_OVERHEAD];
	bool is_written;

	if (link->record != NULL) {
		must(size + VS_TLS_RECORD_OVERHEAD <= sizeof(sealed) &&
		         vs_tls_record_seal(link->record, VS_TLS_RECORD_DATA,
		                            vs_bytes_from(data, size), sealed)
		                 .code == VS_E_OK,
		     "a record");
		size += VS_TLS_RECORD_OVERHEAD;
		is_written = send(link->fd, sealed, size, MSG_NOSIGNAL) == (ssize_t)size;
	} else if (link->ssl != NULL)
		is_written = SSL_write(link->ssl, data, (int)size) == (int)size;
	else
		is_written = send(link->fd, data, size, MSG_NOSIGNAL) == (ssize_t)size;
	if (!is_written)
		fail(load, link, "could not write");
}

/* Append what there is to link->in; false when there is nothing. */
static bool
link_read(struct load *load, struct link *link)
{
	size_t room = LINK_IN_SIZE - link->in_size;
	ssize_t size;

	if (room == 0)
		fail(load, link, "the answer is longer than this client reads");
	if (link->record != NULL) {
		size = recv(link->fd, link->raw + link->raw_size, RAW_SIZE - link->raw_size, 0);
		if (size < 0 && errno == EAGAIN)
			return false;
		link->raw_size += size > 0 ? (size_t)size : 0;
		if (size > 0 && !records_open(link))
			fail(load, link, "a record is damaged, or an alert");
		if (size > 0)
			return true;
	} else if (link->ssl != NULL) {
		size = SSL_read(link->ssl, link->in + link->in_size, (int)room);
		if (size <= 0 && SSL_get_error(link->ssl, (int)size) == SSL_ERROR_WANT_READ)
			return false;
	} else {
		size = recv(link->fd, link->in + link->in_size, room, 0);
		if (size < 0 && errno == EAGAIN)
			return false;
	}
	if (size <= 0)
		fail(load, link, "the server closed");
	link->in_size += (size_t)size;
	return true;
}

void
link_open(struct load *load, struct link *link)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(load->port)};
	int one = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	link->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	must(link->fd >= 0, "socket (is the limit of open files high enough?)");
	must(setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == 0, "TCP_NODELAY");
	link->in_size = 0;
	link->has_ticket = false;
	link->stage = STAGE_CONNECT;
	if (connect(link->fd, (struct sockaddr *)&address, sizeof(address)) != 0 &&
	    errno != EINPROGRESS)
		fail(load, link, "connect");
	link_watch(load, link, EPOLL_CTL_ADD, EPOLLOUT);
}

void
link_close(struct load *load, struct link *link)
{
	struct linger reset = {.l_onoff = 1, .l_linger = 0};

	(void)load;
	/* Without this OpenSSL takes the reset for a reason never to resume the session. */
	if (link->ssl != NULL)
		SSL_set_shutdown(link->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(link->ssl);
	link->ssl = NULL;
	vs_tls_record_free(&link->record);
	free(link->raw);
	link->raw = NULL;
	must(setsockopt(link->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) == 0, "SO_LINGER");
	(void)close(link->fd);
	link->stage = STAGE_CLOSED;
}

static void
begin_tls(struct load *load, struct link *link)
{
	const struct credential *credential = &load->credentials[link->index];

	link->ssl = SSL_new(load->ctx);
	must(link->ssl != NULL && SSL_set_fd(link->ssl, link->fd) == 1, "SSL_new");
	SSL_set_app_data(link->ssl, link);
	if (load->mode != MODE_HANDSHAKES) {
		link->secrets = malloc(sizeof(*link->secrets));
		must(link->secrets != NULL, "memory");
		records_expect(link->ssl, link->secrets);
	}
	if (credential->cert != NULL)
		must(SSL_use_certificate(link->ssl, credential->cert) == 1 &&
		         SSL_use_PrivateKey(link->ssl, credential->key) == 1 &&
		         (credential->issuer == NULL ||
		          SSL_add1_chain_cert(link->ssl, credential->issuer) == 1),
		     "client certificate");
	must(SSL_set1_host(link->ssl, "localhost") == 1 &&
	         SSL_set_tlsext_host_name(link->ssl, "localhost") == 1,
	     "server name");
	if (load->is_resumed && link->session != NULL)
		must(SSL_set_session(link->ssl, link->session) == 1, "session");
	SSL_set_connect_state(link->ssl);
	link->stage = STAGE_TLS;
}

static void
send_upgrade(struct load *load, struct link *link)
{
	const struct credential *credential = &load->credentials[link->index];
	char user[200], coded[280] = "", request[1024];
	int size;

	if (credential->cert == NULL) {
		size = snprintf(user, sizeof(user), "%s:%s", credential->id, credential->password);
		(void)EVP_EncodeBlock((unsigned char *)coded, (const unsigned char *)user, size);
	}
	size = snprintf(
	    request, sizeof(request),
	    "GET %s%s HTTP/1.1\r\nHost: localhost:%u\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ocpp2.0.1\r\n%s%s%s\r\n",
	    load->path, credential->id, load->port, coded[0] != '\0' ? "Authorization: Basic " : "",
	    coded, coded[0] != '\0' ? "\r\n" : "");
	link_write(load, link, request, (size_t)size);
	link->stage = STAGE_UPGRADE;
}

static void
send_frame(struct load *load, struct link *link, const struct frame *template)
{
	uint64_t id = load->id_base + link->sequence++;
	uint8_t bytes[sizeof(template->bytes)];

	memcpy(bytes, template->bytes, template->size);
	for (size_t i = ID_DIGITS; i-- > 0; id >>= 4)
		bytes[template->id_at + i] =
		    (uint8_t)("0123456789abcdef"[id & 15]) ^ mask[(6 + i) % 4];
	link_write(load, link, bytes, template->size);
}

void
link_send(struct load *load, struct link *link)
{
	link->sent_ns = now_ns();
	link->stage = STAGE_WAIT;
	send_frame(load, link, link->sequence % 2 == 0 ? &heartbeat : &meter_values);
}

static void
do_handshake(struct load *load, struct link *link)
{
	int r = SSL_do_handshake(link->ssl);

	if (r != 1) {
		if (SSL_get_error(link->ssl, r) != SSL_ERROR_WANT_READ)
			fail(load, link, "TLS handshake");
		return;
	}
	if (SSL_get_verify_result(link->ssl) != X509_V_OK)
		fail(load, link, "the server's certificate does not verify");
	if (load->mode == MODE_HANDSHAKES) {
		link->stage = STAGE_TICKET; /* the sign that the server has finished its half */
		return;
	}
	records_take_over(link, link->secrets);
	free(link->secrets);
	link->secrets = NULL;
	send_upgrade(load, link);
}

/* The session ticket is the first thing a server says after its half of the handshake; one without
 * tickets says a byte. */
static void
wait_ticket(struct load *load, struct link *link)
{
	(void)link_read(load, link);
	if (!link->has_ticket && link->in_size == 0)
		return;
	link->in_size = 0;
	if (SSL_session_reused(link->ssl) == 1)
		load->resumed++;
	link_is_up(load, link);
}

static void
read_upgrade(struct load *load, struct link *link)
{
	const uint8_t *end;

	while (link_read(load, link))
		continue;
	end = memmem(link->in, link->in_size, "\r\n\r\n", 4);
	if (end == NULL)
		return;
	if (memcmp(link->in, "HTTP/1.1 101 ", 13) != 0)
		fail(load, link, "the upgrade was refused");
	link->in_size = 0;
	link->stage = STAGE_BOOT;
	send_frame(load, link, &boot);
}

/* Take one whole frame off link->in; true when it was an answer. */
static bool
take_frame(struct load *load, struct link *link)
{
	size_t head = 2, size;
	bool is_answer;

	if (link->in_size < head)
		return false;
	size = link->in[1];
	if (size == 126) {
		head = 4;
		if (link->in_size < head)
			return false;
		size = (size_t)link->in[2] << 8 | link->in[3];
	}
	if (link->in_size < head + size)
		return false;
	if (link->in[0] == 0x88)
		fail(load, link, "the server closed the WebSocket");
	is_answer = link->in[0] == 0x81 && size > 2 && link->in[head + 1] == '3';
	if (link->in[0] == 0x81 && size > 2 && link->in[head + 1] == '4') {
		(void)fprintf(stderr, "%.*s\n", (int)size, (const char *)link->in + head);
		fail(load, link, "the server answered with an error");
	}
	memmove(link->in, link->in + head + size, link->in_size - head - size);
	link->in_size -= head + size;
	return is_answer;
}

static void
read_answer(struct load *load, struct link *link)
{
	if (!link_read(load, link))
		return;
	if (load->is_tcp) { /* the echo answers each message with one piece */
		link->in_size = 0;
		link_is_answered(load, link);
		return;
	}
	while (link->in_size > 0) {
		size_t before = link->in_size;

		if (!take_frame(load, link)) {
			if (link->in_size == before)
				return;
		} else if (link->stage == STAGE_BOOT) {
			link_is_up(load, link);
		} else {
			link_is_answered(load, link);
		}
	}
}

void
link_step(struct load *load, struct link *link)
{
	int error = 0;
	socklen_t size = sizeof(error);

	switch (link->stage) {
	case STAGE_CONNECT:
		if (getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)
			fail(load, link, "could not connect");
		link_watch(load, link, EPOLL_CTL_MOD, EPOLLIN);
		if (load->is_tcp) {
			link_is_up(load, link);
			return;
		}
		begin_tls(load, link);
		do_handshake(load, link);
		return;
	case STAGE_TLS:
		do_handshake(load, link);
		return;
	case STAGE_TICKET:
		wait_ticket(load, link);
		return;
	case STAGE_UPGRADE:
		read_upgrade(load, link);
		return;
	case STAGE_BOOT:
	case STAGE_READY:
	case STAGE_WAIT:
		read_answer(load, link);
		return;
	case STAGE_CLOSED:
		return;
	}
}
