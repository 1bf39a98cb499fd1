/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SUT_IMPL_H
#define SUT_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fault.h"
#include "ip_options.h"
#include "sut.h"

/* What the parts of one instance share. Times are nanoseconds of the caller's clock. */

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)
#define NEVER_NS INT64_MAX

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

struct sock;               /* a socket with a handle: socket.c */
struct sock_table;         /* all of them: socket.c */
struct tcb;                /* a TCP connection or listener: tcb.h */
struct tcp_layer;          /* all of them: tcb.h */
struct ip_layer;           /* path-MTU entries, identification counters: ip.c */

enum counter {
#define COUNTER(name) COUNTER_##name,
#include "counter.def"
#undef COUNTER
	COUNTER_COUNT
};

/*
 * Values of the sysctl table, in the units of their names in Linux. The table (name, offset here,
 * default, range) fills them; both parts only read them.
 */
struct sysctl_values {
	int64_t tcp_abort_on_overflow, tcp_autocorking, tcp_backlog_ack_defer;
	int64_t tcp_base_mss, tcp_mtu_probing, tcp_mtu_probe_floor, tcp_probe_interval;
	int64_t tcp_probe_threshold, tcp_challenge_ack_limit;
	int64_t tcp_comp_sack_delay_ns, tcp_comp_sack_nr, tcp_comp_sack_rtt_percent;
	int64_t tcp_comp_sack_slack_ns;
	char tcp_congestion_control[16];
	char tcp_available_congestion_control[64], tcp_allowed_congestion_control[64];
	int64_t tcp_dsack, tcp_early_retrans;
	int64_t tcp_ecn, tcp_ecn_fallback, tcp_ecn_option, tcp_ecn_option_beacon;
	int64_t tcp_fack, tcp_adv_win_scale, tcp_app_win;
	int64_t tcp_fastopen, tcp_fastopen_blackhole_timeout_sec;
	char tcp_fastopen_key[80];
	bool tcp_fastopen_has_key;           /* was one written or made? */
	int64_t tcp_fin_timeout, tcp_frto, tcp_invalid_ratelimit;
	int64_t tcp_keepalive_time, tcp_keepalive_intvl, tcp_keepalive_probes;
	int64_t tcp_limit_output_bytes, tcp_max_reordering, tcp_reordering, tcp_max_syn_backlog;
	int64_t tcp_max_tw_buckets, tcp_max_orphans, tcp_min_rtt_wlen, tcp_min_snd_mss;
	int64_t tcp_min_tso_segs, tcp_moderate_rcvbuf, tcp_rcvbuf_low_rtt;
	int64_t tcp_no_metrics_save, tcp_no_ssthresh_metrics_save, tcp_notsent_lowat;
	int64_t tcp_orphan_retries, tcp_pacing_ss_ratio, tcp_pacing_ca_ratio, tcp_pingpong_thresh;
	int64_t tcp_recovery, tcp_reflect_tos, tcp_retrans_collapse, tcp_retries1, tcp_retries2;
	int64_t tcp_rfc1337, tcp_rmem[3], tcp_rto_max_ms, tcp_rto_min_us;
	int64_t tcp_sack, tcp_timestamps, tcp_window_scaling, tcp_shrink_window;
	int64_t tcp_slow_start_after_idle, tcp_stdurg;
	int64_t tcp_syn_linear_timeouts, tcp_syn_retries, tcp_synack_retries, tcp_syncookies;
	int64_t tcp_thin_linear_timeouts, tcp_tso_rtt_log, tcp_tso_win_divisor;
	int64_t tcp_tw_reuse, tcp_tw_reuse_delay, tcp_wmem[3], tcp_workaround_signed_windows;
	int64_t ip_default_ttl, ip_no_pmtu_disc, ip_local_port_range[2], ip_min_pmtu;
	int64_t ip_mtu_expires, ip_nonlocal_bind;
	int64_t ip_source_route_all, ip_source_route_tun0;
	int64_t ip6_hop_limit, ip6_auto_flowlabels, ip6_bindv6only;
	int64_t ipfrag_max_dist, ipfrag_time, ip6frag_time, ipfrag_high_thresh, ip6frag_high_thresh;
	int64_t icmp_ratelimit, icmp_ratemask, icmp_echo_ignore_all;
	int64_t icmp_msgs_per_sec, icmp_msgs_burst, icmp6_ratelimit, icmp6_echo_ignore_all;
	int64_t core_rmem_max, core_wmem_max, core_rmem_default, core_wmem_default, core_somaxconn;
	char core_default_qdisc[16];
	/* kept for scripts that write and read them; nothing depends on them */
#define ROW(...)
#define NUM(...)
#define VEC(...)
#define TEXT(...)
#define INERT(name, id, ...) int64_t inert_##id;
#include "sysctl.def"
#undef ROW
#undef NUM
#undef VEC
#undef TEXT
#undef INERT
};

