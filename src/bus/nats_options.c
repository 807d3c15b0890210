/* SPDX-License-Identifier: Apache-2.0 */
/* How we connect: TLS with certificates on both sides, for ever, each time a little later. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/nats_inside.h"
#include "bus/subject.h"

#define URLS_MAX        16
#define CONNECT_MS      2000
#define PING_MS         2000 /* a server that says nothing for two of them is given up */
#define WRITE_MS        2000
#define RECONNECT_MS    250u
#define POOL            4 /* threads that deliver, for all connections of the process */
#define SUITES          "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"
#define CIPHERS         "ECDHE+AESGCM:ECDHE+CHACHA20"
#define WAITING_MSG_MAX 65536

static vs_result
fail(char *reason, size_t size, const char *what, natsStatus status)
{
	const char *said = status == NATS_OK ? NULL : nats_GetLastError(NULL);

	(void)snprintf(reason, size, "%s%s%s", what, status == NATS_OK ? "" : ": ",
	               status == NATS_OK                 ? ""
	               : said == NULL || said[0] == '\0' ? natsStatus_GetText(status)
	                                                 : said);
	return VS_FAIL(CONFIG);
}

/* Splits urls in place. A name and a password in a URL would be in argv and in logs. */
static vs_result
read_urls(char *urls, bool is_clear, const char *list[static URLS_MAX], int *count_out,
          char *reason, size_t size)
{
	const char *scheme = is_clear ? "nats://" : "tls://";
	int count = 0;

	for (char *at = urls; at != NULL && *at != '\0';) {
		char *comma = strchr(at, ',');

		if (comma != NULL)
			*comma = '\0';
		if (strncmp(at, scheme, strlen(scheme)) != 0 || at[strlen(scheme)] == '\0' ||
		    strchr(at, '@') != NULL)
			return fail(reason, size,
			            is_clear ? "a server is nats://HOST:PORT"
			                     : "a server is tls://HOST:PORT",
			            NATS_OK);
		if (count == URLS_MAX)
			return fail(reason, size, "more than 16 servers", NATS_OK);
		list[count++] = at;
		at = comma == NULL ? NULL : comma + 1;
	}
	if (count == 0)
		return fail(reason, size, "no server is named", NATS_OK);
	*count_out = count;
	return VS_OK;
}

static natsStatus
set_manner(natsOptions *made, const struct vs_nats_options *options, const char **urls, int count)
{
	int64_t wait = options->reconnect_ms != 0 ? options->reconnect_ms : RECONNECT_MS;
	natsStatus s = natsOptions_SetServers(made, urls, count);

	s = s != NATS_OK ? s : natsOptions_SetName(made, options->node);
	s = s != NATS_OK ? s : natsOptions_SetTimeout(made, CONNECT_MS);
	s = s != NATS_OK ? s : natsOptions_SetPingInterval(made, PING_MS);
	s = s != NATS_OK ? s : natsOptions_SetMaxPingsOut(made, 2);
	s = s != NATS_OK ? s : natsOptions_SetWriteDeadline(made, WRITE_MS);
	s = s != NATS_OK ? s : natsOptions_SetMaxReconnect(made, -1);
	s = s != NATS_OK ? s : natsOptions_SetReconnectWait(made, wait);
	s = s != NATS_OK ? s : natsOptions_SetReconnectJitter(made, wait, wait);
	/* What cannot leave now is not to leave later: one byte of memory for it. */
	s = s != NATS_OK ? s : natsOptions_SetReconnectBufSize(made, 1);
	s = s != NATS_OK ? s : natsOptions_SetMaxPendingMsgs(made, WAITING_MSG_MAX);
	s = s != NATS_OK ? s : natsOptions_UseGlobalMessageDelivery(made, true);
	s = s != NATS_OK ? s : natsOptions_SetSendAsap(made, true);
	return s != NATS_OK ? s : natsOptions_SetNoEcho(made, true);
}

static natsStatus
set_tls(natsOptions *made, const struct vs_nats_options *options)
{
	natsStatus s = natsOptions_SetSecure(made, true);

	s = s != NATS_OK ? s : natsOptions_LoadCATrustedCertificates(made, options->ca_file);
	s = s != NATS_OK
	        ? s
	        : natsOptions_LoadCertificatesChain(made, options->cert_file, options->key_file);
	s = s != NATS_OK ? s : natsOptions_SetCiphers(made, CIPHERS);
	return s != NATS_OK ? s : natsOptions_SetCipherSuites(made, SUITES);
}

static bool
is_named(const char *file)
{
	return file != NULL && file[0] != '\0';
}

vs_result
vs_nats_options_make(const struct vs_nats_options *options, char *reason, size_t size,
                     natsOptions **made_out)
{
	const char *list[URLS_MAX] = {NULL};
	natsOptions *made = NULL;
	natsStatus s = NATS_OK;
	int count = 0;
	vs_result r;
	char *urls;

	assert(options != NULL && options->urls != NULL && reason != NULL && size > 0);
	if (!vs_bus_node_is_valid(options->node))
		return fail(reason, size, "the node's name is not acceptable", NATS_OK);
	if (!options->is_clear && (!is_named(options->ca_file) || !is_named(options->cert_file) ||
	                           !is_named(options->key_file)))
		return fail(reason, size, "it needs a CA, a certificate and a key", NATS_OK);
	urls = strdup(options->urls);
	if (urls == NULL)
		return VS_FAIL(NO_MEMORY);
	r = read_urls(urls, options->is_clear, list, &count, reason, size);
	if (r.code != VS_E_OK)
		goto out;
	s = nats_SetMessageDeliveryPoolSize(POOL);
	s = s != NATS_OK ? s : natsOptions_Create(&made);
	s = s != NATS_OK ? s : set_manner(made, options, list, count);
	if (!options->is_clear)
		s = s != NATS_OK ? s : set_tls(made, options);
	if (s != NATS_OK) {
		r = fail(reason, size, "the connection cannot be set up", s);
		natsOptions_Destroy(made);
		goto out;
	}
	*made_out = made;
out:
	free(urls);
	return r;
}
