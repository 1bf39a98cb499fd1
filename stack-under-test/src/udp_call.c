/* SPDX-License-Identifier: BSD-2-Clause */
#include "udp.h"

#include <string.h>

#include "bytes.h"

/* The calls on UDP sockets. */

enum { UDP_PAYLOAD_MAX_BYTES = 65535 - CODEC_UDP_BYTES };
enum { POLL_WRBAND = 0x200 };     /* said of datagram sockets only */
enum { REQUEST_OUTQ = 0x5411, REQUEST_INQ = 0x541B };

int sock_open_udp(struct sock *k)
{
	struct udp_sock *u = mem_zalloc(k->s, sizeof(*u));

	if (!u)
		return SUT_ENOMEM;
	u->k = k;
	sock_opts_default(k->s, &u->opts);
	u->opts.is_nonblocking = k->file_flags & FILE_NONBLOCK;
	u->local.addr.family = k->family;
	u->next = k->s->socks->udp;
	k->s->socks->udp = u;
	k->udp = u;
	return 0;
}

void udp_drop_first(struct udp_sock *u)
{
	struct udp_datagram *d = u->first;

	u->first = d->next;
	if (!u->first)
		u->last = NULL;
	u->queued_bytes -= d->memory_bytes;
	mem_free(u->k->s, d);
}

static int close_udp(struct sock *k)
{
	struct udp_sock *u = k->udp;

	while (u->first)
		udp_drop_first(u);
	for (struct udp_sock **p = &k->s->socks->udp; *p; p = &(*p)->next)
		if (*p == u) {
			*p = u->next;
			break;
		}
	mem_free(k->s, u);
	return 0;
}

static int take_error_udp(struct sock *k)
{
	int error = k->udp->error;

	k->udp->error = 0;
	return error;
}

static int disconnect(struct udp_sock *u)
{
	u->peer = (struct sut_endpoint){ 0 };
	if (!u->is_addr_bound)
		u->local.addr = (struct sut_addr){ .family = u->k->family };
	if (!u->is_port_bound)
		u->local.port = 0;
	return 0;
}

/* Our address for packets to @dst, honouring what bind() chose. */
static int choose_source(struct udp_sock *u, const struct sut_addr *dst, struct sut_addr *out)
{
	int rc = ip_source(u->k->s, dst, out);

	if (rc)
		return rc;
	if (ip_is_broadcast(u->k->s, dst) && !u->opts.broadcast)
		return SUT_EACCES;
	if (!u->is_addr_bound || codec_addr_is_multicast(&u->local.addr) ||
	    ip_is_broadcast(u->k->s, &u->local.addr))
		return 0;
	if (u->local.addr.family != dst->family)
		return SUT_ENETUNREACH;
	*out = u->local.addr;
	return 0;
}

static int connect_udp(struct sock *k, const struct sut_endpoint *peer)
{
	struct udp_sock *u = k->udp;
	struct sut_addr src;
	int rc;

	if (!peer)
		return disconnect(u);
	rc = choose_source(u, &peer->addr, &src);
	if (!rc)
		rc = udp_autobind(u);
	if (rc)
		return rc;
	u->local.addr = src;
	u->peer = *peer;
	u->next_id = (uint16_t)rng_next(k->s);
	return 0;
}

/* ---- sending ---- */

/* What the header of one datagram is to say, after options and control messages. */
struct udp_header {
	struct sut_endpoint src, dst;
	uint8_t ttl, tos;
};

static int apply_int_cmsg(const struct sut_cmsg *c, int min, int max, uint8_t *out)
{
	int v;

	if (c->n_bytes != sizeof(v))
		return SUT_EINVAL;
	memcpy(&v, c->bytes, sizeof(v));
	if (v < min || v > max)
		return SUT_EINVAL;
	*out = (uint8_t)v;
	return 0;
}

static int apply_cmsg(const struct sut_cmsg *c, struct udp_header *h)
{
	bool is_v6 = h->dst.addr.family == 6;

	if (c->level == LEVEL_SOCKET)
		return msg_check_socket_cmsg(c);
	if (c->level != (is_v6 ? LEVEL_IPV6 : LEVEL_IP))
		return 0;
	if (c->type == (is_v6 ? CMSG_IPV6_HOPLIMIT : CMSG_IP_TTL))
		return apply_int_cmsg(c, 1, 255, &h->ttl);
	if (c->type == (is_v6 ? CMSG_IPV6_TCLASS : CMSG_IP_TOS))
		return apply_int_cmsg(c, 0, 255, &h->tos);
	return SUT_EINVAL;
}

