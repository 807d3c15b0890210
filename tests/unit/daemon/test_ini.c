/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/ini.h"

#include "test.h"

static struct vs_daemon_ini_entry seen[4];
static size_t count, line;
static const char *why;

static vs_result
take(void *arg, const struct vs_daemon_ini_entry *entry)
{
	(void)arg;
	if (count == 4)
		return VS_FAIL(BUSY);
	seen[count++] = *entry;
	return VS_OK;
}

static vs_result
parse(const char *text)
{
	count = line = 0;
	why = NULL;
	return vs_daemon_ini_parse(vs_bytes_from_text(text), take, NULL, &line, &why);
}

static void
what_a_file_holds(void)
{
	CHECK_OK(parse("# a comment\n\n[server]\naddress = ::1\n ; another\n"
	               "\tstations=7\t\n[ log ]\r\nlevel = a = b # not a comment\r\nempty =\n"));
	CHECK(count == 4);
	CHECK(strcmp(seen[0].section, "server") == 0 && strcmp(seen[0].key, "address") == 0 &&
	      strcmp(seen[0].value, "::1") == 0 && seen[0].line == 4);
	CHECK(strcmp(seen[1].key, "stations") == 0 && strcmp(seen[1].value, "7") == 0);
	CHECK(strcmp(seen[2].section, "log") == 0 &&
	      strcmp(seen[2].value, "a = b # not a comment") == 0 && seen[2].line == 8);
	CHECK(strcmp(seen[3].value, "") == 0);
	CHECK_OK(parse(""));
	CHECK_OK(parse("[a]"));
	CHECK(count == 0);
}

static void
what_is_malformed(void)
{
	static const char *const bad[] = {
	    "[a]\nkey",
	    "[a]\n= value",
	    "[a]\nKey = 1",
	    "[a\nkey = 1",
	    "[a]\n[]\n",
	    "[a]\n[b c]\n",
	    "[a]\nk\001y = 1",
	    "[a]\nk = 1\033[2J",
	    "[a]\nk-y = 1",
	    "[a]\n[b] # no\n",
	    "[a]\nthis_name_is_longer_than_all_that_are_known = 1",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_ERR(parse(bad[i]), CONFIG_SYNTAX);
		CHECK(why != NULL && (line == 2 || i == 3) && count == 0);
	}
	CHECK_ERR(parse("key = 1"), CONFIG_SYNTAX);
	CHECK(line == 1 && strstr(why, "section") != NULL);
	CHECK_ERR(vs_daemon_ini_parse(VS_BYTES_LITERAL("[a]\nb = \0c"), take, NULL, &line, &why),
	          CONFIG_SYNTAX);
}

static void
what_is_too_long(void)
{
	char text[VS_DAEMON_INI_VALUE_SIZE + 16];

	memset(text, 'x', sizeof(text));
	memcpy(text, "[a]\nb = ", 8);
	text[8 + VS_DAEMON_INI_VALUE_SIZE - 1] = '\0';
	CHECK_OK(parse(text));
	CHECK(strlen(seen[0].value) == VS_DAEMON_INI_VALUE_SIZE - 1);
	text[8 + VS_DAEMON_INI_VALUE_SIZE - 1] = 'x';
	text[8 + VS_DAEMON_INI_VALUE_SIZE] = '\0';
	CHECK_ERR(parse(text), CONFIG_SYNTAX);
	CHECK_ERR(parse("[a]\nb=1\nc=1\ng=1\nh=1\nk=1\n"), BUSY); /* who takes them may stop it */
}

int
main(void)
{
	CASE(what_a_file_holds);
	CASE(what_is_malformed);
	CASE(what_is_too_long);
	return 0;
}
