/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict of our tables on payloads, for test_ocpp_schemas.py. One payload a line on standard
 * input, "Version Action request|response JSON"; one line each on standard output: "ok", or "no
 * ERROR path".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "ocpp/message.h"

static enum vs_ocpp_version
find_version(const char *line)
{
	if (strncmp(line, "1.6 ", 4) == 0)
		return VS_OCPP_16;
	return strncmp(line, "2.1 ", 4) == 0 ? VS_OCPP_21 : VS_OCPP_201;
}

int
main(void)
{
	static struct vs_ocpp_fault fault;
	struct vs_json_tape tape;
	char *line = NULL;
	size_t capacity = 0;
	ssize_t size;

	vs_json_tape_init(&tape);
	while ((size = getline(&line, &capacity, stdin)) > 0) {
		char *name = strchr(line, ' ');
		char *direction = name != NULL ? strchr(name + 1, ' ') : NULL;
		char *payload = direction != NULL ? strchr(direction + 1, ' ') : NULL;
		enum vs_ocpp_action action;
		enum vs_ocpp_type type;
		vs_result r;

		if (payload == NULL || line[size - 1] != '\n')
			return 2;
		line[size - 1] = 0;
		name++;
		action = vs_ocpp_action_find(vs_bytes_from(name, (size_t)(direction - name)));
		if (action == VS_OCPP_NONE)
			return 2;
		type = direction[3] == 'q' ? VS_OCPP_CALL : VS_OCPP_RESULT;
		r = vs_ocpp_payload_parse(
		    find_version(line), action, type,
		    vs_bytes_from(payload + 1, (size_t)(line + size - payload - 2)), &tape, &fault);
		if (r.code == VS_E_OK)
			(void)puts("ok");
		else
			(void)printf("no %s %s\n", vs_err_name(r.code), fault.path);
	}
	free(line);
	vs_json_tape_done(&tape);
	return 0;
}
