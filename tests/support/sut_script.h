/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SUT_SCRIPT_H
#define SUT_SCRIPT_H

#include "sut_tcp.h"
#include "tcp_impl.h"

/*
 * A test as lines of text, for tables of them:
 *
 *	< SEGMENT        arrives
 *	> SEGMENT        leaves now; "> -" nothing does
 *	+MS > SEGMENT    leaves MS milliseconds from here, and nothing before
 *	wait MS          time passes; what leaves stays for the next line
 *	quiet MS         nothing leaves for so long
 *	gso N            segment size of what arrives from here on; 0: not aggregated
 *	fq               the link paces
 *	mtu N            of the link
 *	win N            the window field of the segment taken last
 *	state NAME       of the connection, as the stack finds it by its addresses
 *	open N, block N: MSG_FASTOPEN of N bytes, as a call that must not block, and one that may
 *	socket: c, not connected
 *	listen N, accept, connect, write N, more N, oob N, read N, peek N, discard N, readoob,
 *	shutdown N, close, disconnect, poll MASK, error, opt LEVEL NAME VALUE, linger S,
 *	sysctl NAME VALUE, inq N, outq N, info OFFSET N
 *	icmp TYPE CODE REST SEQ: an error about the segment that begins with SEQ
 *
 * A call is followed by "= RESULT" unless that is 0. Sockets: the listener is l, the other c.
 */
struct sut_run {
	struct sut_peer p;
	int l, c;
	const char *name;
	const char *line;
	uint32_t read_at;          /* position in the peer's stream */
};

static inline void sut_run_fail(const struct sut_run *r, const char *what)
{
	ck_abort_msg("%s: %s: %s", r->name, r->line, what);
}

static inline void sut_run_result(const struct sut_run *r, int64_t got)
{
	const char *eq = strchr(r->line, '=');
	long long want = eq ? strtoll(eq + 1, NULL, 10) : 0;
	char text[80];

	snprintf(text, sizeof(text), "gave %lld", (long long)got);
	if (got != want)
		sut_run_fail(r, text);
}

static inline void sut_run_sent(struct sut_run *r, const char *want, const char *got)
{
	if (strcmp(want, got))
		sut_run_fail(r, got);
}

static inline void sut_run_later(struct sut_run *r)
{
	long ms = strtol(r->line + 1, NULL, 10);
	int64_t got = sut_until_sent(&r->p, 2 * ms + 1000);
	char text[500];

	snprintf(text, sizeof(text), "%lld ms: %s", (long long)got, got < 0 ? "-" : r->p.text);
	if (got != ms)
		sut_run_fail(r, text);
	sut_run_sent(r, strchr(r->line, '>') + 2, r->p.text);
}

static inline void sut_run_state(struct sut_run *r, const char *want)
{
	struct sut_endpoint local = { sut_local(r->p.family), r->p.local_port };
	struct sut_endpoint remote = { sut_remote(r->p.family), r->p.remote_port };

	sut_run_sent(r, want, tcp_state_name(sut_state_of(r->p.host.s, &local, &remote)));
}

static inline int64_t sut_run_socket(struct sut_run *r)
{
	struct sut_endpoint local = { sut_local(r->p.family), r->p.local_port };

	if (r->c < 0) {
		r->c = sut_tcp_socket(&r->p);
		if (r->c < 0)
			return r->c;
	}
	sut_bind(r->p.host.s, r->c, &local);
	return 0;
}

static inline int64_t sut_run_connect(struct sut_run *r)
{
	struct sut_endpoint remote = { sut_remote(r->p.family), r->p.remote_port };
	int64_t rc = sut_run_socket(r);

	return rc < 0 ? rc : sut_connect(r->p.host.s, r->c, &remote);
}

static inline int64_t sut_run_open(struct sut_run *r, size_t n, int flags)
{
	struct sut_endpoint remote = { sut_remote(r->p.family), r->p.remote_port };
	struct sut_iovec v = { NULL, n };
	struct sut_msg m = { .to = &remote, .iov = &v, .n_iov = 1 };
	int64_t rc = sut_run_socket(r);

	return rc < 0 ? rc : sut_sendmsg(r->p.host.s, r->c, &m, flags | 0x20004000);
}

static inline int64_t sut_run_read(struct sut_run *r, size_t n, int flags)
{
	static uint8_t bytes[200000];
	int64_t got = sut_read(&r->p, r->c, bytes, n, flags);

	if (flags & 0x20)
		r->read_at += got > 0 ? (uint32_t)got : 0;
	if (got <= 0 || (flags & 0x21))
		return got;
	for (int64_t i = 0; i < got; i++) {
		if (bytes[i] != sut_stream_byte(1 + r->read_at + (uint32_t)i))
			sut_run_fail(r, "wrong bytes");
	}
	if (!(flags & 2))
		r->read_at += (uint32_t)got;
	return got;
}

