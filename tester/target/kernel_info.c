/* SPDX-License-Identifier: BSD-2-Clause */
#include "target/kernel_info.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/util.h"

#ifndef TCP_CC_INFO
#define TCP_CC_INFO 26
#endif
#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif

/* More than any kernel fills. */
enum { ROOM_BYTES = 1024 };

/* Linux's numbers of states; what is not named (7: no connection) is CLOSED, which is 0. */
static const enum tcp_state state_of_number[] = {
	[1] = TCP_STATE_ESTABLISHED,
	[2] = TCP_STATE_SYN_SENT,
	[3] = TCP_STATE_SYN_RECEIVED,
	[4] = TCP_STATE_FIN_WAIT_1,
	[5] = TCP_STATE_FIN_WAIT_2,
	[6] = TCP_STATE_TIME_WAIT,
	[8] = TCP_STATE_CLOSE_WAIT,
	[9] = TCP_STATE_LAST_ACK,
	[10] = TCP_STATE_LISTEN,
	[11] = TCP_STATE_CLOSING,
	[12] = TCP_STATE_SYN_RECEIVED,    /* a request that has no socket yet */
};

/* Congestion control modules: struct tcp_bbr_info, tcp_dctcp_info, tcpvegas_info. */
static const struct kernel_info_row bbr_table[] = {
	{ "bbr_bw_lo", 0, 4, 0, 0, 0, 0 },       { "bbr_bw_hi", 4, 4, 0, 0, 0, 0 },
	{ "bbr_min_rtt", 8, 4, 0, 0, 0, 0 },     { "bbr_pacing_gain", 12, 4, 0, 0, 0, 0 },
	{ "bbr_cwnd_gain", 16, 4, 0, 0, 0, 0 },
};

static const struct kernel_info_row dctcp_table[] = {
	{ "dctcp_enabled", 0, 2, 0, 0, 0, 0 }, { "dctcp_ce_state", 2, 2, 0, 0, 0, 0 },
	{ "dctcp_alpha", 4, 4, 0, 0, 0, 0 },   { "dctcp_ab_ecn", 8, 4, 0, 0, 0, 0 },
	{ "dctcp_ab_tot", 12, 4, 0, 0, 0, 0 },
};

static const struct kernel_info_row vegas_table[] = {
	{ "tcpv_enabled", 0, 4, 0, 0, 0, 0 },
	{ "tcpv_rttcnt", 4, 4, 0, 0, 0, 0 },
	{ "tcp_rtt", 8, 4, 0, 0, 0, 0 },
	{ "tcp_minrtt", 12, 4, 0, 0, 0, 0 },
	{ "tcpv_rtt", 8, 4, 0, 0, 0, 0 },    /* as its neighbours are called */
	{ "tcpv_minrtt", 12, 4, 0, 0, 0, 0 },
};

static const struct {
	const struct kernel_info_row *rows;
	size_t n_rows;
	size_t n_bytes;               /* the length that tells it from others */
} cc_table[] = {
	{ bbr_table, ARRAY_LEN(bbr_table), 20 },
	{ dctcp_table, ARRAY_LEN(dctcp_table), 16 },
	{ vegas_table, ARRAY_LEN(vegas_table), 16 },
};

#define MEM_ROW(id) { #id, (id) * 4, 4, 0, 0, 0, 0 }

static const struct kernel_info_row mem_table[] = {
	MEM_ROW(SK_MEMINFO_RMEM_ALLOC), MEM_ROW(SK_MEMINFO_RCVBUF),
	MEM_ROW(SK_MEMINFO_WMEM_ALLOC), MEM_ROW(SK_MEMINFO_SNDBUF),
	MEM_ROW(SK_MEMINFO_FWD_ALLOC),  MEM_ROW(SK_MEMINFO_WMEM_QUEUED),
	MEM_ROW(SK_MEMINFO_OPTMEM),     MEM_ROW(SK_MEMINFO_BACKLOG),
	MEM_ROW(SK_MEMINFO_DROPS),
};

struct list {
	struct arena *arena;
	struct target_info *item;
	size_t n, cap;
	unsigned int version;
};

enum tcp_state kernel_tcp_state(unsigned int number)
{
	return number < ARRAY_LEN(state_of_number) ? state_of_number[number] : TCP_STATE_CLOSED;
}

