/* SPDX-License-Identifier: BSD-2-Clause */
/* The scripts that are run and read. */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>

#include "bench.h"

FILE *script_open(const struct bench *b, const char *name, char *path)
{
	FILE *f;

	snprintf(path, PATH_MAX, "%s/%s", b->folder, name);
	f = fopen(path, "we");
	if (!f) {
		perror(path);
		exit(1);
	}
	return f;
}

void script_handshake(FILE *f)
{
	fputs("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
	      "+0 setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0\n"
	      "+0 bind(3, ..., ...) = 0\n"
	      "+0 listen(3, 1) = 0\n"
	      "+0 < S 0:0(0) win 32792 <mss 1000,sackOK,nop,nop,nop,wscale 7>\n"
	      "+0 > S. 0:0(0) ack 1 <...>\n"
	      "+0 < . 1:1(0) ack 1 win 257\n"
	      "+0 accept(3, ..., ...) = 4\n",
	      f);
}

void script_short(FILE *f)
{
	script_handshake(f);
	fputs("+.01 < F. 1:1(0) ack 1 win 257\n"
	      "+.01 close(4) = 0\n",
	      f);
}

void script_rounds(FILE *f, size_t n)
{
	script_handshake(f);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "+.001 write(4, ..., 500) = 500\n"
			"+0 > P. %zu:%zu(500) ack 1\n"
			"+0 < . 1:1(0) ack %zu win 257\n", 1 + i * 500, 501 + i * 500, 501 + i * 500);
}

void script_transfer(FILE *f, size_t n)
{
	script_handshake(f);
	for (size_t i = 0; i * 5 < n; i++) {
		uint64_t in = 1 + i * 1000, out = 1 + i * 500;

		fprintf(f, "+.001 < P. %" PRIu64 ":%" PRIu64 "(1000) ack %" PRIu64
			" win 257 <nop,nop,TS val %zu ecr %zu>\n", in, in + 1000, out, i + 9, i);
		fprintf(f, "+0 > . %" PRIu64 ":%" PRIu64 "(0) ack %" PRIu64
			" <nop,nop,TS val %zu ecr %zu>\n", out, out, in + 1000, i, i + 9);
		fprintf(f, "+.001 write(4, ..., 500) = 500\n");
		fprintf(f, "+0 > P. %" PRIu64 ":%" PRIu64 "(500) ack %" PRIu64
			" <nop,nop,TS val %zu ecr %zu>\n", out, out + 500, in + 1000, i, i + 9);
		fprintf(f, "+.001 < . %" PRIu64 ":%" PRIu64 "(0) ack %" PRIu64
			" win 257 <nop,nop,TS val %zu ecr %zu>\n", in + 1000, in + 1000, out + 500,
			i + 9, i);
	}
}
