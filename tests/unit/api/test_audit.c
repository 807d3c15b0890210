/* SPDX-License-Identifier: Apache-2.0 */
#include "api/audit.h"
#include "api/etag.h"

#include "world.h"

/* A log that writes when it is told to. */
static struct {
	struct vs_core_audit_entry entries[16], notes[4];
	size_t count, note_count;
	void (*done)(void *arg, vs_result result);
	void *arg;
	bool is_full;
} book;

static vs_result
book_write(void *self, const struct vs_core_audit_entry *entry,
           void (*done)(void *arg, vs_result result), void *arg)
{
	(void)self;
	CHECK(book.done == NULL && book.count < 16);
	if (book.is_full)
		return VS_FAIL(BUSY);
	book.entries[book.count++] = *entry;
	book.done = done;
	book.arg = arg;
	return VS_OK;
}

static void
book_note(void *self, const struct vs_core_audit_entry *entry)
{
	(void)self;
	CHECK(book.note_count < 4);
	book.notes[book.note_count++] = *entry;
}

static void
book_end(enum vs_err code)
{
	void (*done)(void *arg, vs_result result) = book.done;

	CHECK(done != NULL);
	book.done = NULL;
	done(book.arg, (vs_result){code});
	vs_api_audit_pump(world.api);
	world_run_jobs();
}

static void
begin(void)
{
	world_begin();
	vs_api_free(&world.api);
	memset(&book, 0, sizeof(book));
	world.audit = (struct vs_port_audit){&book, book_write, book_note, NULL};
	world_api_new();
}

static const struct vs_core_audit_field *
field(const struct vs_core_audit_entry *entry, const char *name)
{
	for (size_t i = 0; i < entry->field_count; i++) {
		if (strcmp(entry->fields[i].name, name) == 0)
			return &entry->fields[i];
	}
	return NULL;
}

/* The same; it must be there. */
static const struct vs_core_audit_field *
field_of(const struct vs_core_audit_entry *entry, const char *name)
{
	const struct vs_core_audit_field *found = field(entry, name);

	CHECK(found != NULL);
	return found;
}

static struct vs_conn *
send_command(void)
{
	world.is_pool_slow = false;
	return world_ask("POST /api/v1/stations/CS-1/commands", WORLD_BEARER,
	                 "{\"action\":\"Reset\",\"payload\":{\"type\":\"Immediate\"}}");
}

/* The rule that the table stands for. */
static void
every_changing_route_has_its_row(void)
{
	for (size_t i = 0; i < vs_api_route_count(); i++) {
		const struct vs_api_route *route = vs_api_route_at(i);
		enum vs_core_audit_event event = VS_AUDIT_EVENTS;
		bool is_audited = vs_api_audit_event(route, &event);

		if (route->method != VS_HTTP_GET && !is_audited && !vs_api_audit_is_exempt(route)) {
			(void)fprintf(stderr, "%s: no row in route_audit.def\n", route->pattern);
			CHECK(is_audited);
		}
		/* What changes something is written down before it is done. */
		if (is_audited)
			CHECK(vs_core_audit_event_row(event)->class == VS_AUDIT_CLASS_S);
		if (vs_api_audit_is_exempt(route))
			CHECK(route->role == VS_ROLE_ANYONE);
	}
}

static void
what_is_changed_in_its_place_has_a_tag(void)
{
	for (size_t i = 0; i < vs_api_route_count(); i++) {
		const struct vs_api_route *route = vs_api_route_at(i);
		const struct vs_api_route *shown = vs_api_etag_shown_by(route);

		if (shown != NULL) {
			CHECK(shown->method == VS_HTTP_GET &&
			      vs_core_role_covers(route->role, shown->role));
			CHECK(vs_api_etag_is_shown(shown) && !vs_api_etag_is_shown(route));
		} else if (route->role != VS_ROLE_ANYONE &&
		           (route->method == VS_HTTP_PUT || route->method == VS_HTTP_PATCH ||
		            route->method == VS_HTTP_DELETE)) {
			(void)fprintf(stderr, "%s: no row in route_tags.def\n", route->pattern);
			CHECK(shown != NULL);
		}
	}
}

