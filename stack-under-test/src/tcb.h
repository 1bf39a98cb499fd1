/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SUT_TCB_H
#define SUT_TCB_H

#include "bytes.h"
#include "impl.h"
#include "profile.h"
#include "seq.h"
#include "tcp.h"
#include "tcp_fastopen.h"
#include "tcp_option.h"
#include "tcp_state.h"

/* The blocks of the TCP part: private to the tcp files. */

#define TCP_MAX_SACKS 4
#define LEAST_RCV_MSS 88            /* estimate of the peer's segment size */
#define TCP_MAX_WSCALE 14
#define TCP_MAX_OPTIONS 40
#define TCP_HEADER_BYTES 20
#define TCP_NO_SSTHRESH 0x7fffffffu

struct sack_block {
	uint32_t start, end;
};

/* Options of a segment, received or to be sent. */
struct tcp_opts {
	bool has_mss, has_ts, has_wscale, has_sackok, has_md5;
	uint16_t mss;
	uint8_t wscale;
	uint32_t tsval, tsecr;
	uint8_t n_sack;
	struct sack_block sack[TCP_MAX_SACKS];
	struct fast_open_option fast_open;
};

/* A received segment; data borrowed from the packet. */
struct seg {
	struct sut_endpoint src, dst;
	uint32_t seq, ack;
	uint16_t flags;            /* TCP_FLAG_* */
	uint16_t win, urg;
	uint32_t header_bytes;
	const uint8_t *data;
	uint32_t len;
	uint32_t ip_bytes;
	uint16_t gso_bytes;
	uint8_t ttl, tos;
	const struct ip_options *back;     /* the way back of a source route; NULL: none */
	struct tcp_opts opts;
};

/* Everything that has a 4-tuple: a connection, a half-open request, a time-wait entry. */
enum conn_kind { CONN_TCB, CONN_REQUEST, CONN_TIMEWAIT };

struct conn {
	enum conn_kind kind;
	enum sut_tcp_state state;          /* written by tcp_state_set() only */
	struct sut_endpoint local, remote;
	struct conn *hash_next;
	bool is_hashed;
	int64_t deadline_ns;               /* the earliest of its timers */
	size_t heap_pos;                   /* in tcp_layer.heap; HEAP_NONE */
};

#define HEAP_NONE SIZE_MAX

/* ---- sending: a queue element is a byte range that leaves, or left, as one (super-)segment ---- */

enum elem_ctl { ELEM_SYN = 1, ELEM_FIN = 2, ELEM_PSH = 4, ELEM_EOR = 8 };
enum elem_mark { MARK_SACKED = 1, MARK_LOST = 2, MARK_RETRANS = 4, MARK_EVER_RETRANS = 8 };

/* What the rate sample remembers of the moment of sending. */
struct rate_stamp {
	uint32_t delivered;
	int64_t delivered_ns, first_sent_ns;
	bool is_app_limited;
};

struct elem {
	struct elem *prev, *next;
	uint32_t seq, len;                 /* payload */
	uint8_t ctl, mark;
	uint32_t mss;                      /* at its transmission */
	uint32_t n_segs;
	int64_t sent_ns;                   /* latest transmission */
	uint32_t tsval;                    /* of it */
	struct rate_stamp rate;
};

struct elemq {
	struct elem *first, *last;
};

/* Payload of both queues, from ring_seq on, in a ring. */
struct ring {
	uint8_t *buf;
	uint32_t cap, head, len;
};

/* ---- receiving ---- */

struct rseg {
	struct rseg *next;
	uint32_t seq, len;                 /* what is left of it after trimming */
	uint32_t off;                      /* of its first byte in bytes[] */
	uint32_t truesize;                 /* 0: its bytes fitted into the segment before */
	uint32_t slack;                    /* payload that would still fit */
	bool is_fin, is_whole;             /* nothing was trimmed off its front */
	int64_t arrived_ns;
	uint8_t bytes[];
};

struct rsegq {
	struct rseg *first, *last;
};

/* ---- round-trip time; microseconds as the algorithm counts ---- */

struct rtt {
	uint32_t srtt8_us;                 /* eight times the smoothed RTT; 0 before a sample */
	uint32_t mdev_us, mdev_max_us, rttvar_us;    /* four-fold deviations */
	uint32_t rtt_seq;
	int64_t rto_ns;
	struct {
		uint32_t us;
		int64_t at_ns;
	} min[3];                          /* windowed minimum: best, second, third */
};

/* ---- congestion control ---- */

struct cc_ops;

struct cubic {
	uint32_t cnt, last_max_cwnd, last_cwnd, origin_cwnd, k_1024, delay_min_us;
	uint32_t ack_cnt, tcp_cwnd;
	int64_t epoch_start_ns, last_time_ns;
	/* HyStart */
	int64_t round_start_ns, last_ack_ns;
	uint32_t round_end_seq, round_rtt_us, samples;
	bool has_found;
};

enum ca_state { CA_OPEN, CA_DISORDER, CA_CWR, CA_RECOVERY, CA_LOSS };