int kernel_info_state(int fd, enum tcp_state *out)
{
	uint8_t info[ROOM_BYTES];
	socklen_t n = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &n) < 0 || n < 1)
		return -ERR_UNSUPPORTED;
	*out = kernel_tcp_state(info[0]);
	return 0;
}

static unsigned int kernel_version(void)
{
	struct utsname u;
	unsigned int major = 0, minor = 0;

	if (uname(&u) == 0 && sscanf(u.release, "%u.%u", &major, &minor) == 2)
		return KERNEL_INFO_VERSION(major, minor);
	return 0;
}

static void add(struct list *l, const char *name, int64_t value)
{
	*ARENA_PUSH(l->arena, l->item, l->n, l->cap, struct target_info) =
		(struct target_info){ .name = name, .value = value };
}

/* A member in the machine's byte order. */
static uint64_t load(const uint8_t *p, size_t size)
{
	uint64_t u64;
	uint32_t u32;
	uint16_t u16;

	switch (size) {
	case 8:
		memcpy(&u64, p, sizeof(u64));
		return u64;
	case 4:
		memcpy(&u32, p, sizeof(u32));
		return u32;
	case 2:
		memcpy(&u16, p, sizeof(u16));
		return u16;
	default:
		return *p;
	}
}

static uint64_t load_row(const uint8_t *bytes, const struct kernel_info_row *row)
{
	uint64_t v = load(bytes + row->off, row->size);
	unsigned int shift = row->shift;

	if (row->bits == 0)
		return v;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	shift = row->size * 8u - row->shift - row->bits;    /* compilers begin at the other end */
#endif
	return (v >> shift) & ((1u << row->bits) - 1);
}

/* What the kernel did not fill is simply not there. */
static void add_rows(struct list *l, const struct kernel_info_row *rows, size_t n_rows,
		     const uint8_t *bytes, size_t n)
{
	for (const struct kernel_info_row *row = rows; row < rows + n_rows; row++) {
		if ((size_t)row->off + row->size > n || l->version < row->since ||
		    (row->before && l->version >= row->before))
			continue;
		add(l, row->name, (int64_t)load_row(bytes, row));
	}
}

static void add_cc(struct list *l, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(cc_table); i++) {
		if (cc_table[i].n_bytes != n)
			continue;
		add_rows(l, cc_table[i].rows, cc_table[i].n_rows, bytes, n);
		if (cc_table[i].rows == bbr_table)
			add(l, "bbr_bw", (int64_t)(load(bytes + 4, 4) << 32 | load(bytes, 4)));
	}
}

void kernel_info_parse(struct arena *a, const struct kernel_info_bytes *b,
		       const struct target_info **out, size_t *n)
{
	struct list l = { .arena = a, .version = b->version };

	add_rows(&l, kernel_info_table, kernel_info_table_len, b->info, b->n_info);
	add_cc(&l, b->cc, b->n_cc);
	add_rows(&l, mem_table, ARRAY_LEN(mem_table), b->mem, b->n_mem);
	*out = l.item;
	*n = l.n;
}

/* How many bytes of @out were filled: none where the socket has no such option. */
static size_t read_option(int fd, int level, int name, uint8_t out[ROOM_BYTES])
{
	socklen_t n = ROOM_BYTES;

	return getsockopt(fd, level, name, out, &n) == 0 ? n : 0;
}

int kernel_info_read(struct arena *a, int fd, const struct target_info **out, size_t *n,
		     const char **why)
{
	uint8_t info[ROOM_BYTES], cc[ROOM_BYTES], mem[ROOM_BYTES];
	const struct kernel_info_bytes b = {
		.info = info, .n_info = read_option(fd, IPPROTO_TCP, TCP_INFO, info),
		.cc = cc, .n_cc = read_option(fd, IPPROTO_TCP, TCP_CC_INFO, cc),
		.mem = mem, .n_mem = read_option(fd, SOL_SOCKET, SO_MEMINFO, mem),
		.version = kernel_version(),
	};

	kernel_info_parse(a, &b, out, n);
	if (*n > 0)
		return 0;
	*why = arena_printf(a, "no information about descriptor %d: %s", fd, strerror(errno));
	return -ERR_STATE;
}