static void
written_before_and_after(void)
{
	const struct vs_core_audit_entry *entry = &book.entries[0];
	struct vs_conn *conn;

	begin();
	world_register("CS-1", true);
	conn = send_command();
	/* Nothing is done and nobody is answered before it is on disk. */
	CHECK(conn->answer_count == 0 && world.command_action[0] == '\0' && book.count == 1);
	CHECK(entry->event == VS_AUDIT_COMMAND_SEND && entry->result == VS_AUDIT_RESULT_BEGIN);
	CHECK(strcmp(entry->actor_kind, "token") == 0 && strcmp(entry->actor_id, "admin") == 0);
	CHECK(strcmp(entry->source, "192.0.2.1") == 0 && strlen(entry->corr) == 12);
	CHECK(strcmp(field_of(entry, "id")->text, "CS-1") == 0);
	CHECK(strcmp(field_of(entry, "action")->text, "Reset") == 0);
	CHECK(strcmp(entry->tenant, "default") == 0);
	book_end(VS_E_OK);
	CHECK(strcmp(world.command_action, "Reset") == 0);
	CHECK(conn->answer_count == 0 && book.count == 1);
	world_command_is(world.command_id, VS_CORE_COMMAND_QUEUED);
	CHECK(conn->answer_count == 0 && book.count == 2);
	CHECK(book.entries[1].result == VS_AUDIT_RESULT_OK);
	CHECK(strcmp(book.entries[1].corr, entry->corr) == 0);
	book_end(VS_E_OK);
	CHECK(conn->answer_count == 1 && conn->status == 202);
	CHECK(world_says(conn, "\"id\"") && conn->user == NULL);
	world_end();
}

static void
refused_when_it_cannot_be_written(void)
{
	struct vs_conn *conn;

	begin();
	world_register("CS-1", true);
	conn = send_command();
	book_end(VS_E_AUDIT_UNAVAILABLE);
	CHECK(conn->status == 503 && world_says(conn, "AUDIT_UNAVAILABLE"));
	CHECK(world_says(conn, "VS-1010"));
	CHECK(world.command_action[0] == '\0');
	/* Not even taken. */
	book.is_full = true;
	conn = send_command();
	CHECK(conn->status == 503 && world_says(conn, "AUDIT_UNAVAILABLE"));
	CHECK(world.command_action[0] == '\0');
	/* What only reads goes on. */
	conn = world_ask("GET /api/v1/stations", WORLD_BEARER, "");
	CHECK(conn->status == 200);
	/* The end cannot be written: it is done, and that is not said as if all were well. */
	book.is_full = false;
	conn = send_command();
	book_end(VS_E_OK);
	world_command_is(world.command_id, VS_CORE_COMMAND_QUEUED);
	book_end(VS_E_AUDIT_UNAVAILABLE);
	CHECK(conn->status == 503);
	world_end();
}

static void
failures_and_denials(void)
{
	struct vs_conn *conn;

	begin();
	conn = world_ask("POST /api/v1/tokens", WORLD_BEARER,
	                 "{\"token\":\"04A2\",\"password\":\"secret\"}");
	CHECK(field_of(&book.entries[0], "token")->is_person);
	CHECK(field(&book.entries[0], "password") == NULL);
	book_end(VS_E_OK);
	CHECK(book.entries[1].result == VS_AUDIT_RESULT_ERROR);
	CHECK(strcmp(book.entries[1].why, "http_400") == 0);
	book_end(VS_E_OK);
	CHECK(conn->status == 400);
	conn = world_ask("DELETE /api/v1/stations/CS-9", "", "");
	CHECK(conn->status == 401 && book.count == 2 && book.note_count == 1);
	CHECK(book.notes[0].event == VS_AUDIT_STATION_REMOVE);
	CHECK(book.notes[0].result == VS_AUDIT_RESULT_DENY);
	CHECK(strcmp(book.notes[0].actor_kind, "anonymous") == 0);
	CHECK(strcmp(book.notes[0].why, "NOT_AUTHENTIC") == 0);
	world_end();
}

static void
close_conn(struct vs_conn *conn)
{
	struct vs_net_handler handler = vs_api_handler(world.api);
	const struct vs_net_close why = {0};

	handler.closed(conn, &why, handler.arg);
	conn->is_closed = true;
}

static void
the_client_goes(void)
{
	struct vs_conn *conn;

	begin();
	world_register("CS-1", true);
	/* Before it is begun: it is not done. */
	conn = send_command();
	close_conn(conn);
	book_end(VS_E_OK);
	CHECK(world.command_action[0] == '\0');
	CHECK(book.entries[1].result == VS_AUDIT_RESULT_ERROR);
	book_end(VS_E_OK);
	/* While it is done: the record is there, its answer finds nobody. */
	conn = world_ask("POST /api/v1/tokens", WORLD_BEARER, "{\"token\":\"04A2\"}");
	book_end(VS_E_OK);
	CHECK(world.written != NULL && book.count == 3);
	close_conn(conn);
	CHECK(book.count == 3);
	world_commit(VS_E_OK);
	CHECK(book.count == 4 && book.entries[3].result == VS_AUDIT_RESULT_OK);
	CHECK(strcmp(book.entries[3].why, "client_gone") == 0);
	book_end(VS_E_OK);
	CHECK(conn->answer_count == 0);
	world_end();
}

