/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates for tests, made anew in a temporary directory: a CA, servers (ECDSA, RSA) and
 * clients. One test program, one directory; pki_done() removes it.
 */
#pragma once

#include <dirent.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test_folder.h"

struct pki_ca {
	X509 *certificate;
	EVP_PKEY *key;
};

static char pki_dir[64];

static inline void
pki_init(void)
{
	(void)snprintf(pki_dir, sizeof(pki_dir), "/tmp/voltseal-pki-XXXXXX");
	test_folder_make(pki_dir);
}

static inline void
pki_done(void)
{
	DIR *dir = opendir(pki_dir);

	CHECK(dir != NULL);
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		if (entry->d_name[0] != '.')
			CHECK(unlinkat(dirfd(dir), entry->d_name, 0) == 0);
	CHECK(closedir(dir) == 0 && rmdir(pki_dir) == 0);
}

/* The path of a file in the directory; good for eight calls. */
static inline const char *
pki_path(const char *name)
{
	static char paths[8][128];
	static unsigned next;
	char *path = paths[next++ % 8];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", pki_dir, name);
	return path;
}

static inline void
pki_write(const char *name, X509 *certificate, EVP_PKEY *key)
{
	char file[64];
	FILE *out;

	(void)snprintf(file, sizeof(file), "%s.pem", name);
	out = fopen(pki_path(file), "w");
	CHECK(out != NULL && PEM_write_X509(out, certificate) == 1 && fclose(out) == 0);
	(void)snprintf(file, sizeof(file), "%s.key", name);
	out = fopen(pki_path(file), "w");
	CHECK(out != NULL && PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) == 1);
	CHECK(fclose(out) == 0);
}

static inline void
pki_extend(X509 *certificate, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	CHECK(extension != NULL && X509_add_ext(certificate, extension, -1) == 1);
	X509_EXTENSION_free(extension);
}

/* A subject entry of UTF8String, any bytes. */
static inline void
pki_name(X509 *certificate, const char *field, const void *text, int size)
{
	CHECK(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), field,
	                                 V_ASN1_UTF8STRING, text, size, -1, 0) == 1);
}

static inline X509 *
pki_certificate(EVP_PKEY *key, long serial, long days)
{
	X509 *certificate = X509_new();

	CHECK(certificate != NULL && X509_set_version(certificate, X509_VERSION_3) == 1);
	CHECK(ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial) == 1);
	CHECK(X509_gmtime_adj(X509_getm_notBefore(certificate), -86400L * 3) != NULL);
	CHECK(X509_gmtime_adj(X509_getm_notAfter(certificate), 86400L * days) != NULL);
	CHECK(X509_set_pubkey(certificate, key) == 1);
	return certificate;
}

static inline struct pki_ca
pki_ca_new(const char *name)
{
	struct pki_ca ca = {.key = EVP_EC_gen("P-256")};

	CHECK(ca.key != NULL);
	ca.certificate = pki_certificate(ca.key, 1, 30);
	pki_name(ca.certificate, "CN", name, -1);
	CHECK(X509_set_issuer_name(ca.certificate, X509_get_subject_name(ca.certificate)) == 1);
	pki_extend(ca.certificate, NID_basic_constraints, "critical,CA:TRUE");
	pki_extend(ca.certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
	CHECK(X509_sign(ca.certificate, ca.key, EVP_sha256()) > 0);
	pki_write(name, ca.certificate, ca.key);
	return ca;
}

static inline void
pki_ca_free(struct pki_ca *ca)
{
	X509_free(ca->certificate);
	EVP_PKEY_free(ca->key);
}

/* Sign, write NAME.pem and NAME.key, free both. */
static inline void
pki_finish(const struct pki_ca *ca, const char *name, X509 *certificate, EVP_PKEY *key,
           const char *purpose)
{
	CHECK(X509_set_issuer_name(certificate, X509_get_subject_name(ca->certificate)) == 1);
	pki_extend(certificate, NID_ext_key_usage, purpose);
	CHECK(X509_sign(certificate, ca->key, EVP_sha256()) > 0);
	pki_write(name, certificate, key);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static inline void
pki_server(const struct pki_ca *ca, const char *name, bool is_rsa)
{
	EVP_PKEY *key = is_rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
	X509 *certificate;

	CHECK(key != NULL);
	certificate = pki_certificate(key, 2, 30);
	pki_name(certificate, "CN", "localhost", -1);
	pki_extend(certificate, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");
	pki_finish(ca, name, certificate, key, "serverAuth");
}

static inline void
pki_client_days(const struct pki_ca *ca, const char *name, const char *common_name, long days)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate;

	CHECK(key != NULL);
	certificate = pki_certificate(key, 0x0ABC, days);
	pki_name(certificate, "O", "Tenant", -1);
	pki_name(certificate, "CN", common_name, -1);
	pki_finish(ca, name, certificate, key, "clientAuth");
}

static inline void
pki_client(const struct pki_ca *ca, const char *name, const char *common_name)
{
	pki_client_days(ca, name, common_name, 30);
}
