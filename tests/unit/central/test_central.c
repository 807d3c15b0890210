/* SPDX-License-Identifier: Apache-2.0 */
#include "house.h"

#include <pthread.h>
#include <sched.h>

#define SECURITY(id)                                                                               \
	"[2,\"" id "\",\"SecurityEventNotification\",{\"type\":\"x\",\"timestamp\":\"2025-11-"     \
	"20T14:00:00Z\"}]"
#define STATUS(id)                                                                                 \
	"[2,\"" id                                                                                 \
	"\",\"StatusNotification\",{\"timestamp\":\"2025-11-20T14:00:00Z\",\"connectorStatus\":"   \
	"\"Available\",\"evseId\":1,\"connectorId\":1}]"

static struct house_guest guest, second;

/* A full store: what waits for its commit is refused, what was answered is kept, and it recovers.
 */
static void
a_full_store_is_survived(void)
{
	struct house *house = house_new(NULL);

	guest_join(house, &guest, 0);
	HOUSE_UNTIL(house, house->committed[VS_RECORD_session] == 1);
	house->is_store_full = true;
	guest_ask(&guest, STATUS("1"), "[3,\"1\",{}]"); /* taken before anybody knew */
	guest_ask(&guest, SECURITY("2"), "[4,\"2\",\"InternalError\"");
	guest_ask(&guest, STATUS("3"), "[4,\"3\",\"InternalError\"");
	guest_ask(&guest, "[2,\"4\",\"Heartbeat\",{}]", "[3,\"4\",");
	CHECK(house->committed[VS_RECORD_status] == 0);
	house->is_store_full = false;
	HOUSE_UNTIL(house, house->committed[VS_RECORD_status] == 1);
	guest_ask(&guest, SECURITY("5"), "[3,\"5\",{}]");
	CHECK(house->committed[VS_RECORD_security_event] == 1);
	house_free(house);
}

/* The commit failed: the station is told, and sends it again. */
static void
a_failed_commit_is_told(void)
{
	struct house *house = house_new(NULL);

	guest_join(house, &guest, 1);
	house->outcome = VS_E_IO;
	guest_ask(&guest, SECURITY("1"), "[4,\"1\",\"InternalError\"");
	house->outcome = VS_E_OK;
	guest_ask(&guest, SECURITY("1"), "[3,\"1\",{}]");
	house_free(house);
}

/* A commit for a connection that is gone is nobody's answer. */
static void
a_late_commit_finds_nobody(void)
{
	struct house *house = house_new(NULL);

	guest_join(house, &guest, 0);
	house->is_store_slow = true;
	guest_say(&guest, SECURITY("1"));
	HOUSE_UNTIL(house, house_waits(house, VS_RECORD_security_event));
	vs_conn_close(vs_net_find(house->nets[HOUSE_REACTORS], guest.conn), true);
	HOUSE_UNTIL(house, vs_central_connected_count(house->central) == 0);
	house->is_store_slow = false;
	guest_join(house, &guest, 0);
	guest_ask(&guest, "[2,\"2\",\"Heartbeat\",{}]", "[3,\"2\",");
	CHECK(house->committed[VS_RECORD_security_event] == 1 && guest.heard == 1);
	house_free(house);
}

/* A station that has not booted says nothing long; once it has, it may. */
static void
the_size_grows_with_the_boot(void)
{
	struct house *house = house_new(NULL);
	struct vs_core_station station;
	char *text = calloc(1, 60001);

	CHECK(text != NULL);
	CHECK_OK(vs_core_registry_find(house->registry, VS_BYTES_LITERAL("CS-1"), &station));
	station.registration = VS_CORE_REGISTRATION_NONE;
	CHECK_OK(vs_core_registry_put(house->registry, &station));
	memset(text, ' ', 60000);
	memcpy(text, "[2,\"9\",\"Heartbeat\",{}]", 22);
	guest_join(house, &guest, 0);
	guest_ask(&guest,
	          "[2,\"1\",\"BootNotification\",{\"reason\":\"PowerUp\",\"chargingStation\":{"
	          "\"model\":\"M\","
	          "\"vendorName\":\"V\"}}]",
	          "[3,\"1\",{\"currentTime\":");
	guest_ask(&guest, text, "[3,\"9\",");

	CHECK_OK(vs_core_registry_put(house->registry, &station));
	guest_join(house, &second, 0);
	guest_say(&second, text);
	HOUSE_UNTIL(house, second.is_closed);
	CHECK(second.close.ws_code == 1009);
	free(text);
	house_free(house);
}

