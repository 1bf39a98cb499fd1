/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SUT_TCP_TEST_H
#define SUT_TCP_TEST_H

#include <stdarg.h>
#include <stdio.h>

#include "sut_host.h"

/*
 * One TCP connection of an instance, played from the peer's side by hand. Segments are written as
 *
 *	S. 0:0(0) ack 1 win 500 urg 3 <mss 1460,sackOK,ts 1 2,ws 8,md5,sack 1-5 7-9,fo 0a0b>
 *
 * with numbers relative to the initial sequence numbers of the side that they count; NOPs are not
 * shown. A Fast Open cookie is "fo", "fox" in the experimental form; "-" is one without bytes. What leaves is turned into the same text. An ECN mark comes last: " [ect0]", " [ce]".
 */
struct sut_peer {
	struct sut_host host;
	int family;
	uint16_t local_port, remote_port;
	uint32_t isn_peer, isn_stack;
	bool knows_isn;
	int64_t ts_base;           /* of the stack's clock at its first segment, when known */
	bool knows_ts;
	int64_t at_ns;             /* of the packet that was taken last */
	uint32_t win;              /* of it */
	uint32_t gso;              /* for the next segments fed; 0: none */
	uint8_t ecn;               /* of the segment that is being fed */
	uint32_t last_len;
	uint8_t last[70000];       /* its payload */
	char text[400];
};

enum { SUT_MS = 1000000 };

static inline void sut_peer_start(struct sut_peer *p, bool has_tso)
{
	struct sut_allocator a = { sut_host_alloc, sut_host_realloc, sut_host_free, &p->host };
	static const struct sut_sysctl_setting common[] = {
		{ "net.ipv4.tcp_rmem", "4096 540000 15728640" },
		{ "net.ipv4.tcp_wmem", "4096 262144 4194304" },
		{ "net.ipv4.tcp_slow_start_after_idle", "0" },
		{ "net.ipv4.tcp_ecn", "0" },
	};
	struct sut_config c = {
		.profile = p->host.profile,
		.local4 = sut_local4, .local6 = sut_local6, .prefix4 = 16, .prefix6 = 64,
		.mtu_bytes = p->family == 6 ? 1520 : 1500, .seed = 7, .now_ns = 1000 * (int64_t)SUT_MS, .allocator = &a,
		.has_tso = has_tso, .sysctl = common, .n_sysctl = sizeof(common) / sizeof(common[0]),
	};

	p->family = p->family ? p->family : 4;
	p->local_port = p->local_port ? p->local_port : 8080;
	p->remote_port = p->remote_port ? p->remote_port : 40000;
	p->host.s = sut_create(&c);
}

/* ---- feeding ---- */

static inline unsigned sut_flags_of(const char *word)
{
	static const char letters[] = "FSRP.UEW";
	unsigned f = 0;

	for (; *word; word++) {
		const char *at = strchr(letters, *word);

		ck_assert_msg(at != NULL, "flag %c", *word);
		f |= 1u << (at - letters);
	}
	return f;
}

static inline void sut_put32(uint8_t *p, uint32_t v)
{
	sut_put16(p, v >> 16);
	sut_put16(p + 2, v & 65535);
}

/* What follows the name, in hex; padded. */
static inline size_t sut_fast_open_put(const char *hex, bool is_exp, uint8_t *o)
{
	size_t n = is_exp ? 4 : 2;
	unsigned byte;

	memcpy(o, is_exp ? "\376\0\371\211" : "\42\0", n);
	for (; sscanf(hex, "%2x", &byte) == 1 && hex[0] != '-'; hex += 2)
		o[n++] = (uint8_t)byte;
	o[1] = (uint8_t)n;
	while (n % 4)
		o[n++] = 1;
	return n;
}

static inline size_t sut_option_put(const struct sut_peer *p, char *word, uint8_t *o)
{
	unsigned a, b;

	if (sscanf(word, "mss %u", &a) == 1) {
		o[0] = 2;
		o[1] = 4;
		sut_put16(o + 2, a);
		return 4;
	}
	if (!strcmp(word, "sackOK")) {
		memcpy(o, "\1\1\4\2", 4);
		return 4;
	}
	if (!strcmp(word, "md5")) {
		memset(o, 0, 20);
		memcpy(o, "\1\1\23\22", 4);
		return 20;
	}
	if (sscanf(word, "ws %u", &a) == 1) {
		memcpy(o, "\1\3\3", 3);
		o[3] = (uint8_t)a;
		return 4;
	}
	if (sscanf(word, "ts %u %u", &a, &b) == 2) {
		memcpy(o, "\1\1\10\12", 4);
		sut_put32(o + 4, a);
		sut_put32(o + 8, b ? b + (uint32_t)p->ts_base : 0);
		return 12;
	}
	if (!strncmp(word, "sack ", 5)) {
		size_t n = 4;

		for (char *s = word + 5; s && sscanf(s, "%u-%u", &a, &b) == 2; s = strchr(s + 1, ' ')) {
			sut_put32(o + n, a + p->isn_stack);
			sut_put32(o + n + 4, b + p->isn_stack);
			n += 8;
		}
		memcpy(o, "\1\1\5", 3);
		o[3] = (uint8_t)(n - 2);
		return n;
	}
	if (!strncmp(word, "fo", 2))
		return sut_fast_open_put(strchr(word, ' ') + 1, word[2] == 'x', o);
	ck_abort_msg("option %s", word);
	return 0;
}