enum tcp_timer { TIMER_RTX, TIMER_DELACK, TIMER_KEEP, TIMER_COMP_SACK, TIMER_LINGER, TIMER_COUNT };

/* What TIMER_RTX is there for. */
enum rtx_kind { RTX_NONE, RTX_RTO, RTX_TLP, RTX_REO, RTX_PROBE };

enum ack_pending { ACK_SCHED = 1, ACK_TIMER = 2, ACK_PUSHED = 4, ACK_PUSHED2 = 8, ACK_NOW = 16 };

/* busy, limited by the peer's window, limited by the send buffer */
enum chrono { CHRONO_IDLE, CHRONO_BUSY, CHRONO_RWND, CHRONO_SNDBUF, CHRONO_COUNT };

struct tcb {
	struct conn c;                     /* first: the layer's tables hold conns */
	struct sut *sut;
	const struct profile *profile;
	struct tcb *all_prev, *all_next;   /* every tcb of the layer */
	struct sock *sock;                 /* NULL: orphan, or not accepted yet */
	struct tcb *listener;              /* until accepted */
	struct sock_opts so;
	uint8_t domain;
	bool is_passive;                   /* a listener's child */
	bool is_bound, has_auto_port, is_orphan, is_closing, has_timewait, was_connected;
	bool connect_reported;             /* connect() has said 0 */
	bool is_attempt_open;              /* connect() has not said how its attempt ended */
	bool is_rcv_shut, is_snd_shut;
	int error, soft_error;

	/* ---- listener ---- */
	struct request *requests;
	uint32_t n_requests, backlog, n_accept;
	struct tcb *accept_first, *accept_last, *accept_next;

	/* ---- agreed in the handshake ---- */
	bool ts_ok, sack_ok, wscale_ok;
	uint8_t snd_wscale, rcv_wscale;
	uint8_t syn_wscale;                /* what our SYN offered */
	uint32_t ts_offset, ts_recent;
	int64_t ts_recent_ns;              /* 0: no timestamp yet */

	/* ---- congestion notification ---- */
	struct {
		bool is_offered;           /* our SYN asks for it */
		bool is_agreed;            /* in SYN-SENT: unless the answer says otherwise */
		bool is_seen;              /* the peer has sent ECN-capable data */
		bool must_echo;            /* a mark came, and no CWR since */
		bool is_cwr_due;           /* on the next new data */
	} ecn;

	struct fast_open fo;

	/* ---- send sequence [RFC9293 3.3.1] ---- */
	uint32_t next_iss;                 /* after a disconnect; 0: by hash */
	uint32_t iss, una, nxt, write_seq, pushed_seq;
	uint32_t snd_sml;                  /* end of the last short segment sent */
	uint32_t snd_up;
	bool is_urgent;
	uint32_t snd_wnd, max_wnd, wl1;
	uint32_t mss_clamp, mss_cache, advmss, pmtu_bytes;
	struct {
		uint32_t acked_bytes;      /* the largest packet that the peer has acknowledged */
		uint32_t claimed_bytes;    /* a path MTU that waits for time-outs; 0: none */
		uint32_t seq;              /* of the segment that it is about */
		uint32_t n_timeouts;
	} path;
	uint32_t ip_option_bytes;          /* that mss_cache leaves room for */
	struct elemq unsent, rtx;
	struct elem *spare;                /* so that a FIN never wants for memory */
	struct ring ring;
	uint32_t ring_seq;
	int64_t wmem_queued;
	bool is_nospace;                   /* a writer or poller met a full buffer */
	uint16_t ip_id;
	uint32_t flow_label;

	/* ---- receive sequence ---- */
	uint32_t irs, rcv_nxt, wup, copied_seq;
	uint32_t rcv_wnd, rcv_ssthresh;
	int64_t window_clamp;
	uint32_t rcv_right;                /* highest right edge ever advertised */
	uint32_t ratio_256;                /* payload per memory */
	struct rsegq rcvq, ooo;
	int64_t rmem_bytes;
	bool is_rmem_full;                 /* the packet at hand found no memory: window 0 */
	bool is_fin_seen, has_urg, urg_valid, urg_read;
	uint32_t urg_seq;
	uint8_t urg_byte;
	struct sack_block sacks[TCP_MAX_SACKS], dsack;
	uint8_t n_sacks;
	bool has_dsack;
	uint32_t rcv_space, rcv_rtt_us;
	uint32_t space_seq;
	int64_t space_ns;
	uint32_t rttm_seq;
	int64_t rttm_ns;

	/* ---- ACK policy ---- */
	uint8_t ack_pending;               /* enum ack_pending */
	uint32_t quick, pingpong;
	int64_t ato_ns, last_recv_ns, last_send_ns;
	uint32_t rcv_mss, last_seg_len;
	uint32_t dup_ack_seq, n_dup_ack, n_comp_sack;
	int64_t last_invalid_ns;           /* rate limit of ACKs to unacceptable segments */
	bool has_invalid_ack;