static inline int64_t sut_run_option(struct sut_run *r, int level, int name, int v)
{
	return sut_setsockopt(r->p.host.s, r->c >= 0 ? r->c : r->l, level, name, &v, sizeof(v));
}

static inline int64_t sut_run_linger(struct sut_run *r, int seconds)
{
	int v[2] = { 1, seconds };

	return sut_setsockopt(r->p.host.s, r->c, 1, 13, v, sizeof(v));
}

static inline int64_t sut_run_error(struct sut_run *r)
{
	int v = 0;
	uint32_t n = sizeof(v);

	ck_assert_int_eq(sut_getsockopt(r->p.host.s, r->c, 1, 4, &v, &n), 0);
	return v;
}

static inline int64_t sut_run_poll(struct sut_run *r)
{
	struct sut_pollfd fd = { r->c >= 0 ? r->c : r->l, 0x7fff, 0 };

	sut_poll(r->p.host.s, &fd, 1);
	return fd.revents;
}

static inline int64_t sut_run_ioctl(struct sut_run *r, uint64_t request)
{
	int v = -1, rc = sut_ioctl(r->p.host.s, r->c, request, &v);

	return rc ? rc : v;
}

static inline int64_t sut_run_close(struct sut_run *r)
{
	int *h = r->c >= 0 ? &r->c : &r->l;
	int rc = sut_close(r->p.host.s, *h);

	if (!rc)
		*h = -1;
	return rc;
}

static inline int64_t sut_run_accept(struct sut_run *r)
{
	int rc = sut_accept(r->p.host.s, r->l, 0, NULL);

	if (rc >= 0)
		r->c = rc;
	return rc < 0 ? rc : 0;
}

static inline int64_t sut_run_listen(struct sut_run *r, int backlog)
{
	r->l = sut_listener(&r->p, backlog);
	return 0;
}

static inline int64_t sut_run_icmp(struct sut_run *r)
{
	unsigned type = 0, code = 0, rest = 0, seq = 0;
	struct sut_addr local = sut_local(r->p.family), remote = sut_remote(r->p.family);
	struct sut_seg g = { .sport = r->p.local_port, .dport = r->p.remote_port, .flags = SUT_ACK };
	struct sut_pkt quoted, p;

	sscanf(r->line, "%*s %u %u %u %u", &type, &code, &rest, &seq);
	g.seq = r->p.isn_stack + seq;
	quoted = sut_tcp_pkt(local, remote, &g, "", 0);
	p = sut_icmp_pkt(remote, local, (uint8_t)type, (uint8_t)code, rest, quoted.b, quoted.n);
	sut_input(r->p.host.s, p.b, p.n, 0, sut_now(r->p.host.s));
	return 0;
}

