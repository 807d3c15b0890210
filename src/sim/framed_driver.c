/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/file.h"
#include "sim/framed_link.h"
#include "sim/framed_run.h"
#include "sim/view.h"

#define PAUSE_MS      4000u /* between two charges */
#define LIST_SIZE_MAX 65536u
#define REASON_SIZE   256
#define ENERGY_PRESET "10"

struct driver {
	struct vs_sim_framed link;
	struct vs_sim_view view;
	struct vs_timer next;
	struct vs_buf list; /* identities, one a line */
	size_t at;
	struct vs_bytes point; /* where it charges or wants to; empty: nowhere */
	int64_t energy;
	bool is_charging, was_denied;
};

static void
print(struct driver *driver, const char *what, const struct vs_framed_message *message)
{
	char text[VS_SIM_VIEW_TEXT] = "";
	size_t size = 0;

	for (size_t i = 0; i < message->count && size < sizeof(text); i++) {
		char number[VS_FRAMED_DECIMAL_MAX];
		struct vs_bytes field = message->fields[i];

		if (vs_framed_row(message->type)->fields[i] >= VS_FRAMED_ENERGY) {
			vs_framed_decimal_write(message->numbers[i], -1, number);
			field = vs_bytes_from_text(number);
		}
		size += (size_t)snprintf(text + size, sizeof(text) - size, " %.*s",
		                         VS_BYTES_PRINTF(field));
	}
	vs_sim_view_set(&driver->view, what, "%s", text + (text[0] == ' '));
	vs_sim_view_say(&driver->view, "%s %s%s", driver->link.identity, what, text);
}

static bool
take_line(struct driver *driver)
{
	while (driver->at < driver->list.size) {
		const uint8_t *start = driver->list.data + driver->at;
		size_t left = driver->list.size - driver->at;
		const uint8_t *end = memchr(start, '\n', left);
		size_t size = end != NULL ? (size_t)(end - start) : left;

		driver->at += size + 1;
		if (size > 0) {
			driver->point = vs_bytes_from(start, size);
			return true;
		}
	}
	return false;
}

static void
request(struct driver *driver)
{
	struct vs_framed_message message = {.type = VS_FRAMED_REQUEST_CHARGE, .count = 3};

	message.fields[0] = vs_bytes_from_text(driver->link.identity);
	message.fields[1] = driver->point;
	message.numbers[2] = driver->energy;
	/* When it cannot be said now, it is said when the connection is open again. */
	if (vs_sim_framed_say(&driver->link, &message).code == VS_E_OK)
		print(driver, "asks", &message);
}

static void
next(struct vs_loop *loop, struct vs_timer *timer)
{
	struct driver *driver = (struct driver *)((char *)timer - offsetof(struct driver, next));

	driver->point = vs_bytes_from(NULL, 0);
	driver->is_charging = false;
	if (take_line(driver))
		request(driver);
	else
		vs_loop_stop(loop);
}

static void
opened(void *arg)
{
	struct driver *driver = arg;
	struct vs_framed_message message = {.type = VS_FRAMED_REGISTER_DRIVER, .count = 1};

	message.fields[0] = vs_bytes_from_text(driver->link.identity);
	if (vs_sim_framed_say(&driver->link, &message).code != VS_E_OK)
		return;
	/* A charge goes on without its driver; its ticket waits. */
	if (driver->point.size == 0)
		next(driver->link.loop, &driver->next);
	else if (!driver->is_charging)
		request(driver);
}

static void
heard(const struct vs_framed_message *message, void *arg)
{
	struct driver *driver = arg;

	switch ((unsigned)message->type) {
	case VS_FRAMED_AUTHORIZE:
		driver->is_charging = true;
		print(driver, "may charge", message);
		break;
	case VS_FRAMED_SUPPLY_UPDATE:
		print(driver, "gets", message);
		break;
	case VS_FRAMED_TICKET:
		print(driver, "ticket", message);
		vs_sim_framed_acknowledge(&driver->link);
		if (!driver->is_charging || !vs_bytes_equal(message->fields[0], driver->point))
			break; /* of an earlier charge: it has waited */
		vs_timer_arm(driver->link.loop, &driver->next,
		             driver->at < driver->list.size ? PAUSE_MS : 0);
		break;
	case VS_FRAMED_DENY:
		print(driver, "denied", message);
		driver->was_denied = true;
		/* One that charges is told the fault, and then its ticket. */
		if (!driver->is_charging)
			vs_timer_arm(driver->link.loop, &driver->next,
			             driver->at < driver->list.size ? PAUSE_MS : 0);
		break;
	default:
		break;
	}
}

static vs_result
prepare(struct driver *driver, const struct vs_sim_options *options, char *reason,
        size_t reason_size)
{
	const char *point = options->text[VS_SIM_OPTION_POINT];
	const char *list = options->text[VS_SIM_OPTION_LIST];
	const char *energy = options->text[VS_SIM_OPTION_ENERGY];

	vs_buf_init(&driver->list, LIST_SIZE_MAX);
	VS_TRY(vs_sim_framed_init(&driver->link, options,
	                          options->is_set[VS_SIM_OPTION_COMPAT] ? VS_SIM_SEAL_CLEAR
	                                                                : VS_SIM_SEAL_PSK,
	                          reason, reason_size));
	vs_sim_view_init(&driver->view, "Driver", options->is_set[VS_SIM_OPTION_VIEW]);
	driver->link.opened = opened;
	driver->link.heard = heard;
	driver->link.arg = driver;
	driver->next.fire = next;
	(void)snprintf(reason, reason_size, "--point, or --list with a file, is needed");
	if ((point == NULL) == (list == NULL))
		return VS_FAIL(CONFIG);
	VS_TRY(point != NULL ? vs_buf_append_text(&driver->list, point)
	                     : vs_file_read(list, &driver->list));
	(void)snprintf(reason, reason_size, "--energy is no number of kWh");
	return vs_framed_decimal_read(vs_bytes_from_text(energy != NULL ? energy : ENERGY_PRESET),
	                              0, VS_FRAMED_ENERGY_MAX, &driver->energy);
}

int
vs_sim_framed_driver(const struct vs_sim_options *options)
{
	struct driver driver = {.at = 0};
	char reason[REASON_SIZE] = "";
	vs_result r = prepare(&driver, options, reason, sizeof(reason));

	if (r.code == VS_E_OK) {
		r = vs_sim_framed_run(&driver.link);
		vs_timer_cancel(driver.link.loop, &driver.next);
	} else {
		(void)fprintf(stderr, "voltseal-sim: %s\n", reason);
	}
	vs_sim_framed_done(&driver.link);
	vs_buf_done(&driver.list);
	if (r.code != VS_E_OK)
		return EX_CONFIG;
	return driver.was_denied ? 1 : EX_OK;
}