	/* ---- timers ---- */
	int64_t timer[TIMER_COUNT];        /* NEVER_NS: off */
	enum rtx_kind rtx_kind;
	uint32_t backoff, retransmits, probes, n_syn_retries;
	int64_t retrans_start_ns;          /* first retransmission of this episode; 0 none */
	int64_t syn_sent_ns;               /* the first SYN of this attempt */
	int64_t probe_start_ns, last_ack_recv_ns, keep_start_ns;
	uint32_t keep_probes;
	int64_t linger_end_ns;

	/* ---- congestion ---- */
	struct rtt rtt;
	const struct cc_ops *cc;
	union {
		struct cubic cubic;
	} cc_state;
	enum ca_state ca_state;
	uint32_t cwnd, ssthresh, cwnd_cnt, prior_cwnd, prior_ssthresh, high_seq;
	uint32_t packets_out, sacked_out, lost_out, retrans_out;
	uint32_t reordering;
	uint32_t prr_delivered, prr_out;
	uint32_t rescue_seq;               /* what must be acknowledged before the tail is rescued */
	uint32_t max_packets_out, cwnd_usage_seq, cwnd_used;
	bool is_cwnd_limited;
	struct {
		uint32_t start_seq, end_seq;
		bool has_loss;             /* any of them had */
	} flight;                          /* the first one, or the first after a pause */
	int64_t cwnd_stamp_ns;
	uint64_t pacing_rate;
	int64_t wstamp_ns, prior_wstamp_ns;    /* departure of the latest segment, and before */
	bool has_reordering;
	uint32_t high_sacked;              /* end of the highest SACKed range */
	struct {
		int64_t sent_ns;
		uint32_t end_seq, rtt_us;
		uint32_t step_delivered;   /* t->delivered when the window last grew */
		uint8_t extra_steps;       /* quarters of the least RTT beyond the first */
		uint8_t persist;           /* recoveries until these are forgotten */
		bool is_valid, has_dsack;
	} rack;
	uint32_t tlp_high_seq;
	bool is_tlp_out, is_tlp_retrans;

	/* ---- options of level TCP ---- */
	bool nodelay, cork, is_inq, is_defer_accept;
	uint32_t user_mss, keep_cnt, syn_cnt, defer_accept, notsent_lowat;
	int64_t keep_idle_ns, keep_intvl_ns, user_timeout_ns, linger2_ns;
	int64_t rto_max_ns, rto_min_ns, delack_max_ns;
	bool has_notsent_lowat;
	int64_t user_clamp;                /* TCP_WINDOW_CLAMP; 0 none */

	struct arrivals seen;

	/* ---- figures for TCP_INFO ---- */
	uint64_t bytes_acked, bytes_received, bytes_sent, bytes_retrans;
	uint32_t segs_out, segs_in, data_segs_out, data_segs_in;
	uint32_t total_retrans, delivered, delivered_ce, dsack_dups, reord_seen, ooo_packets, rehash;
	uint16_t total_rto, rto_recoveries;
	int64_t rto_time_ns, rto_start_ns;
	enum chrono chrono;
	int64_t chrono_start_ns, chrono_ns[CHRONO_COUNT];
	int64_t first_sent_ns, delivered_ns;
	uint32_t app_limited;              /* delivered at which the bubble is over; 0: not limited */
	uint32_t rate_delivered;
	int64_t rate_interval_us;
	bool rate_app_limited;
};

/* A SYN that was answered; becomes a tcb with the last ACK of the handshake. */
struct request {
	struct conn c;
	struct tcb *listener;
	struct request *prev, *next;       /* of the listener */
	uint32_t irs, iss, rcv_nxt, rcv_wnd, ts_offset, ts_recent;
	struct fast_open_option fast_open; /* for the SYN-ACK to be sent next */
	int64_t counts_until_ns;           /* of a Fast Open child that was reset */
	struct tcp_opts peer;              /* of its SYN, less what we did not agree to */
	uint8_t rcv_wscale, tos, ttl;
	int64_t window_clamp;
	uint32_t advmss;
	int64_t first_sent_ns, last_sent_ns, last_ack_ns;
	uint32_t first_tsval, last_tsval;
	uint32_t n_timeouts, n_retrans;
	bool is_acked, has_ack_sent;
	bool ecn_ok;                       /* offered by the peer, and taken */
	struct arrival syn;                /* known: to be shown later */
	uint32_t flow_label;
	struct ip_options ip_options;
};

/* What is left of a connection in TIME-WAIT, or in FIN-WAIT-2 without a socket. */
struct timewait {
	struct conn c;
	uint32_t nxt, rcv_nxt, rcv_wnd, ts_offset, ts_recent;
	int64_t ts_recent_ns, last_ack_ns;
	bool ts_ok, has_ack_sent;
	uint8_t rcv_wscale, tos;
	uint32_t flow_label;
};

struct tcp_layer {
	struct conn **bucket;
	size_t n_bucket, n_conn;
	struct conn **heap;                /* by deadline; room for every conn */
	size_t n_heap, heap_room;
	size_t n_timed;                    /* conns that hold a place in the heap's room */
	struct tcb *all;
	size_t n_timewait, n_orphans;
	struct hash_key isn_key, ts_key, port_key, label_key;
	struct fast_open_cache fast_open;
	int64_t challenge_second;
	int64_t n_challenge;
};

#endif