static inline size_t sut_options_put(const struct sut_peer *p, const char *text, uint8_t *o)
{
	char copy[200];
	size_t n = 0;

	if (!text)
		return 0;
	snprintf(copy, sizeof(copy), "%s", text + 1);
	copy[strcspn(copy, ">")] = 0;
	for (char *word = strtok(copy, ","); word; word = strtok(NULL, ","))
		n += sut_option_put(p, word, o + n);
	return n;
}

static inline uint32_t sut_number_after(const char *text, const char *key, uint32_t otherwise)
{
	const char *at = strstr(text, key);

	return at ? (uint32_t)strtoul(at + strlen(key), NULL, 10) : otherwise;
}

/* The byte at stream position @i of the peer's data. */
static inline uint8_t sut_stream_byte(uint32_t i)
{
	return (uint8_t)(i * 31 + i / 251);
}

/* A packet of any length, straight into the instance. */
static inline void sut_feed_segment(struct sut_peer *p, const uint8_t *header, size_t n_header,
				    uint32_t seq, uint32_t len)
{
	size_t n_ip = p->family == 6 ? 40 : 20, n = n_ip + n_header + len;
	uint8_t *b = calloc(1, n);
	uint32_t sum;

	ck_assert_ptr_nonnull(b);
	if (p->family == 6) {
		b[0] = 0x60;
		b[1] = (uint8_t)(p->ecn << 4);
		sut_put16(b + 4, (unsigned)(n - 40));
		b[6] = 6;
		b[7] = 255;
		memcpy(b + 8, sut_remote6.b, 16);
		memcpy(b + 24, sut_local6.b, 16);
	} else {
		b[0] = 0x45;
		b[1] = p->ecn;
		sut_put16(b + 2, (unsigned)n);
		b[8] = 255;
		b[9] = 6;
		memcpy(b + 12, sut_remote4.b, 4);
		memcpy(b + 16, sut_local4.b, 4);
		sut_put16(b + 10, sut_fold(sut_sum(b, 20)));
	}
	memcpy(b + n_ip, header, n_header);
	for (uint32_t i = 0; i < len; i++)
		b[n_ip + n_header + i] = sut_stream_byte(seq + i);
	sum = sut_sum(b + n_ip, n - n_ip) + 6 + (uint32_t)(n - n_ip);
	sum += p->family == 6 ? sut_sum(b + 8, 32) : sut_sum(b + 12, 8);
	sut_put16(b + n_ip + 16, sut_fold(sum));
	sut_input(p->host.s, b, n, (uint16_t)p->gso, sut_now(p->host.s));
	free(b);
}

static const char *const sut_ecn_name[4] = { "", " [ect1]", " [ect0]", " [ce]" };

static inline uint8_t sut_ecn_of(const char *text)
{
	uint8_t ecn = 0;

	for (uint8_t i = 1; i < 4; i++) {
		if (strstr(text, sut_ecn_name[i]))
			ecn = i;
	}
	return ecn;
}

static inline void sut_feed_text(struct sut_peer *p, const char *text)
{
	uint8_t h[60] = { 0 };
	uint32_t seq = 0, end = 0, len = 0;
	char flags[10];
	size_t n;
	unsigned f;

	ck_assert_msg(sscanf(text, "%9s %u:%u(%u)", flags, &seq, &end, &len) == 4, "%s", text);
	f = sut_flags_of(flags);
	n = 20 + sut_options_put(p, strchr(text, '<'), h + 20);
	sut_put16(h, p->remote_port);
	sut_put16(h + 2, p->local_port);
	sut_put32(h + 4, seq + p->isn_peer);
	sut_put32(h + 8, f & 16 ? sut_number_after(text, "ack ", 0) + p->isn_stack : 0);
	sut_put16(h + 12, (unsigned)(n / 4) << 12 | f);
	sut_put16(h + 14, sut_number_after(text, "win ", 0));
	sut_put16(h + 18, sut_number_after(text, "urg ", 0));
	p->ecn = sut_ecn_of(text);
	sut_feed_segment(p, h, n, seq + !!(f & 2), len);
	p->ecn = 0;
}

