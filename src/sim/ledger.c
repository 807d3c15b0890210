/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "wire/json.h"

enum { PENDING_MAX = 16 << 20 };

struct vs_sim_ledger {
	pthread_mutex_t mutex;
	struct vs_buf pending;
	int fd;
};

VS_RESULT
vs_sim_ledger_open(const char *path, struct vs_sim_ledger **ledger_out)
{
	struct vs_sim_ledger *ledger = calloc(1, sizeof(*ledger));

	if (ledger == NULL)
		return VS_FAIL(NO_MEMORY);
	ledger->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (ledger->fd < 0 || pthread_mutex_init(&ledger->mutex, NULL) != 0) {
		if (ledger->fd >= 0)
			(void)close(ledger->fd);
		free(ledger);
		return VS_FAIL(IO);
	}
	vs_buf_init(&ledger->pending, PENDING_MAX);
	*ledger_out = ledger;
	return VS_OK;
}

void
vs_sim_ledger_close(struct vs_sim_ledger **ledger)
{
	if (*ledger == NULL)
		return;
	(void)close((*ledger)->fd);
	(void)pthread_mutex_destroy(&(*ledger)->mutex);
	vs_buf_done(&(*ledger)->pending);
	free(*ledger);
	*ledger = NULL;
}

static void
put_text(struct vs_json_writer *writer, const char *key, const char *text)
{
	vs_json_write_key(writer, key);
	vs_json_write_text(writer, text);
}

static void
put_int(struct vs_json_writer *writer, const char *key, int64_t value)
{
	vs_json_write_key(writer, key);
	vs_json_write_int(writer, value);
}

VS_RESULT
vs_sim_ledger_write_line(struct vs_buf *buf, const char *identity, const struct vs_sim_entry *entry,
                         int64_t wall_ms)
{
	static const char *const events[] = {"Started", "Updated", "Ended"};
	struct vs_json_writer writer;

	vs_json_write_begin(&writer, buf);
	vs_json_write_object(&writer);
	put_text(&writer, "station", identity);
	put_text(&writer, "id", entry->id);
	if (entry->security_type != NULL) {
		put_text(&writer, "action", "SecurityEventNotification");
		put_text(&writer, "type", entry->security_type);
	} else if (entry->event == VS_SIM_EVENT_METER) {
		put_text(&writer, "action", "MeterValues");
		put_int(&writer, "meter_values", entry->meter_values);
	} else {
		put_text(&writer, "action", "TransactionEvent");
		put_text(&writer, "tx", entry->transaction_id);
		if (entry->sequence != VS_SIM_NO_SEQUENCE)
			put_int(&writer, "seq", entry->sequence);
		put_text(&writer, "event",
		         entry->event <= VS_SIM_EVENT_ENDED ? events[entry->event] : "");
		put_int(&writer, "meter_values", entry->meter_values);
	}
	put_int(&writer, "at_ms", entry->wall_ms);
	put_int(&writer, "answered_ms", wall_ms);
	vs_json_write_object_end(&writer);
	VS_TRY(vs_json_write_end(&writer));
	return vs_buf_append_byte(buf, '\n');
}

VS_RESULT
vs_sim_ledger_add(struct vs_sim_ledger *ledger, const char *identity,
                  const struct vs_sim_entry *entry, int64_t wall_ms)
{
	vs_result r;

	(void)pthread_mutex_lock(&ledger->mutex);
	r = vs_sim_ledger_write_line(&ledger->pending, identity, entry, wall_ms);
	(void)pthread_mutex_unlock(&ledger->mutex);
	return r;
}

static vs_result
write_all(int fd, struct vs_bytes data)
{
	while (data.size > 0) {
		ssize_t written = write(fd, data.data, data.size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return VS_FAIL(IO);
		data = vs_bytes_from(data.data + written, data.size - (size_t)written);
	}
	return VS_OK;
}

VS_RESULT
vs_sim_ledger_flush(struct vs_sim_ledger *ledger)
{
	vs_result r = VS_OK;

	(void)pthread_mutex_lock(&ledger->mutex);
	if (ledger->pending.size > 0) {
		r = write_all(ledger->fd, vs_buf_view(&ledger->pending));
		/* A pipe or a device cannot be synchronised, and need not. */
		if (r.code == VS_E_OK && fdatasync(ledger->fd) != 0 && errno != EINVAL &&
		    errno != EROFS)
			r = VS_FAIL(IO);
		vs_buf_reset(&ledger->pending);
	}
	(void)pthread_mutex_unlock(&ledger->mutex);
	return r;
}
