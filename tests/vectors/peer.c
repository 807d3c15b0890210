/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our primitives, to be asked by whoever checks them: a line "operation hex hex ..." on standard
 * input ("-" is no bytes) is answered by "ok hex hex ..." or "error NAME".
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "ops.h"
#include "wire/base64.h"

#define ARGS_MAX        64
#define RESULT_SIZE_MAX (1u << 22)

static const struct op *const tables[] = {ops_asymmetric, ops_jose, ops_symmetric};

static _Noreturn void
give_up(const char *what)
{
	(void)fprintf(stderr, "crypto_peer: %s\n", what);
	exit(2);
}

struct vs_buf *
op_result(struct op_call *call)
{
	assert(call->result_count < OP_RESULTS);
	return &call->results[call->result_count++];
}

vs_result
op_result_bytes(struct op_call *call, const void *data, size_t size)
{
	return vs_buf_append(op_result(call), data, size);
}

vs_result
op_result_u64(struct op_call *call, uint64_t number)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(number >> (56 - 8 * i));
	return op_result_bytes(call, bytes, sizeof(bytes));
}

vs_result
op_u64(struct vs_bytes arg, uint64_t *number_out)
{
	uint64_t number = 0;

	if (arg.size != 8)
		return VS_FAIL(UNSUPPORTED);
	for (size_t i = 0; i < 8; i++)
		number = number << 8 | arg.data[i];
	*number_out = number;
	return VS_OK;
}

static const struct op *
find(const char *name)
{
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		for (const struct op *op = tables[t]; op->name != NULL; op++) {
			if (strcmp(op->name, name) == 0)
				return op;
		}
	}
	return NULL;
}

/* Blocks of exactly their size, so that the sanitizer sees one byte too far. */
static struct vs_bytes
argument(const char *text)
{
	size_t size = strcmp(text, "-") == 0 ? 0 : strlen(text) / 2;
	uint8_t *data = malloc(size > 0 ? size : 1);

	if (data == NULL)
		give_up("no memory");
	if (size > 0 && vs_hex_decode(vs_bytes_from_text(text), data, size, &size).code != VS_E_OK)
		give_up("an argument is not hexadecimal");
	return vs_bytes_from(data, size);
}

static void
print_result(const struct vs_buf *result)
{
	char *text = malloc(2 * result->size + 1);

	if (text == NULL)
		give_up("no memory");
	(void)vs_hex_encode(vs_buf_view(result), text, 2 * result->size + 1);
	(void)printf(" %s", result->size > 0 ? text : "-");
	free(text);
}

static void
answer(char *line)
{
	struct vs_bytes args[ARGS_MAX];
	struct op_call call = {.args = args};
	const struct op *op;
	char *rest = line, *word = strsep(&rest, " ");
	vs_result r;

	op = find(word);
	if (op == NULL)
		give_up(word);
	while ((word = strsep(&rest, " ")) != NULL) {
		if (call.count == ARGS_MAX)
			give_up("too many arguments");
		args[call.count++] = argument(word);
	}
	if (call.count < op->count_min || call.count > op->count_max)
		give_up("wrong count of arguments");
	for (size_t i = 0; i < OP_RESULTS; i++)
		vs_buf_init(&call.results[i], RESULT_SIZE_MAX);
	r = op->run(&call);
	(void)printf("%s", r.code == VS_E_OK ? "ok" : "error ");
	if (r.code != VS_E_OK)
		(void)printf("%s", vs_err_name(r.code));
	for (size_t i = 0; i < OP_RESULTS; i++) {
		if (r.code == VS_E_OK && i < call.result_count)
			print_result(&call.results[i]);
		vs_buf_done(&call.results[i]);
	}
	(void)printf("\n");
	(void)fflush(stdout);
	for (size_t i = 0; i < call.count; i++)
		free((void *)(uintptr_t)args[i].data);
}

int
main(void)
{
	char *line = NULL;
	size_t capacity = 0;
	ssize_t size;

	while ((size = getline(&line, &capacity, stdin)) > 0) {
		if (line[size - 1] == '\n')
			line[size - 1] = 0;
		answer(line);
	}
	free(line);
	return 0;
}
