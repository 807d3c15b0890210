/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/fetch.h"

#include <assert.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct exchange {
	const struct vs_fetch_request *request;
	struct vs_buf *answer;
	CURL *curl;
	bool is_any_address; /* nobody but the caller chose it */
	bool was_forbidden, was_too_long;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool is_ready;

static void
prepare_library(void)
{
	is_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

/* The one place where a connection begins: after the name was resolved, before a byte is sent. */
static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct exchange *x = arg;

	if (purpose != CURLSOCKTYPE_IPCXN ||
	    (!x->is_any_address && !vs_fetch_address_is_public(&address->addr))) {
		x->was_forbidden = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t
take(char *data, size_t one, size_t size, void *arg)
{
	struct exchange *x = arg;

	(void)one;
	if (vs_buf_append(x->answer, data, size).code == VS_E_OK)
		return size;
	x->was_too_long = true;
	return 0;
}

static int
look(void *arg, curl_off_t down, curl_off_t downed, curl_off_t up, curl_off_t upped)
{
	const struct exchange *x = arg;

	(void)down;
	(void)downed;
	(void)up;
	(void)upped;
	return atomic_load(x->request->is_cancelled) ? 1 : 0;
}

/* Those of the caller behind the content type. */
static CURLcode
add_headers(const char *const *more, struct curl_slist **headers)
{
	for (; more != NULL && *more != NULL; more++) {
		struct curl_slist *longer = curl_slist_append(*headers, *more);

		if (longer == NULL)
			return CURLE_OUT_OF_MEMORY;
		*headers = longer;
	}
	return CURLE_OK;
}

static CURLcode
set_up(struct exchange *x, struct curl_slist **headers)
{
	const struct vs_fetch_request *request = x->request;
	CURLcode rc = CURLE_OK;

#define SET(option, value) rc = rc != CURLE_OK ? rc : curl_easy_setopt(x->curl, option, value)
	SET(CURLOPT_URL, request->url);
	SET(CURLOPT_PROTOCOLS_STR, request->ca_file != NULL ? "https" : "http");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_FORBID_REUSE, 1L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_USERAGENT, "voltseal");
	SET(CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)request->timeout_ms);
	SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(CURLOPT_OPENSOCKETDATA, x);
	SET(CURLOPT_WRITEFUNCTION, take);
	SET(CURLOPT_WRITEDATA, x);
	if (request->is_cancelled != NULL) {
		SET(CURLOPT_NOPROGRESS, 0L);
		SET(CURLOPT_XFERINFOFUNCTION, look);
		SET(CURLOPT_XFERINFODATA, x);
	}
	if (request->ca_file != NULL) {
		SET(CURLOPT_CAINFO, request->ca_file);
		SET(CURLOPT_CAPATH, NULL);
		SET(CURLOPT_SSL_VERIFYPEER, 1L);
		SET(CURLOPT_SSL_VERIFYHOST, 2L);
		SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	}
	if (request->pins != NULL && request->pins[0] != '\0')
		SET(CURLOPT_PINNEDPUBLICKEY, request->pins);
	if (request->body.size > 0) {
		char type[128];

		(void)snprintf(type, sizeof(type), "Content-Type: %s", request->content_type);
		*headers = curl_slist_append(NULL, type);
		rc = rc == CURLE_OK && *headers == NULL ? CURLE_OUT_OF_MEMORY : rc;
		rc = rc == CURLE_OK ? add_headers(request->headers, headers) : rc;
		SET(CURLOPT_HTTPHEADER, *headers);
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.size);
		SET(CURLOPT_POSTFIELDS, request->body.data);
	}
#undef SET
	return rc;
}

static vs_result
failure(const struct exchange *x, CURLcode rc)
{
	if (x->was_forbidden)
		return VS_FAIL(FORBIDDEN);
	if (x->was_too_long)
		return VS_FAIL(TOO_LONG);
	switch ((int)rc) {
	case CURLE_OPERATION_TIMEDOUT:
		return VS_FAIL(TIMEOUT);
	case CURLE_ABORTED_BY_CALLBACK:
		return VS_FAIL(CLOSED);
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
		return VS_FAIL(TLS_FAILED);
	case CURLE_OUT_OF_MEMORY:
		return VS_FAIL(NO_MEMORY);
	default:
		return VS_FAIL(IO);
	}
}

static const char *
words_of(const struct exchange *x, CURLcode rc, const char *detail)
{
	if (x->was_forbidden)
		return "the name leads to an address that is not of the public network";
	if (x->was_too_long)
		return "the answer is too large";
	return detail[0] != '\0' ? detail : curl_easy_strerror(rc);
}

static vs_result
perform(struct exchange *x, unsigned *status_out, char *reason)
{
	struct curl_slist *headers = NULL;
	char detail[CURL_ERROR_SIZE] = "";
	long status = 0;
	CURLcode rc = set_up(x, &headers);
	vs_result r = VS_OK;

	if (rc == CURLE_OK)
		rc = curl_easy_setopt(x->curl, CURLOPT_ERRORBUFFER, detail);
	if (rc == CURLE_OK)
		rc = curl_easy_perform(x->curl);
	if (rc == CURLE_OK)
		rc = curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
	if (rc != CURLE_OK) {
		r = failure(x, rc);
		(void)snprintf(reason, VS_FETCH_REASON_SIZE, "%s", words_of(x, rc, detail));
	} else {
		*status_out = (unsigned)status;
	}
	/* libcurl writes into it until the handle is gone. */
	(void)curl_easy_setopt(x->curl, CURLOPT_ERRORBUFFER, NULL);
	curl_slist_free_all(headers);
	return r;
}

vs_result
vs_fetch(const struct vs_fetch_request *request, struct vs_buf *answer, unsigned *status_out,
         char reason[static VS_FETCH_REASON_SIZE])
{
	struct exchange x = {.request = request, .answer = answer};
	vs_result r;

	assert(request != NULL && request->url != NULL && answer != NULL && status_out != NULL);
	assert(request->body.size == 0 || request->content_type != NULL);
	if (!vs_fetch_url_is_valid(request->url, request->ca_file != NULL)) {
		(void)snprintf(reason, VS_FETCH_REASON_SIZE, "it is no %s URL",
		               request->ca_file != NULL ? "https" : "http");
		return VS_FAIL(BAD_VALUE);
	}
	(void)pthread_once(&once, prepare_library);
	x.is_any_address = request->is_private_allowed || vs_fetch_url_is_literal(request->url);
	x.curl = is_ready ? curl_easy_init() : NULL;
	if (x.curl == NULL)
		return VS_FAIL(NO_MEMORY);
	r = perform(&x, status_out, reason);
	curl_easy_cleanup(x.curl);
	return r;
}