static inline int64_t sut_run_call(struct sut_run *r, const char *verb)
{
	struct sut *s = r->p.host.s;
	int a = 0, b = 0, v = 0;
	char name[80], value[80];

	sscanf(r->line, "%*s %i %i %i", &a, &b, &v);
	if (!strcmp(verb, "sysctl"))
		return sscanf(r->line, "%*s %79s %79[^=]", name, value) == 2
			       ? sut_sysctl_set(s, name, value) : -1;
	if (!strcmp(verb, "fq"))
		return sut_link_set(s, &(struct sut_link){ r->p.family == 6 ? 1520 : 1500, true, true, SUT_QDISC_FQ });
	if (!strcmp(verb, "mtu"))
		return sut_link_set(s, &(struct sut_link){ (uint32_t)a, true, true, SUT_QDISC_FIFO });
	if (!strcmp(verb, "gso"))
		return (r->p.gso = (uint32_t)a, 0);
	if (!strcmp(verb, "icmp"))
		return sut_run_icmp(r);
	if (!strcmp(verb, "listen"))
		return sut_run_listen(r, a);
	if (!strcmp(verb, "accept"))
		return sut_run_accept(r);
	if (!strcmp(verb, "connect"))
		return sut_run_connect(r);
	if (!strcmp(verb, "socket"))
		return sut_run_socket(r);
	if (!strcmp(verb, "open"))
		return sut_run_open(r, (size_t)a, 0x40);
	if (!strcmp(verb, "block"))
		return sut_run_open(r, (size_t)a, 0);
	if (!strcmp(verb, "write"))
		return sut_write(&r->p, r->c, NULL, (size_t)a, 0x4000);
	if (!strcmp(verb, "more"))
		return sut_write(&r->p, r->c, NULL, (size_t)a, 0xc000);
	if (!strcmp(verb, "oob"))
		return sut_write(&r->p, r->c, NULL, (size_t)a, 0x4001);
	if (!strcmp(verb, "read"))
		return sut_run_read(r, (size_t)a, 0);
	if (!strcmp(verb, "peek"))
		return sut_run_read(r, (size_t)a, 2);
	if (!strcmp(verb, "discard"))
		return sut_run_read(r, (size_t)a, 0x20);
	if (!strcmp(verb, "readoob"))
		return sut_run_read(r, 1, 1);
	if (!strcmp(verb, "shutdown"))
		return sut_shutdown(s, r->c, a);
	if (!strcmp(verb, "close"))
		return sut_run_close(r);
	if (!strcmp(verb, "disconnect"))
		return sut_connect(s, r->c, NULL);
	if (!strcmp(verb, "poll"))
		return sut_run_poll(r);
	if (!strcmp(verb, "error"))
		return sut_run_error(r);
	if (!strcmp(verb, "opt"))
		return sut_run_option(r, a, b, v);
	if (!strcmp(verb, "linger"))
		return sut_run_linger(r, a);
	if (!strcmp(verb, "inq"))
		return sut_run_ioctl(r, 0x541b);
	if (!strcmp(verb, "outq"))
		return sut_run_ioctl(r, 0x5411);
	if (!strcmp(verb, "info"))
		return sut_info32(&r->p, r->c, (size_t)a);
	sut_run_fail(r, "no such line");
	return 0;
}

static inline void sut_run_line(struct sut_run *r, const char *line)
{
	char verb[20], rest[80] = "";

	r->line = line;
	sscanf(line, "%19s %79[^\n]", verb, rest);
	if (line[0] == '<')
		sut_feed_text(&r->p, line + 2);
	else if (line[0] == '>')
		sut_run_sent(r, line + 2, sut_next(&r->p));
	else if (line[0] == '+')
		sut_run_later(r);
	else if (!strcmp(verb, "wait"))
		sut_wait_ms(&r->p, strtol(rest, NULL, 10));
	else if (!strcmp(verb, "quiet"))
		sut_run_sent(r, "-", sut_until_sent(&r->p, strtol(rest, NULL, 10)) < 0 ? "-"
										       : r->p.text);
	else if (!strcmp(verb, "state"))
		sut_run_state(r, rest);
	else if (!strcmp(verb, "win"))
		sut_run_sent(r, rest, (snprintf(r->p.text, sizeof(r->p.text), "%u", r->p.win),
				       r->p.text));
	else
		sut_run_result(r, sut_run_call(r, verb));
}

/* Lines separated by '|' or new lines. */
static inline void sut_run_lines(struct sut_run *r, const char *lines)
{
	char line[300];

	while (*lines) {
		size_t n = strcspn(lines, "|\n");

		ck_assert_uint_lt(n, sizeof(line));
		memcpy(line, lines, n);
		line[n] = 0;
		while (n && line[n - 1] == ' ')
			line[--n] = 0;
		if (n)
			sut_run_line(r, line);
		lines += strcspn(lines, "|\n");
		lines += strspn(lines, "|\n\t ");
	}
}

static inline void sut_run_start(struct sut_run *r, const char *name, int family)
{
	memset(r, 0, sizeof(*r));
	r->l = r->c = -1;
	r->name = name;
	r->p.family = family;
	r->p.isn_peer = 0;
	sut_peer_start(&r->p, true);
	ck_assert_ptr_nonnull(r->p.host.s);
}

static inline void sut_run_stop(struct sut_run *r)
{
	sut_peer_stop(&r->p);
}

static inline void sut_run(const char *name, int family, const char *lines)
{
	struct sut_run *r = malloc(sizeof(*r));

	ck_assert_ptr_nonnull(r);
	sut_run_start(r, name, family);
	sut_run_lines(r, lines);
	sut_run_stop(r);
	free(r);
}

/* A test for each row of a table of names and lines, in both families. */
#define SUT_ROW_TEST(table)                                                                        \
	START_TEST(test_##table)                                                                   \
	{                                                                                          \
		sut_run(table[_i].name, 4, table[_i].lines);                                       \
		sut_run(table[_i].name, 6, table[_i].lines);                                       \
	}                                                                                          \
	END_TEST

#endif