/*
 * Options of a socket that both its own layer and the transport read. A TCP socket keeps them in
 * its tcb (tcp_opts()), so that a connection waiting for accept() has those of its listener.
 * Whoever writes one on a TCP socket calls tcp_opts_changed() afterwards.
 */
struct sock_opts {
	bool reuseaddr, reuseport, keepalive, oobinline, v6only, broadcast, dontroute, timestamp;
	bool linger, recverr4, recverr6, is_nonblocking;
	bool recvttl, recvtos, pktinfo4;     /* what of IPv4 headers is to be told */
	bool recvhops, recvtclass, pktinfo6; /* and of IPv6 */
	bool sndbuf_locked, rcvbuf_locked;   /* SO_SNDBUF, SO_RCVBUF were set */
	int64_t linger_ns;
	int64_t sndbuf_bytes, rcvbuf_bytes;  /* as getsockopt() shows them: doubled */
	int64_t rcvlowat_bytes;              /* at least 1 */
	int64_t rcvtimeo_ns, sndtimeo_ns;    /* NEVER_NS: none */
	uint64_t max_pacing_rate;            /* bytes per second, all ones: none */
	uint8_t ttl;                         /* 0: the sysctl's */
	uint8_t hops;                        /* 0: the sysctl's */
	uint8_t tos, tclass;
	uint8_t mtu_discover4, mtu_discover6;    /* IP_PMTUDISC_*; 1 (WANT) at creation */
	uint32_t priority, mark;
	struct ip_options ip_options;
};

/* ---- memory: every NULL is to be survived ---- */

void *mem_alloc(struct sut *s, size_t bytes);             /* not cleared */
void *mem_zalloc(struct sut *s, size_t bytes);
void *mem_realloc(struct sut *s, void *p, size_t bytes);
void mem_free(struct sut *s, void *p);                    /* NULL is allowed */

/* ---- randomness and hashing: hash.c (TCP part) ---- */

struct hash_key {
	uint64_t k0, k1;
};

/** siphash() - SipHash-2-4 of @n bytes */
uint64_t siphash(const struct hash_key *key, const uint8_t *bytes, size_t n);

/** rng_next() - the next pseudo-random number of the instance's seed */
uint64_t rng_next(struct sut *s);

/* ---- packets on their way up ---- */

/* An IP packet whose header was checked, addressed to us; nothing is kept beyond the call. */
struct ip_in {
	struct sut_addr src, dst;
	uint8_t protocol, ttl, tos;
	const uint8_t *payload;    /* transport header and data */
	uint32_t n_payload;
	uint32_t ip_bytes;         /* whole packet with its headers */
	uint16_t gso_bytes;        /* 0: not aggregated */
	const struct ip_options *back;     /* the way back of a source route; NULL: none */
};

/* An ICMP error about a packet of ours. */
struct icmp_err {
	struct sut_endpoint local, remote;   /* of the quoted packet: from local to remote */
	int error;                 /* SUT_E*; 0 when it only tells an MTU */
	bool is_hard;              /* would fail a UDP socket: linux-tcp.md 6.9 */
	bool is_unreachable;       /* network or host unreachable */
	uint32_t mtu_bytes;        /* frag needed, packet too big; else 0 */
	const uint8_t *quoted;     /* transport header as quoted, at least 8 bytes */
	uint32_t n_quoted;
	uint8_t type, code;
	struct sut_addr from;      /* who sent it */
};

/* ---- packets on their way down: ip.c ---- */

struct ip_part {
	const uint8_t *bytes;      /* NULL: zeros */
	uint32_t n;
};

#define TCP_PARTS 2

/* A TCP segment, or a super-segment of several MSS; everything borrowed. */
struct tcp_out {
	struct sut_endpoint src, dst;
	uint32_t seq, ack;
	uint16_t flags;            /* TCP_FLAG_* */
	uint16_t win, urg;
	const uint8_t *options;
	uint32_t n_options;        /* a multiple of 4 */
	struct ip_part part[TCP_PARTS];
	size_t n_part;
	uint32_t mss_bytes;        /* payload of one segment when this is a super-segment; 0: one segment */
	uint8_t ttl, tos;          /* or hop limit and class */
	const struct ip_options *ip_options;   /* NULL: none; not for IPv6 */
	bool has_df;
	uint16_t ip_id;
	uint32_t flow_label;
	int64_t depart_ns;         /* paced departure; not after now: leaves now */
};

