/* SPDX-License-Identifier: Apache-2.0 */
/* Tenants, users and API tokens. What is shown once is printed by `show`, and nowhere else. */
#include "cli/list.h"

#include <string.h>

#include "cli/fail.h"
#include "cli/http.h"

#define TENANTS    "/api/v1/tenants"
#define USERS      "/api/v1/users"
#define API_TOKENS "/api/v1/api-tokens"
#define PATH_SIZE  1024u
#define BODY_SIZE  1024u
#define ALL        1000000u

static const struct vs_cli_column tenant_columns[] = {{"TENANT", "id", VS_CLI_TEXT},
                                                      {"LABEL", "label", VS_CLI_TEXT},
                                                      {"STATE", "state", VS_CLI_TEXT},
                                                      {"ADDED (UTC)", "created_at", VS_CLI_TIME},
                                                      {NULL, NULL, VS_CLI_TEXT}};
static const struct vs_cli_column user_columns[] = {{"ID", "id", VS_CLI_TEXT},
                                                    {"LOGIN", "login", VS_CLI_TEXT},
                                                    {"ROLE", "role", VS_CLI_TEXT},
                                                    {"ENABLED", "enabled", VS_CLI_YES},
                                                    {"PASSWORD", "has_password", VS_CLI_YES},
                                                    {"CODE", "has_totp", VS_CLI_YES},
                                                    {"ADDED (UTC)", "created_at", VS_CLI_TIME},
                                                    {NULL, NULL, VS_CLI_TEXT}};
static const struct vs_cli_column invited_columns[] = {
    {"id", "id", VS_CLI_TEXT},
    {"tenant", "tenant", VS_CLI_TEXT},
    {"login", "login", VS_CLI_TEXT},
    {"role", "role", VS_CLI_TEXT},
    {"invitation (shown once)", "invitation", VS_CLI_TEXT},
    {"good until (UTC)", "invited_until", VS_CLI_TIME},
    {NULL, NULL, VS_CLI_TEXT}};
static const struct vs_cli_column token_columns[] = {{"ID", "id", VS_CLI_TEXT},
                                                     {"LABEL", "label", VS_CLI_TEXT},
                                                     {"ROLE", "role", VS_CLI_TEXT},
                                                     {"EXPIRES (UTC)", "expires_at", VS_CLI_TIME},
                                                     {"USED (UTC)", "used_at", VS_CLI_TIME},
                                                     {NULL, NULL, VS_CLI_TEXT}};
static const struct vs_cli_column made_columns[] = {{"id", "id", VS_CLI_TEXT},
                                                    {"role", "role", VS_CLI_TEXT},
                                                    {"token (shown once)", "token", VS_CLI_TEXT},
                                                    {NULL, NULL, VS_CLI_TEXT}};

/* One request: to `base`, or below it for a thing and what is done to it (tail). */
struct order {
	const char *method, *base, *id, *tail;
	/* Its body: a member and its text, or a member that is true or false; NULL: none. */
	const char *member, *text, *flag;
	bool is_set;
	const char *const *options; /* of the command, each with its member; NULL-terminated */
	const struct vs_cli_column *columns; /* of the answer; NULL: `done` is said */
	const char *done;
};

static vs_result
write_body(const struct vs_cli *cli, const struct order *order, struct vs_buf *body)
{
	struct vs_json_writer writer;

	if (order->member == NULL && order->flag == NULL && order->options == NULL)
		return VS_OK;
	vs_json_write_begin(&writer, body);
	vs_json_write_object(&writer);
	if (order->member != NULL) {
		vs_json_write_key(&writer, order->member);
		vs_json_write_text(&writer, order->text);
	}
	if (order->flag != NULL) {
		vs_json_write_key(&writer, order->flag);
		vs_json_write_bool(&writer, order->is_set);
	}
	for (const char *const *option = order->options; option != NULL && *option != NULL;
	     option += 2)
		vs_cli_write_option(cli, &writer, option[0], option[1]);
	vs_json_write_object_end(&writer);
	return vs_json_write_end(&writer);
}

static int
obey(struct vs_cli *cli, const struct order *order)
{
	struct vs_buf path, body;
	vs_result r;
	int code;

	vs_buf_init(&path, PATH_SIZE);
	vs_buf_init(&body, BODY_SIZE);
	r = order->id != NULL ? vs_cli_path(&path, order->base, order->id, order->tail)
	                      : vs_buf_append_text(&path, order->base);
	if (r.code == VS_E_OK)
		r = write_body(cli, order, &body);
	if (r.code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_BAD_VALUE, "an argument is too long or not UTF-8");
	else
		code = vs_cli_http(cli, order->method, vs_cli_c_text(&path), vs_buf_view(&body));
	if (code == 0 && order->columns != NULL)
		code = vs_cli_show(cli, NULL, order->columns);
	else if (code == 0)
		code = vs_cli_say(cli, order->done);
	vs_buf_done(&path);
	vs_buf_done(&body);
	return code;
}