__attribute__((format(printf, 2, 3))) static inline void sut_feed_tcp(struct sut_peer *p,
								      const char *format, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	sut_feed_text(p, text);
}

/* ---- taking ---- */

static inline uint32_t sut_be32(const uint8_t *p)
{
	return (uint32_t)sut_be16(p) << 16 | sut_be16(p + 2);
}

static inline size_t sut_fast_open_text(const uint8_t *o, char *out, size_t room)
{
	bool is_exp = o[0] == 254;
	int n = snprintf(out, room, "fo%s %s", is_exp ? "x" : "", o[1] == (is_exp ? 4 : 2) ? "-" : "");

	for (unsigned i = is_exp ? 4 : 2; i < o[1]; i++)
		n += snprintf(out + n, room - (size_t)n, "%02x", o[i]);
	n += snprintf(out + n, room - (size_t)n, ",");
	return (size_t)n;
}

static inline size_t sut_option_text(struct sut_peer *p, const uint8_t *o, char *out, size_t room)
{
	int n = 0;

	if (o[0] == 2)
		n = snprintf(out, room, "mss %u,", sut_be16(o + 2));
	else if (o[0] == 3)
		n = snprintf(out, room, "ws %u,", o[2]);
	else if (o[0] == 4)
		n = snprintf(out, room, "sackOK,");
	else if (o[0] == 8) {
		if (!p->knows_ts)
			p->ts_base = sut_be32(o + 2) - 1;
		p->knows_ts = true;
		n = snprintf(out, room, "ts %u %u,", sut_be32(o + 2) - (uint32_t)p->ts_base,
			     sut_be32(o + 6));
	} else if (o[0] == 5) {
		n = snprintf(out, room, "sack");
		for (unsigned i = 2; i < o[1]; i += 8)
			n += snprintf(out + n, room - (size_t)n, " %u-%u",
				      sut_be32(o + i) - p->isn_peer, sut_be32(o + i + 4) - p->isn_peer);
		n += snprintf(out + n, room - (size_t)n, ",");
	} else if (o[0] == 34 || o[0] == 254) {
		return sut_fast_open_text(o, out, room);
	}
	return (size_t)n;
}

static inline void sut_options_text(struct sut_peer *p, const uint8_t *o, size_t n, char *out,
				    size_t room)
{
	size_t used = (size_t)snprintf(out, room, " <");

	for (size_t i = 0; i < n;) {
		if (o[i] == 1) {
			i++;
			continue;
		}
		used += sut_option_text(p, o + i, out + used, room - used);
		i += o[i + 1];
	}
	if (used > 2)
		snprintf(out + used - 1, room - used + 1, ">");
	else
		out[0] = 0;
}

static inline void sut_flags_text(unsigned f, char out[10])
{
	static const char letters[] = "FSRPUEW.";
	static const unsigned bit[] = { 1, 2, 4, 8, 32, 64, 128, 16 };

	for (int i = 0; i < 8; i++) {
		if (f & bit[i])
			*out++ = letters[i];
	}
	*out = 0;
}

/* Relative numbers need an origin: the stack's SYN, or what its resets repeat from us. */
static inline void sut_learn_isn(struct sut_peer *p, const uint8_t *h)
{
	if (h[13] & 2) {
		p->isn_stack = sut_be32(h + 4);
		p->knows_isn = true;
	}
}

static inline const char *sut_tcp_text(struct sut_peer *p, const uint8_t *b, size_t n)
{
	size_t n_ip = b[0] >> 4 == 6 ? 40 : 20;
	const uint8_t *h = b + n_ip;
	size_t n_header = (size_t)(h[12] >> 4) * 4, used;
	uint32_t len = (uint32_t)(n - n_ip - n_header), seq;
	char flags[10];

	sut_learn_isn(p, h);
	p->last_len = len;
	memcpy(p->last, h + n_header, len);
	p->win = sut_be16(h + 14);
	seq = sut_be32(h + 4);
	/* A reset that answers a segment without ACK counts from nothing. */
	if (p->knows_isn && !(seq == 0 && (h[13] & 4)))
		seq -= p->isn_stack;
	sut_flags_text(h[13], flags);
	used = (size_t)snprintf(p->text, sizeof(p->text), "%s %u:%u(%u)", flags, seq, seq + len, len);
	if (h[13] & 16)
		used += (size_t)snprintf(p->text + used, sizeof(p->text) - used, " ack %u",
					 sut_be32(h + 8) - p->isn_peer);
	if (h[13] & 32)
		used += (size_t)snprintf(p->text + used, sizeof(p->text) - used, " urg %u",
					 sut_be16(h + 18));
	sut_options_text(p, h + 20, n_header - 20, p->text + used, sizeof(p->text) - used);
	used = strlen(p->text);
	snprintf(p->text + used, sizeof(p->text) - used, "%s",
		 sut_ecn_name[(b[0] >> 4 == 6 ? b[1] >> 4 : b[1]) & 3]);
	return p->text;
}