/* --- reactors in threads ---------------------------------------------------------------------- */

#define CREW_STATIONS 4
#define CREW_VISITS   100

struct crew {
	struct house house;
	pthread_t threads[HOUSE_REACTORS + 1];
	pthread_mutex_t lock;
	struct crew_guest {
		struct crew *crew;
		size_t number, visits;
	} guests[CREW_STATIONS];
	size_t events[VS_EVENT_KIND_COUNT], finished; /* under the lock */
};

struct crew_mail {
	struct crew *crew;
	struct vs_core_record *list;
};

static void
crew_committed(struct vs_loop *loop, void *argument)
{
	struct crew_mail *mail = argument;

	(void)loop;
	vs_central_committed(mail->crew->house.central, mail->list->origin, mail->list);
	free(mail);
}

/* A store that commits at once, and brings the answer by mail like the real one. */
static vs_result
crew_submit(void *self, struct vs_core_record *list, size_t count)
{
	struct crew *crew = self;
	struct crew_mail *mail = calloc(1, sizeof(*mail));
	vs_result r;

	CHECK(mail != NULL && count > 0);
	*mail = (struct crew_mail){crew, list};
	r = vs_loop_post(crew->house.loops[list->origin], crew_committed, mail);
	if (r.code != VS_E_OK)
		free(mail);
	return r;
}

static void
crew_publish(void *self, const struct vs_core_event *event)
{
	struct crew *crew = self;

	CHECK(pthread_mutex_lock(&crew->lock) == 0);
	crew->events[event->kind]++;
	CHECK(pthread_mutex_unlock(&crew->lock) == 0);
}

static size_t
crew_read(struct crew *crew, const size_t *counter)
{
	size_t value;

	CHECK(pthread_mutex_lock(&crew->lock) == 0);
	value = *counter;
	CHECK(pthread_mutex_unlock(&crew->lock) == 0);
	return value;
}

static void crew_visit(struct crew_guest *visitor);

static void
crew_open(struct vs_conn *conn, struct vs_bytes subprotocol, void *arg)
{
	(void)subprotocol;
	(void)arg;
	CHECK_OK(vs_conn_ws_send(conn, VS_NET_TEXT, VS_BYTES_LITERAL(SECURITY("s"))));
}

/* Calls are answered; the answer to our own call ends the visit. */
static void
crew_message(struct vs_conn *conn, enum vs_net_message_kind kind, uint8_t *data, size_t size,
             void *arg)
{
	char text[256] = "", answer[128];

	(void)arg;
	CHECK(kind == VS_NET_TEXT);
	(void)vs_bytes_copy_text(vs_bytes_from(data, size), text, sizeof(text));
	if (answer_call(text, answer, sizeof(answer))) {
		/* CLOSED when the server has displaced us meanwhile: that is what is tried here. */
		if (vs_conn_ws_send(conn, VS_NET_TEXT, vs_bytes_from_text(answer)).code != VS_E_OK)
			return;
	} else if (strncmp(text, "[3,\"s\"", 6) == 0) {
		vs_conn_close(conn, true);
	}
}

static void
crew_closed(struct vs_conn *conn, const struct vs_net_close *close, void *arg)
{
	struct crew_guest *visitor = vs_conn_user(conn);

	(void)arg;
	(void)close;
	crew_visit(visitor);
}

