/* SPDX-License-Identifier: Apache-2.0 */
/* Where the store is: of system.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/system.h"

#define STORE_CREDENTIAL "store"

/* The password comes from the file that is named, or from the unit's credential. */
vs_result
vs_daemon_system_postgres(struct vs_daemon_system *system)
{
	const char *const *text = system->options->text;
	struct vs_store_pg_place *place = &system->store_place;
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char path[VS_PATH_SIZE] = "";

	place->is_production = system->mode != VS_DAEMON_DEV;
	(void)snprintf(path, sizeof(path), "%s", text[VS_OPTION_store_password_file]);
	if (path[0] == '\0' && folder != NULL && folder[0] == '/') {
		VS_TRY(vs_path_join(folder, STORE_CREDENTIAL, path));
		place->is_credential = vs_file_exists(path);
		if (!place->is_credential)
			path[0] = '\0';
	}
	if (!vs_bytes_copy_text(vs_bytes_from_text(text[VS_OPTION_store_url]), place->url,
	                        sizeof(place->url)) ||
	    !vs_bytes_copy_text(vs_bytes_from_text(path), place->password_file,
	                        sizeof(place->password_file)))
		return vs_daemon_system_fail(system, VS_FAIL(CONFIG), "[store]",
		                             "url or password_file is too long");
	return vs_store_pg_place_check(place, system->reason, sizeof(system->reason));
}

vs_result
vs_daemon_system_store(struct vs_daemon_system *system)
{
	const char *const *text = system->options->text;

	system->is_postgres = strcmp(text[VS_OPTION_store_engine], "postgres") == 0;
	if (!system->is_postgres && text[VS_OPTION_node][0] != '\0')
		return vs_daemon_system_fail(system, VS_FAIL(CONFIG), "[cluster] node",
		                             "several daemons need [store] engine = postgres");
	if (!system->is_postgres)
		return VS_OK;
	if (!vs_bytes_copy_text(vs_bytes_from_text(text[VS_OPTION_node]), system->store_place.node,
	                        sizeof(system->store_place.node)))
		return vs_daemon_system_fail(system, VS_FAIL(CONFIG), "[cluster] node",
		                             "at most 32 letters, digits, - and _");
	if (text[VS_OPTION_store_url][0] == '\0')
		return vs_daemon_system_fail(system, VS_FAIL(CONFIG), "[store] engine = postgres",
		                             "needs [store] url");
	return vs_daemon_system_postgres(system);
}