/* The next segment as text; "-" when nothing leaves. Timers due now have run. */
static inline const char *sut_next(struct sut_peer *p)
{
	const uint8_t *b;
	size_t n;

	sut_advance(p->host.s, sut_now(p->host.s));
	if (!sut_output(p->host.s, &b, &n, &p->at_ns))
		return "-";
	return sut_tcp_text(p, b, n);
}

#define sut_want(p, segment) ck_assert_str_eq(sut_next(p), segment)

/* Let time pass; what leaves on the way stays queued. */
static inline void sut_wait_ms(struct sut_peer *p, int64_t ms)
{
	sut_advance(p->host.s, sut_now(p->host.s) + ms * SUT_MS);
}

/* Run the clock until something leaves, at most @ms; the time it took in ms, -1: nothing */
static inline int64_t sut_until_sent(struct sut_peer *p, int64_t ms)
{
	int64_t start = sut_now(p->host.s), end = start + ms * SUT_MS;

	for (;;) {
		int64_t due = sut_next_deadline(p->host.s);
		const char *text = sut_next(p);

		if (strcmp(text, "-"))
			return (p->at_ns - start) / SUT_MS;
		if (due > end)
			break;
		sut_advance(p->host.s, due);
	}
	sut_advance(p->host.s, end);
	return -1;
}

#define sut_want_in(p, ms, segment)                                                                \
	do {                                                                                       \
		ck_assert_int_eq(sut_until_sent(p, 10 * (ms) + 100), ms);                          \
		ck_assert_str_eq((p)->text, segment);                                              \
	} while (0)

#define sut_want_quiet(p, ms)                                                                      \
	do {                                                                                       \
		if (sut_until_sent(p, ms) >= 0)                                                    \
			ck_abort_msg("%s left", (p)->text);                                        \
	} while (0)

/* ---- calls ---- */

static inline int sut_tcp_socket(struct sut_peer *p)
{
	return sut_socket(p->host.s, p->family == 6 ? 10 : 2, 1, 0);
}

static inline int sut_listener(struct sut_peer *p, int backlog)
{
	struct sut_endpoint local = { sut_local(p->family), p->local_port };
	int h = sut_tcp_socket(p);
	int on = 1;

	ck_assert_int_ge(h, 0);
	ck_assert_int_eq(sut_setsockopt(p->host.s, h, 1, 2, &on, sizeof(on)), 0);
	ck_assert_int_eq(sut_bind(p->host.s, h, &local), 0);
	ck_assert_int_eq(sut_listen(p->host.s, h, backlog), 0);
	return h;
}

static inline int64_t sut_write(struct sut_peer *p, int h, const void *bytes, size_t n, int flags)
{
	struct sut_iovec v = { (void *)(uintptr_t)bytes, n };
	struct sut_msg m = { .iov = &v, .n_iov = 1 };

	return sut_sendmsg(p->host.s, h, &m, flags);
}

static inline int64_t sut_read(struct sut_peer *p, int h, void *bytes, size_t n, int flags)
{
	struct sut_iovec v = { bytes, n };
	struct sut_msg m = { .iov = &v, .n_iov = 1 };

	return sut_recvmsg(p->host.s, h, &m, flags);
}

/* TCP_INFO by offset */
static inline uint32_t sut_info32(struct sut_peer *p, int h, size_t at)
{
	uint8_t info[400];
	uint32_t n = sizeof(info), v;

	ck_assert_int_eq(sut_getsockopt(p->host.s, h, 6, 11, info, &n), 0);
	memcpy(&v, info + at, sizeof(v));
	return v;
}

/* A connection opened by the peer, @rtt_ms between SYN-ACK and ACK; options of its SYN in @opts. */
static inline int sut_passive(struct sut_peer *p, const char *opts, unsigned win, int rtt_ms)
{
	int l = sut_listener(p, 5);
	int h;

	sut_feed_tcp(p, "S 0:0(0) win 32792 <%s>", opts);
	ck_assert_str_ne(sut_next(p), "-");
	sut_wait_ms(p, rtt_ms);
	if (strstr(opts, "ts "))
		sut_feed_tcp(p, ". 1:1(0) ack 1 win %u <ts 2 1>", win);
	else
		sut_feed_tcp(p, ". 1:1(0) ack 1 win %u", win);
	h = sut_accept(p->host.s, l, 0, NULL);
	ck_assert_int_ge(h, 0);
	sut_want(p, "-");
	return h;
}

static inline void sut_peer_stop(struct sut_peer *p)
{
	sut_destroy(p->host.s);
	ck_assert_int_eq(p->host.live, 0);
	memset(p, 0, sizeof(*p));
}

#endif
