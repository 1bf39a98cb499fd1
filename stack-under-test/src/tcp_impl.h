/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SUT_TCP_IMPL_H
#define SUT_TCP_IMPL_H

#include "tcb.h"

/* Calls between the tcp files; each group is one file. Sequence numbers are live ones. */

static inline uint32_t seg_end(const struct seg *g)
{
	return g->seq + g->len + !!(g->flags & TCP_FLAG_SYN) + !!(g->flags & TCP_FLAG_FIN);
}

static inline uint32_t elem_end(const struct elem *e)
{
	return e->seq + e->len + !!(e->ctl & ELEM_SYN) + !!(e->ctl & ELEM_FIN);
}

static inline int64_t min_i64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static inline int64_t max_i64(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static inline uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static inline uint32_t max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* Milliseconds, rounded up: what a timer of a jiffy is set to. */
static inline int64_t ceil_ms(int64_t ns)
{
	return (ns + NS_PER_MS - 1) / NS_PER_MS * NS_PER_MS;
}

/* ---- tcp_io.c ---- */

/** tcp_skip_urgent() - an urgent byte that a read would come to next, and leave out, is passed */
void tcp_skip_urgent(struct tcb *t);

/* ---- tcp_layer.c: tables of connections, ports, hashes ---- */

/** conn_add() - enter @c into the heap's room and, with a remote port, into the table */
int conn_add(struct sut *s, struct conn *c);
int conn_hash(struct sut *s, struct conn *c);
void conn_unhash(struct sut *s, struct conn *c);
void conn_remove(struct sut *s, struct conn *c);
struct conn *conn_find(struct sut *s, const struct sut_endpoint *local,
		       const struct sut_endpoint *remote);
/** conn_deadline() - change when @c is to be woken; NEVER_NS: not at all */
void conn_deadline(struct sut *s, struct conn *c, int64_t at_ns);
struct tcb *tcp_find_listener(struct sut *s, const struct sut_endpoint *local);
uint32_t tcp_isn(struct sut *s, const struct conn *c);
uint32_t tcp_ts_offset(struct sut *s, const struct conn *c);
uint32_t tcp_flow_label(struct sut *s, const struct conn *c, uint32_t salt);
uint32_t tcp_ts_clock(const struct sut *s, uint32_t offset);
int tcp_pick_port(struct tcb *t, const struct sut_endpoint *remote);
bool tcp_port_is_free(struct tcb *t, const struct sut_endpoint *local);

/* ---- tcp_codec.c, tcp_option_table.c ---- */

/** tcp_seg_decode() - false: not a TCP segment, or wrong checksum (counted) */
bool tcp_seg_decode(struct sut *s, const struct ip_in *p, struct seg *out);

/** tcp_opts_decode() - malformed options end the reading, what came before stays */
void tcp_opts_decode(const uint8_t *bytes, size_t n, struct tcp_opts *out);

/** tcp_opts_encode() - in the profile's order; bytes written, a multiple of 4, at most 40 */
uint32_t tcp_opts_encode(const struct profile *pf, const struct tcp_opts *o,
			 uint8_t out[TCP_MAX_OPTIONS]);

/* ---- tcb.c: life of a block ---- */

struct tcb *tcb_new(struct sut *s, uint8_t domain);
void tcb_free(struct tcb *t);
/** tcb_reset_connection() - fields of a connection as before any */
void tcb_reset_connection(struct tcb *t);
void tcb_purge_queues(struct tcb *t);
/** tcb_set_state() - with what hangs on it: counters, waking */
void tcb_set_state(struct tcb *t, enum sut_tcp_state to);
/** tcb_done() - to CLOSED, out of the tables; freed by tcb_reap() when nobody holds it */
void tcb_done(struct tcb *t);
void tcb_fail(struct tcb *t, int error);
void tcb_reap(struct tcb *t);
bool tcb_is_synchronized(const struct tcb *t);

/* ---- tcp_ring.c, tcp_sendq.c ---- */

void ring_fini(struct sut *s, struct ring *r);
/** ring_append() - NULL @from: zeros. SUT_ENOMEM changes nothing */
int ring_append(struct sut *s, struct ring *r, const uint8_t *from, uint32_t n);
void ring_drop(struct ring *r, uint32_t n);
size_t ring_parts(const struct ring *r, uint32_t off, uint32_t n, struct ip_part part[TCP_PARTS]);

void elemq_push(struct elemq *q, struct elem *e);
void elemq_push_front(struct elemq *q, struct elem *e);
void elemq_insert_after(struct elemq *q, struct elem *at, struct elem *e);
void elemq_remove(struct elemq *q, struct elem *e);
struct elem *elem_new(struct tcb *t);
void elem_free(struct tcb *t, struct elem *e);
/** elem_split() - @e keeps its first @len bytes, the rest follows it in @q */
int elem_split(struct tcb *t, struct elemq *q, struct elem *e, uint32_t len);
uint32_t elem_count_segs(const struct elem *e, uint32_t mss);
/** elem_trim_front() - @n payload bytes were acknowledged */
void elem_trim_front(struct tcb *t, struct elem *e, uint32_t n);
/** sendq_fill() - move bytes of later unsent elements into the first, up to @want */
void sendq_fill(struct tcb *t, uint32_t want);
/** sendq_trim_ring() - forget payload that no element needs any more */
void sendq_trim_ring(struct tcb *t);
/** sendq_queue_fin() - after all data; 0 or SUT_ENOMEM */
int sendq_queue_fin(struct tcb *t);
void sendq_purge(struct tcb *t);

/* ---- tcp_mss.c: segment sizes, send buffer ---- */

/** tcp_offered_mtu() - what the MSS that is told to @peer is made from */
uint32_t tcp_offered_mtu(const struct tcb *t, const struct sut_addr *peer);
void tcp_mss_init(struct tcb *t);
void tcp_mss_sync(struct tcb *t);
/** tcp_mss_now() - less what options of the moment take */
uint32_t tcp_mss_now(struct tcb *t);
uint32_t tcp_half_window(const struct tcb *t, uint32_t bytes);
uint32_t tcp_size_goal(const struct tcb *t, uint32_t mss);
bool tcp_has_memory(const struct tcb *t);
bool tcp_is_writable(const struct tcb *t);
void tcp_sndbuf_expand(struct tcb *t);

/* ---- tcp_output.c ---- */

enum push { PUSH_NORMAL = 0, PUSH_NODELAY = 1, PUSH_CORK = 2, PUSH_ONE = 4, PUSH_PROBE = 8 };

/** tcp_push() - send what may be sent; @how bits of enum push */
bool tcp_push(struct tcb *t, unsigned how);
/** tcp_push_pending() - with the socket's own Nagle state, after an ACK or a timer */
void tcp_push_pending(struct tcb *t);
/** tcp_max_super_segs() - segments that may leave as one, by the pacing rate */
uint32_t tcp_max_super_segs(const struct tcb *t, uint32_t mss);
uint32_t tcp_wnd_end(const struct tcb *t);
uint32_t tcp_in_flight(const struct tcb *t);
/** tcp_send_probe_data() - the first unsent bytes whatever Nagle says; false: nothing sendable */
bool tcp_send_probe_data(struct tcb *t, int *rc);
/** tcp_send_probe_octet() - one octet beyond a closed window, new or again; false: none to send, or the
 * profile does not */
bool tcp_send_probe_octet(struct tcb *t, int *rc);

/* ---- tcp_transmit.c: one segment ---- */

/** tcp_transmit() - send @e (again); 0 or SUT_ENOBUFS, then nothing changed */
int tcp_transmit(struct tcb *t, struct elem *e);
void tcp_send_ack(struct tcb *t);
/** tcp_send_probe() - an empty segment below the window */
int tcp_send_probe(struct tcb *t);
/** tcp_send_reset() - RST|ACK of an abort */
void tcp_send_reset(struct tcb *t);
int tcp_send_syn(struct tcb *t);
void tcp_opts_of(struct tcb *t, uint16_t flags, struct tcp_opts *o);

/* ---- tcp_reply.c: segments without a tcb ---- */

void tcp_reply_reset(struct sut *s, const struct seg *g);
void tcp_reply_synack(struct sut *s, struct request *r);
/** tcp_reply_request_ack() - to what is not acceptable; @seq: SND.NXT */
void tcp_reply_request_ack(struct sut *s, struct request *r, const struct seg *g, uint32_t seq);
void tcp_reply_timewait_ack(struct sut *s, struct timewait *w, const struct seg *g);

/* ---- tcp_window.c: receive memory and window ---- */

/** tcp_truesize() - what a packet costs in a receive queue */
uint32_t tcp_truesize(uint32_t ip_bytes);
/** tcp_slack() - payload of later packets that its buffer has room for */
uint32_t tcp_slack(uint32_t ip_bytes);
struct window_init {
	uint32_t rcv_wnd;
	int64_t clamp;
	uint8_t wscale;
};
void tcp_window_initial(const struct tcb *t, uint32_t mss, bool has_wscale, struct window_init *out);
/** tcp_window_established() - settle clamp and thresholds when the handshake is over */
void tcp_window_established(struct tcb *t);
/** tcp_window_current() - what of the offered window is still open */
uint32_t tcp_window_current(const struct tcb *t);
/** tcp_window_candidate() - what would be offered now; changes nothing but the quick count */
uint32_t tcp_window_candidate(struct tcb *t);
/** tcp_window_select() - choose and remember the window; the header field */
uint16_t tcp_window_select(struct tcb *t);
/** tcp_window_clamp_set() - limit the window; the threshold that lets it grow follows */
void tcp_window_clamp_set(struct tcb *t, int64_t clamp);
/** tcp_window_grow() - @g may raise the threshold; @rmem_bytes: what counts as occupied */
void tcp_window_grow(struct tcb *t, const struct seg *g, int64_t rmem_bytes);
void tcp_window_measure(struct tcb *t, const struct seg *g);
int64_t tcp_window_of(const struct tcb *t, int64_t memory);
/** tcp_rmem_admit() - may @truesize more be queued? Makes room if it can */
bool tcp_rmem_admit(struct tcb *t, uint32_t truesize, bool is_in_order);
void tcp_space_adjust(struct tcb *t);
/** tcp_space_for_hole() - what waits behind a hole needs a buffer as well */
void tcp_space_for_hole(struct tcb *t);

/* ---- tcp_reasm.c: out-of-order queue, SACK and D-SACK ---- */

struct rseg *rseg_new(struct tcb *t, const struct seg *g, uint32_t seq, uint32_t len);
void rseg_free(struct tcb *t, struct rseg *r);
void rsegq_push(struct tcb *t, struct rsegq *q, struct rseg *r);
void rsegq_purge(struct tcb *t, struct rsegq *q);
/** reasm_insert() - queue out-of-order data; what that costs, -1: dropped (memory, nothing new) */
int64_t reasm_insert(struct tcb *t, const struct seg *g);
/** reasm_advance() - move what RCV.NXT reaches to the receive queue; true: a FIN was reached */
bool reasm_advance(struct tcb *t);
void reasm_dsack(struct tcb *t, uint32_t start, uint32_t end);
void reasm_sack_forget(struct tcb *t);

/* ---- tcp_data.c: text and FIN of a segment ---- */

void tcp_data_step(struct tcb *t, const struct seg *g);

/* ---- tcp_ackpol.c: when to acknowledge ---- */

void ackpol_data_received(struct tcb *t, const struct seg *g);
void ackpol_quick(struct tcb *t, uint32_t max);
void ackpol_enter_quick(struct tcb *t, uint32_t max);
void ackpol_after_segment(struct tcb *t);
void ackpol_after_read(struct tcb *t, uint32_t copied);
void ackpol_ack_sent(struct tcb *t);
void ackpol_data_sent(struct tcb *t);
void ackpol_set_quickack(struct tcb *t, int value);
void ackpol_timer(struct tcb *t);
/** ackpol_challenge() - an ACK to an unacceptable segment, rate limited */
void ackpol_challenge(struct tcb *t);
void ackpol_invalid(struct tcb *t, const struct seg *g);
bool ackpol_may_answer(struct sut *s, const struct seg *g, int64_t *last_ns, bool *has_last);

/* ---- tcp_ack.c, tcp_sack.c: acknowledgments ---- */

enum ack_verdict { ACK_BAD, ACK_OLD, ACK_GOOD };

/* What one ACK did to the queue of sent segments; filled on the way. Counts are segments. */
struct ack_news {
	const struct seg *seg;
	uint32_t prior_high;               /* end of what was SACKed before this segment */
	uint32_t prior_una, prior_in_flight, prior_delivered;
	uint32_t acked, sacked, newly_lost;
	bool has_una_moved, has_data_acked, has_syn_acked, has_window_changed, has_dsack;
	bool has_retrans_acked, is_old;
	bool is_echo;                      /* the peer tells of a mark on our data */
	bool is_reneged;                   /* the peer threw away what it had reported */
	uint32_t low_reord;                /* lowest never retransmitted start that came late */
	int64_t first_acked_ns, last_acked_ns;     /* send times; -1: none */
	int64_t first_sacked_ns, last_sacked_ns;
	struct {
		struct rate_stamp stamp;
		uint32_t end_seq;
		int64_t sent_ns;
		bool is_valid, is_retrans;
	} rate;
};

enum ack_verdict tcp_ack(struct tcb *t, const struct seg *g);
void tcp_sack_process(struct tcb *t, struct ack_news *n);
void rate_on_sent(struct tcb *t, struct elem *e);
void rate_on_delivered(struct tcb *t, struct ack_news *n, const struct elem *e);
void rate_generate(struct tcb *t, struct ack_news *n);
void rate_check_app_limited(struct tcb *t);
void chrono_set(struct tcb *t, enum chrono kind);
void chrono_update(struct tcb *t);

/* ---- tcp_rtt.c ---- */

void rtt_init(struct rtt *r, const struct tcb *t);
void rtt_sample(struct tcb *t, int64_t us);
/** rtt_forget() - the next sample is a first one; the timeout stays until then */
void rtt_forget(struct tcb *t);
void rtt_set_rto(struct tcb *t);
void rtt_min_update(struct tcb *t, int64_t us);
uint32_t rtt_min_us(const struct tcb *t);
void pacing_update(struct tcb *t);

/* ---- tcp_recovery.c, tcp_rack.c, tcp_prr.c ---- */

void recovery_on_ack(struct tcb *t, struct ack_news *n);
void recovery_enter_loss(struct tcb *t);
void recovery_retransmit(struct tcb *t);
/** recovery_dupacks_acked() - without SACK: @acked segments are no duplicates' subject any more */
void recovery_dupacks_acked(struct tcb *t, uint32_t acked);
/** recovery_retransmit_head() - one MSS of the oldest element; 0, SUT_ENOBUFS */
/** recovery_probe_elem() - send @e again without taking it for lost */
int recovery_probe_elem(struct tcb *t, struct elem *e, uint32_t max_segs);
/** recovery_last_segment() - the last one that is out, as an element of its own; NULL: no memory */
struct elem *recovery_last_segment(struct tcb *t);
int recovery_retransmit_elem(struct tcb *t, struct elem *e, uint32_t max_segs);
void recovery_reo_timer(struct tcb *t);
void recovery_mark_lost(struct tcb *t, struct elem *e);
void recovery_pmtu_lost(struct tcb *t);
/** recovery_resend_all() - all that is out, but not for congestion */
void recovery_resend_all(struct tcb *t);
/** recovery_octet_refused() - the window has opened, and the octet of a probe was not taken before */
void recovery_octet_refused(struct tcb *t);
void rack_advance(struct tcb *t, const struct elem *e);
/**
 * rack_adapt() - widen the reordering window after a round trip that reported duplicates
 * @n:	an ACK, after its SACK blocks
 */
void rack_adapt(struct tcb *t, const struct ack_news *n);
/** rack_recovered() - a recovery is over: one of those that the widened window outlives */
void rack_recovered(struct tcb *t);
/** rack_detect() - mark what is lost; returns ns until more may be, 0: never */
int64_t rack_detect(struct tcb *t);
void prr_start(struct tcb *t);
void prr_on_ack(struct tcb *t, uint32_t delivered, bool has_una_moved, uint32_t newly_lost);
void reordering_update(struct tcb *t, uint32_t low_seq);

/* ---- tcp_cc.c ---- */

struct cc_ops {
	const char *name;
	void (*init)(struct tcb *t);
	uint32_t (*ssthresh)(struct tcb *t);
	void (*avoid)(struct tcb *t, uint32_t acked);    /* slow start and avoidance */
	void (*rtt)(struct tcb *t, uint32_t rtt_us);     /* or NULL */
	void (*loss)(struct tcb *t);                     /* or NULL */
	void (*restart)(struct tcb *t);                  /* first data after idle, or NULL */
};

extern const struct cc_ops cc_reno, cc_cubic;
const struct cc_ops *cc_find(const char *name);
void cc_init(struct tcb *t);
uint32_t cc_slow_start(struct tcb *t, uint32_t acked);
void cc_avoid(struct tcb *t, uint32_t w, uint32_t acked);
/** cc_is_limited() - was the window used, so that it may grow? */
bool cc_is_limited(const struct tcb *t);
void cc_validate(struct tcb *t, bool is_limited);
void cc_idle_check(struct tcb *t);
/** cc_initial_window() - segments of the first flight, nothing having been lost */
uint32_t cc_initial_window(const struct tcb *t);
/** cc_flight_begins() - the next window of data is the first, or the first after a pause */
void cc_flight_begins(struct tcb *t);
/** cc_flight_lost() - something that is out was lost: it may be of such a flight */
void cc_flight_lost(struct tcb *t);

/* ---- tcp_timer.c ---- */

void timer_set(struct tcb *t, enum tcp_timer which, int64_t at_ns);
void timer_stop(struct tcb *t, enum tcp_timer which);
void timer_stop_all(struct tcb *t);
void timer_rtx(struct tcb *t, enum rtx_kind kind, int64_t delay_ns);
/** timer_rearm_rto() - from the oldest segment when a loss probe or reordering timer was pending */
void timer_rearm_rto(struct tcb *t);
bool timer_schedule_tlp(struct tcb *t, bool is_on_ack);
void timer_probe_check(struct tcb *t);
void timer_probe_acked(struct tcb *t);
void timer_keepalive(struct tcb *t);
void timer_expired(struct tcb *t);
void timer_rto_backed_off(struct tcb *t);

/* ---- tcp_input.c, tcp_synsent.c, tcp_listen.c, tcp_timewait.c ---- */

void tcp_syn_sent_input(struct tcb *t, const struct seg *g);
void tcp_listen_input(struct tcb *listener, const struct seg *g, uint32_t forced_isn);
void tcp_request_input(struct sut *s, struct request *r, const struct seg *g);
void tcp_request_timer(struct sut *s, struct request *r);
void tcp_request_drop(struct sut *s, struct request *r);
void tcp_listen_stop(struct tcb *t);
void tcp_synchronized_input(struct tcb *t, const struct seg *g);
/** tcp_text_input() - the sixth step and those behind it: what a SYN-ACK brings beside itself */
void tcp_text_input(struct tcb *t, const struct seg *g);
/** tcp_establish() - what active, passive and simultaneous opens share */
void tcp_establish(struct tcb *t);
void tcp_reset_received(struct tcb *t);
/** tcp_time_wait() - the connection lives on as an entry in @state; @t is done */
void tcp_time_wait(struct tcb *t, enum sut_tcp_state state, int64_t for_ns);
void tcp_timewait_input(struct sut *s, struct timewait *w, const struct seg *g);
void tcp_timewait_free(struct sut *s, struct timewait *w);
/** tcp_seg_count() - segments that were aggregated into @g */
uint32_t tcp_seg_count(const struct seg *g);
/** tcp_count_arrival() - figures of every segment that reaches a connection, good or bad */
void tcp_count_arrival(struct tcb *t, const struct seg *g);
bool tcp_paws_rejects(const struct tcb *t, const struct seg *g);
/** tcp_send_fin() - queue it and send what may leave */
void tcp_send_fin(struct tcb *t);
/** tcp_finish_sending() - our side is done: state and FIN; after shutdown() in SYN-RECEIVED, the
 * FIN waits for ESTABLISHED [RFC9293 3.10.4] */
void tcp_finish_sending(struct tcb *t);
void tcp_abort(struct tcb *t);
/** tcp_active_open() - send the first SYN of a connection in SYN-SENT; SUT_EINPROGRESS, SUT_ENOBUFS */
int tcp_active_open(struct tcb *t);

/* ---- tcp_arrival.c ---- */

/** arrival_init() - of a connection to which nothing came yet */
void arrival_init(struct arrivals *a);

/** arrival_of_syn() - @r is filled but for this; @is_reuse: of a connection in TIME-WAIT */
void arrival_of_syn(struct request *r, const struct seg *g, bool is_reuse);

/** arrival_of_handshake() - @g made the connection @t of the request @r */
void arrival_of_handshake(struct tcb *t, const struct request *r, const struct seg *g);

/** arrival_note() - @g came to the connection, and was dealt with */
void arrival_note(struct tcb *t, const struct seg *g);

/* ---- tcp_icmp.c: what messages about the path leave behind ---- */

/** tcp_path_acked() - some or all of @e has reached the peer */
void tcp_path_acked(struct tcb *t, const struct elem *e);
/** tcp_path_timed_out() - the retransmission timer has expired */
void tcp_path_timed_out(struct tcb *t);

/* ---- tcp_info.c ---- */

#define TCP_INFO_BYTES 280

void tcp_info_fill(struct tcb *t, uint8_t out[TCP_INFO_BYTES]);

#endif
