/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

static void
ask(struct desk *desk, const char *token, const char *type, const char *answer)
{
	char text[256], want[256];

	(void)snprintf(text, sizeof(text),
	               "[2,\"1\",\"Authorize\",{\"idToken\":{\"idToken\":\"%s\",\"type\":\"%s\"}}]",
	               token, type);
	(void)snprintf(want, sizeof(want), "[3,\"1\",{\"idTokenInfo\":%s}]", answer);
	desk_hear(desk, text);
	CHECK(strcmp(desk_last(desk), want) == 0);
}

static void
tokens(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);

	desk_token(desk, "AA", "Accepted", "");
	desk_token(desk, "BB", "Blocked", "");
	desk_token(desk, "CC", "Accepted", "FLEET");
	ask(desk, "AA", "ISO14443", "{\"status\":\"Accepted\"}");
	ask(desk, "aa", "ISO14443", "{\"status\":\"Accepted\"}");
	ask(desk, "BB", "ISO14443", "{\"status\":\"Blocked\"}");
	ask(desk, "CC", "ISO15693",
	    "{\"status\":\"Accepted\",\"groupIdToken\":{\"idToken\":\"FLEET\",\"type\":\"Central\"}"
	    "}");
	ask(desk, "nobody", "ISO14443", "{\"status\":\"Invalid\"}");
	ask(desk, "", "NoAuthorization", "{\"status\":\"Accepted\"}");
	CHECK(desk->context.journal.count == 1); /* the reused id, told once */
	desk_free(desk);
}

int
main(void)
{
	CASE(tokens);
	return 0;
}