static void
crew_visit(struct crew_guest *visitor)
{
	struct house *house = &visitor->crew->house;
	struct vs_net_connect_options options = {
	    .stack = VS_STACK_WS,
	    .address = "127.0.0.1",
	    .port = house->ports[visitor->visits % HOUSE_REACTORS],
	    .subprotocols = "ocpp2.0.1",
	    .handler = {.open = crew_open, .message = crew_message, .closed = crew_closed},
	    .user = visitor,
	    .timeout_ms = HOUSE_PATIENCE_MS};
	char path[64], pair[128], coded[256] = "Basic ";
	vs_conn_id id;

	if (visitor->visits++ == CREW_VISITS) {
		CHECK(pthread_mutex_lock(&visitor->crew->lock) == 0);
		visitor->crew->finished++;
		CHECK(pthread_mutex_unlock(&visitor->crew->lock) == 0);
		return;
	}
	/* Two guests share one name, so that they displace each other all the time. */
	(void)snprintf(path, sizeof(path), "/ocpp/CS-%zu", 1 + visitor->number / 2);
	(void)snprintf(pair, sizeof(pair), "CS-%zu:" HOUSE_PASSWORD, 1 + visitor->number / 2);
	(void)vs_base64_encode(VS_BASE64, vs_bytes_from_text(pair), coded + 6, sizeof(coded) - 6);
	options.path = path;
	options.authorization = vs_bytes_from_text(coded);
	CHECK_OK(vs_net_connect(house->nets[HOUSE_REACTORS], &options, &id));
}

static void *
crew_run(void *argument)
{
	CHECK_OK(vs_loop_run(argument));
	return NULL;
}

/* Reactors, stations and an operator, each in a thread of its own: nothing is lost, nobody waits
 * for ever, and a thread sanitizer has nothing to say. */
static void
reactors_in_threads(void)
{
	struct crew *crew = calloc(1, sizeof(*crew));
	uint64_t begin = vs_clock_mono_ms();
	size_t sent = 0;

	CHECK(crew != NULL && pthread_mutex_init(&crew->lock, NULL) == 0);
	house_open(&crew->house, NULL, (struct vs_port_writer){crew, crew_submit},
	           (struct vs_port_events){crew, crew_publish});
	house_station(&crew->house, "CS-2", VS_CORE_AUTH_BASIC, true);
	for (size_t i = 0; i < CREW_STATIONS; i++) {
		crew->guests[i].crew = crew;
		crew->guests[i].number = i;
		crew_visit(&crew->guests[i]);
	}
	for (size_t i = 0; i <= HOUSE_REACTORS; i++)
		CHECK(pthread_create(&crew->threads[i], NULL, crew_run, crew->house.loops[i]) == 0);
	while (crew_read(crew, &crew->finished) < CREW_STATIONS) {
		struct vs_port_commands *commands = &crew->house.commands;
		const char *station = sent % 2 == 0 ? "CS-1" : "CS-2";

		if (commands
		        ->send(commands->self, "default", station, "c", "ClearCache",
		               VS_BYTES_LITERAL("{}"), 50, NULL, 0)
		        .code == VS_E_OK)
			sent++;
		if (sent % 16 == 15)
			commands->disconnect(commands->self, "default", station, "tried");
		CHECK(vs_clock_mono_ms() - begin < 5 * HOUSE_PATIENCE_MS);
		(void)sched_yield();
	}
	/* Each command that was taken has exactly one last state: queued, perhaps sent, then final.
	 */
	while (vs_central_connected_count(crew->house.central) > 0 ||
	       crew_read(crew, &crew->events[VS_EVENT_COMMAND]) < 2 * sent) {
		CHECK(vs_clock_mono_ms() - begin < 5 * HOUSE_PATIENCE_MS);
		(void)sched_yield();
	}
	for (size_t i = 0; i <= HOUSE_REACTORS; i++)
		vs_loop_stop(crew->house.loops[i]);
	for (size_t i = 0; i <= HOUSE_REACTORS; i++)
		CHECK(pthread_join(crew->threads[i], NULL) == 0);
	/* What is still in the boxes. */
	for (size_t i = 0; i < HOUSE_REACTORS; i++)
		CHECK_OK(vs_loop_turn(crew->house.loops[i], 0));
	CHECK(sent > 0 && crew->events[VS_EVENT_CONNECTED] >= CREW_VISITS);
	house_close(&crew->house);
	CHECK(pthread_mutex_destroy(&crew->lock) == 0);
	free(crew);
}

int
main(void)
{
	CASE(a_full_store_is_survived);
	CASE(a_failed_commit_is_told);
	CASE(a_late_commit_finds_nobody);
	CASE(the_size_grows_with_the_boot);
	CASE(reactors_in_threads);
	return 0;
}