static struct vs_conn *
change_tenant(const char *headers)
{
	struct vs_conn *conn =
	    world_ask("PATCH /api/v1/tenants/default", headers, "{\"label\":\"other\"}");

	book_end(VS_E_OK);
	return conn;
}

/* Nobody waits for the commit, and still nobody else changes it before that. */
static void
a_conditional_change_outlives_its_client(void)
{
	struct vs_conn *first, *second;
	char headers[256], tag[VS_API_ETAG_SIZE];

	begin();
	first = world_ask("GET /api/v1/tenants/default", WORLD_BEARER, "");
	CHECK(first->status == 200 && vs_api_etag_find(first->headers, tag));
	(void)snprintf(headers, sizeof(headers), "%sIf-Match: %s\r\n", WORLD_BEARER, tag);
	first = change_tenant(headers);
	CHECK(world.written != NULL && book.count == 1);
	close_conn(first);
	CHECK(book.count == 1);
	second = change_tenant(headers);
	CHECK(book.count == 3 && strcmp(book.entries[2].why, "http_409") == 0);
	book_end(VS_E_OK);
	CHECK(second->status == 409 && world.written->next == NULL);
	world_commit(VS_E_OK);
	CHECK(book.count == 4 && book.entries[3].result == VS_AUDIT_RESULT_OK);
	CHECK(strcmp(book.entries[3].corr, book.entries[0].corr) == 0);
	book_end(VS_E_OK);
	CHECK(first->answer_count == 0);
	/* It is free now, and not what was seen. */
	second = change_tenant(headers);
	CHECK(book.count == 6 && strcmp(book.entries[5].why, "http_412") == 0);
	book_end(VS_E_OK);
	CHECK(second->status == 412 && world.written == NULL);
	/* A commit that failed leaves it as it was, and free. */
	(void)snprintf(headers, sizeof(headers), "%sIf-Match: *\r\n", WORLD_BEARER);
	first = change_tenant(headers);
	close_conn(first);
	world_commit(VS_E_BUSY);
	CHECK(book.count == 8 && book.entries[7].result == VS_AUDIT_RESULT_ERROR);
	book_end(VS_E_OK);
	second = change_tenant(headers);
	world_commit(VS_E_OK);
	book_end(VS_E_OK);
	CHECK(second->status == 200);
	world_end();
}

/* Gone while it was looked at: it is not done, and holds nothing up. */
static void
a_client_goes_during_the_look(void)
{
	struct vs_conn *conn;

	begin();
	world_register("CS-1", true);
	conn = world_ask("PATCH /api/v1/stations/CS-1", WORLD_BEARER "If-Match: *\r\n",
	                 "{\"enabled\":false}");
	CHECK(book.done != NULL && book.count == 1);
	book.done(book.arg, VS_OK);
	book.done = NULL;
	vs_api_audit_pump(world.api);
	CHECK(world.job_count == 1); /* the look */
	close_conn(conn);
	CHECK(book.count == 1);
	world_run_jobs();
	CHECK(book.count == 2 && book.entries[1].result == VS_AUDIT_RESULT_ERROR);
	CHECK(world.written == NULL);
	book_end(VS_E_OK);
	world_end();
}

/* Who needs no login cannot fill the log. */
static void
open_to_all(void)
{
	struct vs_conn *conn;

	begin();
	conn = world_ask("GET /login?t=wrong", "", "");
	CHECK(conn->answer_count == 1 && conn->status == 401);
	CHECK(book.count == 0 && book.note_count == 1);
	CHECK(book.notes[0].event == VS_AUDIT_OPERATOR_LOGIN && book.notes[0].corr[0] == '\0');
	CHECK(book.notes[0].result == VS_AUDIT_RESULT_DENY && book.notes[0].field_count == 1);
	/* The cookie is given out when the login is on disk. */
	conn = world_ask("GET /login?t=" WORLD_LINK, "", "");
	CHECK(conn->answer_count == 0 && book.count == 0);
	world_commit(VS_E_OK);
	CHECK(conn->answer_count == 0 && book.count == 1);
	CHECK(book.entries[0].result == VS_AUDIT_RESULT_OK);
	book_end(VS_E_OK);
	CHECK(conn->status == 200 && world_has_header(conn, "__Host-sid="));
	world_end();
}

int
main(void)
{
	CASE(every_changing_route_has_its_row);
	CASE(what_is_changed_in_its_place_has_a_tag);
	CASE(written_before_and_after);
	CASE(refused_when_it_cannot_be_written);
	CASE(failures_and_denials);
	CASE(the_client_goes);
	CASE(a_conditional_change_outlives_its_client);
	CASE(a_client_goes_during_the_look);
	CASE(open_to_all);
	return 0;
}
