/* SPDX-License-Identifier: Apache-2.0 */
/* A root, an issuing CA and their keys made with our own code, files in a folder of the test's own,
 * and the openssl program as a second opinion. */
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crypto/x509_info.h"
#include "crypto/x509_issue.h"
#include "test.h"

#define DAY ((int64_t)86400000)

struct ca {
	struct vs_x509_key *root_key, *key;
	struct vs_x509_cert *root, *cert;
};

static char ca_dir[] = "/tmp/voltseal-ca-XXXXXX";

static inline int64_t
ca_now(void)
{
	return (int64_t)time(NULL) * 1000;
}

static inline struct vs_x509_request
ca_request(enum vs_x509_profile profile, const char *common_name)
{
	return (struct vs_x509_request){
	    .profile = profile,
	    .common_name = profile == VS_X509_server ? NULL : common_name,
	    .hosts = profile == VS_X509_server ? common_name : NULL,
	    .organisation = "Test Org",
	    .not_before_ms = ca_now() - 3600000,
	    .not_after_ms = ca_now() + 30 * DAY,
	};
}

static inline void
ca_make(struct ca *ca, enum vs_x509_key_kind kind)
{
	struct vs_x509_request request = ca_request(VS_X509_root, "Root");

	*ca = (struct ca){0};
	CHECK_OK(vs_x509_key_new(kind, &ca->root_key));
	CHECK_OK(vs_x509_key_new(kind, &ca->key));
	CHECK_OK(vs_x509_issue(&request, ca->root_key, NULL, NULL, &ca->root));
	request = ca_request(VS_X509_issuing, "Issuing");
	CHECK_OK(vs_x509_issue(&request, ca->key, ca->root, ca->root_key, &ca->cert));
}

static inline void
ca_done(struct ca *ca)
{
	vs_x509_key_free(&ca->root_key);
	vs_x509_key_free(&ca->key);
	vs_x509_cert_free(&ca->root);
	vs_x509_cert_free(&ca->cert);
}

/* A leaf of that profile for a new key, which may be wanted too. */
static inline struct vs_x509_cert *
ca_leaf(const struct ca *ca, enum vs_x509_profile profile, const char *name,
        enum vs_x509_key_kind kind, struct vs_x509_key **key_out)
{
	struct vs_x509_request request = ca_request(profile, name);
	struct vs_x509_cert *cert = NULL;
	struct vs_x509_key *key = NULL;

	CHECK_OK(vs_x509_key_new(kind, &key));
	CHECK_OK(vs_x509_issue(&request, key, ca->cert, ca->key, &cert));
	if (key_out != NULL)
		*key_out = key;
	else
		vs_x509_key_free(&key);
	return cert;
}

static inline void
ca_folder(void)
{
	CHECK(mkdtemp(ca_dir) != NULL);
}

static inline void
ca_write(const char *name, const void *data, size_t size)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", ca_dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size && close(fd) == 0);
}

static inline size_t
ca_read(const char *name, void *data, size_t size)
{
	char path[128];
	ssize_t got;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", ca_dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	got = read(fd, data, size);
	CHECK(got >= 0 && close(fd) == 0);
	return (size_t)got;
}

static inline void
ca_write_cert(const char *name, const struct vs_x509_cert *cert)
{
	struct vs_buf pem;

	vs_buf_init(&pem, 65536);
	CHECK_OK(vs_x509_cert_write(cert, &pem));
	ca_write(name, pem.data, pem.size);
	vs_buf_done(&pem);
}

static inline void
ca_write_key(const char *name, const struct vs_x509_key *key)
{
	struct vs_secret *pem = NULL;

	CHECK_OK(vs_x509_key_write(key, &pem));
	ca_write(name, vs_secret_bytes(pem), vs_secret_size(pem));
	vs_secret_free(&pem);
}

/* Run a command in the folder; true when it succeeded. */
static inline bool __attribute__((format(printf, 1, 2))) ca_shell(const char *format, ...)
{
	char command[2048];
	char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, command, NULL};
	int used = snprintf(command, sizeof(command), "cd %s && ", ca_dir);
	va_list arguments;
	pid_t pid;
	int status;

	va_start(arguments, format);
	CHECK(vsnprintf(command + used, sizeof(command) - (size_t)used, format, arguments) > 0);
	va_end(arguments);
	CHECK(posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ) == 0);
	CHECK(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static inline void
ca_folder_done(void)
{
	CHECK(ca_shell("rm -f ./* && rmdir %s", ca_dir));
}
