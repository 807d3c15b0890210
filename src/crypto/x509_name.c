/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509_name.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* IPv4 or IPv6 */
static bool
is_address(const char *text)
{
	unsigned char octets[16];

	return inet_pton(AF_INET, text, octets) == 1 || inet_pton(AF_INET6, text, octets) == 1;
}

bool
vs_x509_host_is_valid(const char *host)
{
	static const char allowed[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
	size_t size = strlen(host), label = 0;
	bool has_letter = false;

	if (is_address(host))
		return true;
	if (size == 0 || size >= VS_X509_HOST_SIZE - 1 || strspn(host, allowed) != size)
		return false;
	for (size_t i = 0; i <= size; i++) {
		char c = host[i];

		if (c == '.' || c == '\0') {
			if (label == 0 || label > 63 || host[i - 1] == '-' ||
			    host[i - label] == '-')
				return false;
			label = 0;
			continue;
		}
		has_letter = has_letter || c > '9'; /* else it is a broken address */
		label++;
	}
	return has_letter;
}

bool
vs_x509_identity_is_valid(const char *identity)
{
	static const char allowed[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-_=:+|@.";
	size_t size = strlen(identity);

	return size >= 1 && size <= 48 && strspn(identity, allowed) == size &&
	       !is_address(identity);
}

bool
vs_x509_text_is_valid(const char *text)
{
	size_t size = text != NULL ? strlen(text) : 0;

	if (size < 1 || size >= VS_X509_NAME_SIZE)
		return false;
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F)
			return false;
	return true;
}

bool
vs_x509_url_is_valid(const char *url)
{
	size_t size = url != NULL ? strlen(url) : 0;

	if (url == NULL)
		return true;
	if (size >= VS_X509_URL_SIZE ||
	    (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0))
		return false;
	return strspn(
		   url,
		   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:/.-_~%?=&[]") ==
	       size;
}

/* The next name of a list with commas; false at its end. Too long a name is cut, and thereby wrong
 * for being longer than a host name may be. */
bool
vs_x509_host_next(const char **list, char host[static VS_X509_HOST_SIZE + 1])
{
	size_t size;

	if (*list == NULL)
		return false;
	size = strcspn(*list, ",");
	(void)snprintf(host, VS_X509_HOST_SIZE + 1, "%.*s",
	               (int)(size < VS_X509_HOST_SIZE ? size : VS_X509_HOST_SIZE), *list);
	*list = (*list)[size] == ',' ? *list + size + 1 : NULL;
	return true;
}
