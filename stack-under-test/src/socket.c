/* SPDX-License-Identifier: BSD-2-Clause */
#include "sock.h"

#include <string.h>

#include "bytes.h"
#include "codec.h"

/*
 * Theory of operation: a handle is an index into the table, and names a struct sock that dup() may
 * share. The calls here check handles and arguments the way Linux orders its checks, translate
 * addresses between the application (IPv4-mapped on IPv6 sockets) and the transports (family 4),
 * and leave the rest to the struct sock_ops of the kind. A close() that lingers keeps its handle,
 * but only close() may still name it.
 */

enum { SLOTS_STEP = 16 };

int sock_init(struct sut *s)
{
	s->socks = mem_zalloc(s, sizeof(*s->socks));
	return s->socks ? 0 : SUT_ENOMEM;
}

static struct sock *slot_sock(struct sut *s, int h)
{
	return h >= 0 && (size_t)h < s->socks->n_slot ? s->socks->slot[h].k : NULL;
}

struct sock *sock_get(struct sut *s, int h)
{
	struct sock *k = slot_sock(s, h);

	return k && !k->is_closing ? k : NULL;
}

static int get_socket(struct sut *s, int h, struct sock **out)
{
	*out = sock_get(s, h);
	if (!*out)
		return SUT_EBADF;
	return (*out)->ops->is_socket ? 0 : SUT_ENOTSOCK;
}

/* Room for the handle @h. */
static int grow_slots(struct sut *s, size_t h)
{
	struct sock_table *t = s->socks;
	size_t n = (h / SLOTS_STEP + 1) * SLOTS_STEP;
	struct handle *slot;

	if (h < t->n_slot)
		return 0;
	slot = mem_realloc(s, t->slot, n * sizeof(*slot));
	if (!slot)
		return SUT_ENOMEM;
	memset(slot + t->n_slot, 0, (n - t->n_slot) * sizeof(*slot));
	t->slot = slot;
	t->n_slot = n;
	return 0;
}

/* The lowest free handle from @at_least on, its slot ready to be filled. */
static int free_handle(struct sut *s, size_t at_least)
{
	size_t h = at_least;
	int rc;

	while (h < s->socks->n_slot && s->socks->slot[h].k)
		h++;
	if (h >= HANDLE_MAX)
		return SUT_EMFILE;
	rc = grow_slots(s, h);
	return rc ? rc : (int)h;
}

int sock_new(struct sut *s, const struct sock_ops *ops, struct sock **out)
{
	int h = free_handle(s, 0);
	struct sock *k;

	if (h < 0)
		return h;
	k = mem_zalloc(s, sizeof(*k));
	if (!k)
		return SUT_ENOMEM;
	k->s = s;
	k->ops = ops;
	k->refs = 1;
	s->socks->slot[h] = (struct handle){ .k = k };
	*out = k;
	return h;
}

void sock_discard(struct sut *s, int h)
{
	mem_free(s, s->socks->slot[h].k);
	s->socks->slot[h] = (struct handle){ 0 };
}

static void sock_free(struct sock *k)
{
	epoll_forget(k);
	err_clear(k);
	mem_free(k->s, k);
}

/* Connections are gone already: tcp_fini(). Epoll instances go first, they point to the others. */
void sock_fini(struct sut *s)
{
	struct sock_table *t = s->socks;

	if (!t)
		return;
	for (int only_epoll = 1; only_epoll >= 0; only_epoll--)
		for (size_t h = 0; h < t->n_slot; h++) {
			struct sock *k = t->slot[h].k;

			if (!k || (only_epoll && k->ops != &sock_epoll_ops))
				continue;
			t->slot[h].k = NULL;
			if (--k->refs)
				continue;
			if (k->ops != &sock_tcp_ops)
				k->ops->close(k);
			sock_free(k);
		}
	mem_free(s, t->slot);
	mem_free(s, t);
	s->socks = NULL;
}

/* ---- addresses ---- */

struct sut_endpoint sock_export(const struct sock *k, const struct sut_endpoint *e)
{
	struct sut_endpoint out = *e;

	if (out.addr.family == 0)
		out.addr = (struct sut_addr){ .family = k->family };
	else if (k->family == 6)
		out.addr = codec_addr_map(&e->addr);
	return out;
}

static int import_local(struct sock *k, const struct sut_endpoint *in, struct sut_endpoint *out)
{
	*out = *in;
	if (k->family == 4) {
		/* AF_UNSPEC with the wildcard is an old habit that Linux tolerates */
		if (in->addr.family == 0)
			out->addr.family = 4;
		if (in->addr.family == 0 && !addr_is_any(&out->addr))
			return SUT_EAFNOSUPPORT;
		return out->addr.family == 4 ? 0 : SUT_EAFNOSUPPORT;
	}
	if (in->addr.family != 6)
		return in->addr.family == 4 ? SUT_EINVAL : SUT_EAFNOSUPPORT;
	if (codec_addr_is_mapped(&in->addr) && k->ops->opts(k)->v6only)
		return SUT_EINVAL;
	out->addr = codec_addr_unmap(&in->addr);
	return 0;
}