/* --- tenants ---------------------------------------------------------------------------------- */

int
vs_cli_run_tenant_list(struct vs_cli *cli)
{
	return vs_cli_list(cli, TENANTS, "", ALL, tenant_columns);
}

int
vs_cli_run_tenant_add(struct vs_cli *cli)
{
	static const char *const options[] = {"label", "label", NULL};

	cli->subject = cli->args.positionals[0];
	return obey(cli, &(struct order){.method = "POST",
	                                 .base = TENANTS,
	                                 .member = "id",
	                                 .text = cli->subject,
	                                 .options = options,
	                                 .columns = tenant_columns});
}

static int
tenant_open(struct vs_cli *cli, bool is_open)
{
	cli->subject = cli->args.positionals[0];
	return obey(cli, &(struct order){.method = "PATCH",
	                                 .base = TENANTS,
	                                 .id = cli->subject,
	                                 .flag = "enabled",
	                                 .is_set = is_open,
	                                 .done = is_open ? "is let in" : "is closed"});
}

int
vs_cli_run_tenant_enable(struct vs_cli *cli)
{
	return tenant_open(cli, true);
}

int
vs_cli_run_tenant_disable(struct vs_cli *cli)
{
	return tenant_open(cli, false);
}

int
vs_cli_run_tenant_erase(struct vs_cli *cli)
{
	static const char *const options[] = {"confirm", "confirm", NULL};

	cli->subject = cli->args.positionals[0];
	return obey(cli, &(struct order){.method = "POST",
	                                 .base = TENANTS,
	                                 .id = cli->subject,
	                                 .tail = "erase",
	                                 .options = options,
	                                 .done = "is erased"});
}

int
vs_cli_run_tenant_invite(struct vs_cli *cli)
{
	cli->subject = cli->args.positionals[0];
	return obey(cli, &(struct order){.method = "POST",
	                                 .base = TENANTS,
	                                 .id = cli->subject,
	                                 .tail = "invite",
	                                 .member = "login",
	                                 .text = cli->args.positionals[1],
	                                 .columns = invited_columns});
}

/* --- users ------------------------------------------------------------------------------------ */

int
vs_cli_run_user_list(struct vs_cli *cli)
{
	return vs_cli_list(cli, USERS, "", ALL, user_columns);
}

int
vs_cli_run_user_add(struct vs_cli *cli)
{
	static const char *const options[] = {"role", "role", NULL};

	cli->subject = cli->args.positionals[0];
	return obey(cli, &(struct order){.method = "POST",
	                                 .base = USERS,
	                                 .member = "login",
	                                 .text = cli->subject,
	                                 .options = options,
	                                 .columns = invited_columns});
}

static int
user_order(struct vs_cli *cli, struct order order)
{
	cli->subject = cli->args.positionals[0];
	order.base = USERS;
	order.id = cli->subject;
	return obey(cli, &order);
}

int
vs_cli_run_user_show(struct vs_cli *cli)
{
	return user_order(cli, (struct order){.method = "GET", .columns = user_columns});
}

int
vs_cli_run_user_role(struct vs_cli *cli)
{
	return user_order(cli, (struct order){.method = "PATCH",
	                                      .member = "role",
	                                      .text = cli->args.positionals[1],
	                                      .done = "has this role"});
}

int
vs_cli_run_user_enable(struct vs_cli *cli)
{
	return user_order(
	    cli, (struct order){
		     .method = "PATCH", .flag = "enabled", .is_set = true, .done = "may come in"});
}

int
vs_cli_run_user_disable(struct vs_cli *cli)
{
	return user_order(
	    cli, (struct order){.method = "PATCH", .flag = "enabled", .done = "may not come in"});
}

int
vs_cli_run_user_invite(struct vs_cli *cli)
{
	return user_order(
	    cli, (struct order){.method = "POST", .tail = "invite", .columns = invited_columns});
}

int
vs_cli_run_user_remove(struct vs_cli *cli)
{
	return user_order(cli, (struct order){.method = "DELETE", .done = "is removed"});
}

/* --- API tokens ------------------------------------------------------------------------------- */

int
vs_cli_run_api_token_list(struct vs_cli *cli)
{
	return vs_cli_list(cli, API_TOKENS, "", ALL, token_columns);
}

int
vs_cli_run_api_token_add(struct vs_cli *cli)
{
	static const char *const options[] = {"role", "role", "expires", "expires_at", NULL};

	cli->subject = cli->args.positionals[0];
	return obey(cli, &(struct order){.method = "POST",
	                                 .base = API_TOKENS,
	                                 .member = "label",
	                                 .text = cli->subject,
	                                 .options = options,
	                                 .columns = made_columns});
}

int
vs_cli_run_api_token_remove(struct vs_cli *cli)
{
	cli->subject = cli->args.positionals[0];
	return obey(cli, &(struct order){.method = "DELETE",
	                                 .base = API_TOKENS,
	                                 .id = cli->subject,
	                                 .done = "is withdrawn"});
}