static int fill_header(struct sock *k, const struct sut_msg *m, struct udp_header *h)
{
	struct udp_sock *u = k->udp;
	const struct sock_opts *o = &u->opts;
	bool is_v6;
	int rc;

	if (m->to && m->to->addr.family) {
		rc = sock_import_peer(k, m->to, true, &h->dst);
		if (rc)
			return rc;
		if (!h->dst.port)
			return SUT_EINVAL;
	} else if (u->peer.addr.family) {
		h->dst = u->peer;
	} else {
		return SUT_EDESTADDRREQ;
	}
	is_v6 = h->dst.addr.family == 6;
	h->ttl = is_v6 ? o->hops : o->ttl;
	if (!h->ttl)
		h->ttl = codec_addr_is_multicast(&h->dst.addr) ? 1 :
			 ip_ttl_default(k->s, &h->dst.addr);
	h->tos = is_v6 ? o->tclass : o->tos;
	for (size_t i = 0; i < m->n_cmsg; i++) {
		rc = apply_cmsg(&m->cmsg[i], h);
		if (rc)
			return rc;
	}
	rc = choose_source(u, &h->dst.addr, &h->src.addr);
	if (!rc)
		rc = udp_autobind(u);
	h->src.port = u->local.port;
	return rc;
}

static uint16_t choose_id(struct udp_sock *u, const struct udp_header *h, bool has_df)
{
	if (h->dst.addr.family == 6)
		return 0;
	if (u->peer.addr.family)
		return u->next_id++;
	/* an atomic datagram needs no identification [RFC6864 4.1] */
	return has_df ? 0 : u->k->s->ip->next_id++;
}

static int transmit(struct udp_sock *u, const struct udp_header *h, const struct sut_msg *m,
		    size_t n)
{
	struct sut *s = u->k->s;
	struct codec_ip ip = {
		.version = h->dst.addr.family, .tos = h->tos, .ttl = h->ttl,
		.proto = CODEC_PROTO_UDP, .src = h->src.addr, .dst = h->dst.addr,
		.has_df = u->opts.mtu_discover4 != PMTU_DONT &&
			  u->opts.mtu_discover4 < PMTU_INTERFACE,
	};
	struct codec_udp udp = { .src_port = h->src.port, .dst_port = h->dst.port, .n_payload = n };
	struct out_packet *p;
	uint8_t *t, options[IP_OPTIONS_MAX_BYTES];
	int rc;

	ip.id = choose_id(u, h, ip.has_df);
	if (u->k->extra.autoflowlabel)
		ip.flow_label = ip_flow_label(s, &h->src, &h->dst, CODEC_PROTO_UDP);
	if (!ip_options_write(s, &u->opts.ip_options, &ip, options))
		return SUT_ENETUNREACH;
	p = ip_packet_new(s, &ip, CODEC_UDP_BYTES + n, &t);
	if (!p)
		return SUT_ENOBUFS;
	msg_gather(m, t + CODEC_UDP_BYTES);
	udp.payload = t + CODEC_UDP_BYTES;
	codec_udp_build(&udp, &ip.src, &h->dst.addr, !u->k->extra.no_check, t);
	rc = ip_packet_send(s, p, 0);
	/* a full queue is reported only to those who ask for errors, as in Linux */
	if (rc)
		return u->opts.recverr4 || u->opts.recverr6 ? rc : 0;
	count(s, ip.version == 6 ? COUNTER_Udp6OutDatagrams : COUNTER_UdpOutDatagrams);
	return 0;
}

/* The largest packet that may be sent to @dst. */
static size_t packet_limit(struct udp_sock *u, const struct sut_addr *dst)
{
	uint8_t how = dst->family == 6 ? u->opts.mtu_discover6 : u->opts.mtu_discover4;
	const struct sut *s = u->k->s;

	return how == PMTU_WANT || how == PMTU_DO ? ip_mtu(u->k->s, dst) : s->link.mtu_bytes;
}

static int64_t send_udp(struct sock *k, const struct sut_msg *m, int flags)
{
	struct udp_sock *u = k->udp;
	size_t n = msg_bytes(m), header;
	struct udp_header h = { .ttl = 0 };
	int rc;

	if (n > UDP_PAYLOAD_MAX_BYTES)
		return SUT_EMSGSIZE;
	if (flags & (MSG_OOB | MSG_MORE))
		return SUT_EOPNOTSUPP;
	rc = fill_header(k, m, &h);
	if (!rc)
		rc = take_error_udp(k);
	if (rc)
		return rc;
	if (u->is_write_shut)
		return SUT_EPIPE;
	header = CODEC_UDP_BYTES + (h.dst.addr.family == 6 ? CODEC_IPV6_BYTES : CODEC_IPV4_BYTES);
	header += ip_options_bytes(&u->opts.ip_options, &h.dst.addr);
	if (header + n > packet_limit(u, &h.dst.addr))
		return SUT_EMSGSIZE;
	rc = transmit(u, &h, m, n);
	return rc ? rc : (int64_t)n;
}