int sock_import_peer(struct sock *k, const struct sut_endpoint *in, bool is_send,
		     struct sut_endpoint *out)
{
	*out = *in;
	if (k->family == 4)
		return in->addr.family == 4 ? 0 : SUT_EAFNOSUPPORT;
	if (in->addr.family != 6 && !(in->addr.family == 4 && is_send))
		return SUT_EINVAL;
	out->addr = codec_addr_unmap(&in->addr);
	return out->addr.family == 4 && k->ops->opts(k)->v6only ? SUT_ENETUNREACH : 0;
}

/* ---- making and closing ---- */

void sock_opts_default(const struct sut *s, struct sock_opts *o)
{
	*o = (struct sock_opts){
		.v6only = s->sysctl.ip6_bindv6only, .rcvlowat_bytes = 1,
		.sndbuf_bytes = s->sysctl.core_wmem_default,
		.rcvbuf_bytes = s->sysctl.core_rmem_default,
		.rcvtimeo_ns = NEVER_NS, .sndtimeo_ns = NEVER_NS, .max_pacing_rate = UINT64_MAX,
		.mtu_discover4 = s->sysctl.ip_no_pmtu_disc ? PMTU_DONT : PMTU_WANT,
		.mtu_discover6 = PMTU_WANT,
	};
}

/* Which kind a socket() call asks for. */
static int choose_ops(int domain, int type, int protocol, const struct sock_ops **out)
{
	if (domain != DOMAIN_INET && domain != DOMAIN_INET6)
		return SUT_EAFNOSUPPORT;
	if (type < 0 || type >= TYPE_COUNT || protocol < 0 || protocol >= PROTO_MAX)
		return SUT_EINVAL;
	if (type != TYPE_STREAM && type != TYPE_DGRAM)
		return SUT_ESOCKTNOSUPPORT;
	if (protocol && protocol != (type == TYPE_STREAM ? PROTO_TCP : PROTO_UDP))
		return SUT_EPROTONOSUPPORT;
	*out = type == TYPE_STREAM ? &sock_tcp_ops : &sock_udp_ops;
	return 0;
}

static void set_file_flags(struct sut *s, int h, int flags)
{
	struct sock *k = s->socks->slot[h].k;

	if (flags & TYPE_NONBLOCK)
		k->file_flags |= FILE_NONBLOCK;
	s->socks->slot[h].is_cloexec = flags & TYPE_CLOEXEC;
}

int sut_socket(struct sut *s, int domain, int type, int protocol)
{
	int flags = type & ~TYPE_MASK, h, rc;
	const struct sock_ops *ops;
	struct sock *k;

	if (flags & ~(TYPE_NONBLOCK | TYPE_CLOEXEC))
		return SUT_EINVAL;
	rc = choose_ops(domain, type & TYPE_MASK, protocol, &ops);
	if (rc)
		return rc;
	h = sock_new(s, ops, &k);
	if (h < 0)
		return h;
	k->family = domain == DOMAIN_INET6 ? 6 : 4;
	k->type = type & TYPE_MASK;
	k->protocol = k->type == TYPE_STREAM ? PROTO_TCP : PROTO_UDP;
	k->extra.autoflowlabel = true;
	set_file_flags(s, h, flags);
	rc = ops == &sock_tcp_ops ? sock_open_tcp(k) : sock_open_udp(k);
	if (!rc)
		return h;
	sock_discard(s, h);
	return rc;
}

int sut_close(struct sut *s, int h)
{
	struct sock *k = slot_sock(s, h);
	int rc;

	if (!k)
		return SUT_EBADF;
	if (k->refs > 1) {
		k->refs--;
		s->socks->slot[h] = (struct handle){ 0 };
		return 0;
	}
	epoll_forget(k);
	k->is_closing = true;
	rc = k->ops->close(k);
	if (rc == SUT_EAGAIN)
		return rc;
	s->socks->slot[h] = (struct handle){ 0 };
	sock_free(k);
	return rc;
}

int sut_dup(struct sut *s, int h, int at_least)
{
	struct sock *k = sock_get(s, h);
	int to;

	if (!k)
		return SUT_EBADF;
	if (at_least < 0 || at_least >= HANDLE_MAX)
		return SUT_EINVAL;
	to = free_handle(s, (size_t)at_least);
	if (to < 0)
		return to;
	s->socks->slot[to] = (struct handle){ .k = k };
	k->refs++;
	return to;
}