enum tcp_flag {
	TCP_FLAG_FIN = 0x01, TCP_FLAG_SYN = 0x02, TCP_FLAG_RST = 0x04, TCP_FLAG_PSH = 0x08,
	TCP_FLAG_ACK = 0x10, TCP_FLAG_URG = 0x20, TCP_FLAG_ECE = 0x40, TCP_FLAG_CWR = 0x80,
	TCP_FLAG_AE = 0x100,
};

/**
 * ip_send_tcp() - build the IP packet(s) with checksums and put them on the output queue
 *
 * A super-segment leaves whole when the link has TSO, else as one packet per MSS: PSH and FIN only
 * on the last, CWR only on the first, IPv4 identification counting up.
 *
 * Return: 0; SUT_ENOBUFS when memory is short or the queueing discipline drops it (nothing sent)
 */
int ip_send_tcp(struct sut *s, const struct tcp_out *p);

/** ip_checksum_ok() - of a TCP or UDP payload with its pseudo header */
bool ip_checksum_ok(const struct ip_in *p);

/** ip_mtu() - of the path to @dst: the link's, or a smaller one that was learnt */
uint32_t ip_mtu(struct sut *s, const struct sut_addr *dst);

/**
 * ip_source() - our address for packets to @dst, as its route says
 * Return: 0; SUT_ENETUNREACH when there is no route, or no address of that family
 */
int ip_source(struct sut *s, const struct sut_addr *dst, struct sut_addr *out);

/**
 * ip_learn_mtu() - the path to @dst takes only packets of @mtu_bytes
 *
 * Ignored when not below what is known; held up to ip_min_pmtu (IPv4) or 1280 (IPv6).
 */
void ip_learn_mtu(struct sut *s, const struct sut_addr *dst, uint32_t mtu_bytes);

/** ip_is_ours() - is it an address of this host? */
bool ip_is_ours(const struct sut *s, const struct sut_addr *a);

/** ip_first_address() - of the host, of @family; all zeros when it has none */
struct sut_addr ip_first_address(const struct sut *s, uint8_t family);

/** ip_is_unicast() - neither broadcast, multicast nor unspecified */
bool ip_is_unicast(const struct sut *s, const struct sut_addr *a);

/* A packet waiting to leave. */
struct out_packet {
	struct out_packet *next;
	int64_t at_ns;
	size_t n;
	uint8_t bytes[];
};

struct out_queue {
	struct out_packet *first, *last;
	struct out_packet *borrowed;   /* what sut_output() gave out last */
};

/* ---- upwards to sockets: socket.c ---- */

enum poll_event {
	POLL_IN = 0x001, POLL_PRI = 0x002, POLL_OUT = 0x004, POLL_ERR = 0x008, POLL_HUP = 0x010,
	POLL_RDNORM = 0x040, POLL_WRNORM = 0x100, POLL_RDHUP = 0x2000,
};

/**
 * sock_wake() - something happened on a socket that may make these events true
 * @k:  NULL is allowed (no handle any more, or not accepted yet)
 *
 * For edge-triggered epoll entries; it must not call back into the transport.
 */
void sock_wake(struct sock *k, unsigned events);

/**
 * sock_icmp_error() - put an ICMP error on the error queue, if IP_RECVERR or IPV6_RECVERR asks
 * @payload: of the quoted packet, after its transport header
 * Return: is there such a queue? (False too when memory is short)
 */
bool sock_icmp_error(struct sock *k, const struct icmp_err *e, const uint8_t *payload, size_t n);

/* ---- the instance ---- */

struct sut {
	struct sut_allocator mem;
	const struct profile *profile;
	int64_t now_ns;
	struct sut_link link;
	struct sysctl_values sysctl;
	int64_t counter[COUNTER_COUNT];
	uint64_t rng;              /* state of rng_next(); starts as the seed */
	struct out_queue out;
	struct tcp_layer *tcp;     /* by tcp_init() */
	struct ip_layer *ip;
	struct sock_table *socks;
#ifdef SUT_FAULTS
	enum sut_fault fault;
#endif
};

static inline void count(struct sut *s, enum counter c)
{
	s->counter[c]++;
}

static inline void count_n(struct sut *s, enum counter c, int64_t n)
{
	s->counter[c] += n;
}

#endif