/* ---- receiving ---- */

static void put_cmsgs(const struct sock *k, struct sut_msg *m, const struct udp_datagram *d)
{
	const struct sock_opts *o = &k->udp->opts;

	if (o->timestamp)
		msg_put_timestamp(m, d->arrived_ns);
	if (o->pktinfo6)
		msg_put_pktinfo6(m, &d->to, INTERFACE_INDEX);
	if (o->pktinfo4 && d->to.family == 4)
		msg_put_pktinfo4(m, &d->to, INTERFACE_INDEX);
	if (d->to.family == 4) {
		if (o->recvttl)
			msg_put_int(m, LEVEL_IP, CMSG_IP_TTL, d->ttl);
		if (o->recvtos)
			msg_put(m, LEVEL_IP, CMSG_IP_TOS, &d->tos, 1);
		return;
	}
	if (o->recvhops)
		msg_put_int(m, LEVEL_IPV6, CMSG_IPV6_HOPLIMIT, d->ttl);
	if (o->recvtclass)
		msg_put_int(m, LEVEL_IPV6, CMSG_IPV6_TCLASS, d->tos);
}

static int64_t recv_udp(struct sock *k, struct sut_msg *m, int flags)
{
	struct udp_sock *u = k->udp;
	struct udp_datagram *d = u->first;
	size_t n;
	int64_t result;

	if (u->error)
		return take_error_udp(k);
	if (!d)
		return u->is_read_shut && !u->opts.is_nonblocking ? 0 : SUT_EAGAIN;
	n = msg_scatter(m, d->bytes, d->n);
	if (n < d->n)
		m->flags |= MSG_TRUNC;
	m->from = sock_export(k, &d->from);
	put_cmsgs(k, m, d);
	result = (int64_t)(flags & MSG_TRUNC ? d->n : n);
	if (!(flags & MSG_PEEK))
		udp_drop_first(u);
	return result;
}

/* ---- the rest ---- */

static int shutdown_udp(struct sock *k, int how)
{
	struct udp_sock *u = k->udp;

	u->is_read_shut |= how != SHUT_WRITE;
	u->is_write_shut |= how != SHUT_READ;
	sock_wake(k, POLL_IN | POLL_RDNORM | POLL_RDHUP | POLL_HUP);
	return u->peer.addr.family ? 0 : SUT_ENOTCONN;
}

static unsigned poll_udp(struct sock *k)
{
	const struct udp_sock *u = k->udp;
	unsigned mask = POLL_OUT | POLL_WRNORM | POLL_WRBAND;

	if (u->error)
		mask |= POLL_ERR;
	if (u->first || u->is_read_shut)
		mask |= POLL_IN | POLL_RDNORM;
	if (u->is_read_shut)
		mask |= POLL_RDHUP;
	if (u->is_read_shut && u->is_write_shut)
		mask |= POLL_HUP;
	return mask;
}

static bool ready_udp(struct sock *k, int wait)
{
	const struct udp_sock *u = k->udp;

	return wait & (SUT_WAIT_WRITE | SUT_WAIT_CLOSE) || u->first || u->error || u->is_read_shut;
}

static enum sut_tcp_state state_udp(const struct sock *k)
{
	return k->udp->peer.addr.family ? SUT_ESTABLISHED : SUT_CLOSED;
}

static const struct sut_endpoint *local_udp(const struct sock *k)
{
	return &k->udp->local;
}

static const struct sut_endpoint *peer_udp(const struct sock *k)
{
	return k->udp->peer.addr.family ? &k->udp->peer : NULL;
}

static int ioctl_udp(struct sock *k, uint64_t request, int *value)
{
	const struct udp_sock *u = k->udp;

	if (request == REQUEST_INQ)
		*value = u->first ? (int)u->first->n : 0;
	else if (request == REQUEST_OUTQ)
		*value = 0;
	else
		return SUT_ENOTTY;
	return 0;
}

static struct sock_opts *opts_udp(struct sock *k)
{
	return &k->udp->opts;
}

static void opts_changed_udp(struct sock *k)
{
	(void)k;
}

const struct sock_ops sock_udp_ops = {
	.is_socket = true, .bind = udp_bind, .connect = connect_udp, .send = send_udp,
	.recv = recv_udp, .shutdown = shutdown_udp, .close = close_udp, .poll = poll_udp,
	.ready = ready_udp, .take_error = take_error_udp, .state = state_udp, .local = local_udp,
	.peer = peer_udp, .ioctl = ioctl_udp, .opts = opts_udp, .opts_changed = opts_changed_udp,
};