/* ---- connecting ---- */

int sut_bind(struct sut *s, int h, const struct sut_endpoint *local)
{
	struct sut_endpoint e;
	struct sock *k;
	int rc = get_socket(s, h, &k);

	if (rc)
		return rc;
	if (!local)
		return SUT_EFAULT;
	rc = import_local(k, local, &e);
	return rc ? rc : k->ops->bind(k, &e);
}

int sut_listen(struct sut *s, int h, int backlog)
{
	struct sock *k;
	int rc = get_socket(s, h, &k);

	if (rc)
		return rc;
	return k->ops->listen ? k->ops->listen(k, backlog) : SUT_EOPNOTSUPP;
}

int sut_accept(struct sut *s, int h, int flags, struct sut_endpoint *peer)
{
	struct sock *k, *child;
	int rc = get_socket(s, h, &k), to;
	const struct sut_endpoint *from;

	if (rc)
		return rc;
	if (flags & ~(TYPE_NONBLOCK | TYPE_CLOEXEC))
		return SUT_EINVAL;
	if (!k->ops->accept)
		return SUT_EOPNOTSUPP;
	to = sock_new(s, k->ops, &child);
	if (to < 0)
		return to;
	child->family = k->family;
	child->type = k->type;
	child->protocol = k->protocol;
	child->extra = k->extra;
	set_file_flags(s, to, flags);
	rc = k->ops->accept(k, child);
	if (rc) {
		sock_discard(s, to);
		return rc;
	}
	from = child->ops->peer(child);
	if (peer)
		*peer = sock_export(child, from ? from : &(struct sut_endpoint){ 0 });
	return to;
}

int sut_connect(struct sut *s, int h, const struct sut_endpoint *peer)
{
	struct sut_endpoint e;
	struct sock *k;
	int rc = get_socket(s, h, &k);

	if (rc)
		return rc;
	if (!peer || !peer->addr.family)
		return k->ops->connect(k, NULL);
	rc = sock_import_peer(k, peer, false, &e);
	return rc ? rc : k->ops->connect(k, &e);
}

int sut_shutdown(struct sut *s, int h, int how)
{
	struct sock *k;
	int rc = get_socket(s, h, &k);

	if (rc)
		return rc;
	if (how < SHUT_READ || how > SHUT_BOTH)
		return SUT_EINVAL;
	return k->ops->shutdown(k, how);
}

int sut_getsockname(struct sut *s, int h, struct sut_endpoint *out)
{
	struct sock *k;
	int rc = get_socket(s, h, &k);

	if (rc)
		return rc;
	if (!out)
		return SUT_EFAULT;
	*out = sock_export(k, k->ops->local(k));
	return 0;
}

int sut_getpeername(struct sut *s, int h, struct sut_endpoint *out)
{
	const struct sut_endpoint *peer;
	struct sock *k;
	int rc = get_socket(s, h, &k);

	if (rc)
		return rc;
	peer = k->ops->peer(k);
	if (!peer)
		return SUT_ENOTCONN;
	if (!out)
		return SUT_EFAULT;
	*out = sock_export(k, peer);
	return 0;
}

enum sut_tcp_state sut_state(struct sut *s, int h)
{
	const struct sock *k = slot_sock(s, h);

	return k && k->ops->state ? k->ops->state(k) : SUT_CLOSED;
}

/* ---- data ---- */

static int check_msg(const struct sut_msg *m)
{
	if (!m || (!m->iov && m->n_iov) || (!m->cmsg && (m->n_cmsg || m->max_cmsg)))
		return SUT_EFAULT;
	if (m->n_iov > IOV_MAX_COUNT)
		return SUT_EMSGSIZE;
	return msg_bytes(m) > INT64_MAX ? SUT_EINVAL : 0;
}

int64_t sut_sendmsg(struct sut *s, int h, struct sut_msg *m, int flags)
{
	struct sock *k;
	int rc = get_socket(s, h, &k);

	if (!rc)
		rc = check_msg(m);
	return rc ? rc : k->ops->send(k, m, flags);
}

int64_t sut_recvmsg(struct sut *s, int h, struct sut_msg *m, int flags)
{
	struct sock *k;
	int rc = get_socket(s, h, &k);

	if (rc)
		return rc;
	if (m)
		m->n_cmsg = 0;
	rc = check_msg(m);
	if (rc)
		return rc;
	m->flags = 0;
	m->from = (struct sut_endpoint){ 0 };
	return flags & MSG_ERRQUEUE ? err_receive(k, m) : k->ops->recv(k, m, flags);
}
