/* SPDX-License-Identifier: BSD-2-Clause */
#include "sock.h"

#include "tcp.h"

/* TCP behind struct sock_ops. */

enum { OPTION_INQ = 36 };

int sock_open_tcp(struct sock *k)
{
	struct sock_opts o;

	sock_opts_default(k->s, &o);
	o.is_nonblocking = k->file_flags & FILE_NONBLOCK;
	k->tcb = tcp_open(k->s, k, k->family, &o);
	return k->tcb ? 0 : SUT_ENOMEM;
}

static int bind_tcp(struct sock *k, const struct sut_endpoint *local)
{
	return tcp_bind(k->tcb, local);
}

static int listen_tcp(struct sock *k, int backlog)
{
	return tcp_listen(k->tcb, backlog);
}

static int accept_tcp(struct sock *k, struct sock *child)
{
	int rc = tcp_accept(k->tcb, child, &child->tcb);
	struct sock_opts *o;

	if (rc)
		return rc;
	o = tcp_opts(child->tcb);
	o->is_nonblocking = child->file_flags & FILE_NONBLOCK;
	tcp_opts_changed(child->tcb);
	return 0;
}

static int connect_tcp(struct sock *k, const struct sut_endpoint *peer)
{
	return peer ? tcp_connect(k->tcb, peer) : tcp_disconnect(k->tcb);
}

static int64_t send_tcp(struct sock *k, const struct sut_msg *m, int flags)
{
	struct sut_endpoint peer;

	for (size_t i = 0; i < m->n_cmsg; i++) {
		int rc = m->cmsg[i].level == LEVEL_SOCKET ? msg_check_socket_cmsg(&m->cmsg[i]) : 0;

		if (rc)
			return rc;
	}
	if (!(flags & MSG_FASTOPEN))
		return tcp_send(k->tcb, m->iov, m->n_iov, flags);
	if (m->to) {
		int rc = sock_import_peer(k, m->to, false, &peer);

		if (rc)
			return rc;
	}
	return tcp_send_open(k->tcb, m->to ? &peer : NULL, m->iov, m->n_iov, flags);
}

static bool wants_inq(struct sock *k)
{
	int on = 0;
	uint32_t n = sizeof(on);

	return !tcp_getsockopt(k->tcb, OPTION_INQ, &on, &n) && on;
}

static int64_t recv_tcp(struct sock *k, struct sut_msg *m, int flags)
{
	struct tcp_recv_info info = { 0 };
	int64_t n = tcp_recv(k->tcb, m->iov, m->n_iov, flags, &info);

	if (n < 0)
		return n;
	m->flags |= info.msg_flags;
	if (n && tcp_opts(k->tcb)->timestamp)
		msg_put_timestamp(m, info.arrived_ns);
	if (wants_inq(k))
		msg_put_int(m, LEVEL_TCP, OPTION_INQ, info.inq_bytes);
	return n;
}

static int shutdown_tcp(struct sock *k, int how)
{
	return tcp_shutdown(k->tcb, how);
}

static int close_tcp(struct sock *k)
{
	return tcp_close(k->tcb);
}

static unsigned poll_tcp(struct sock *k)
{
	return tcp_poll(k->tcb);
}

static bool ready_tcp(struct sock *k, int wait)
{
	if (wait & SUT_WAIT_CLOSE && tcp_close_done(k->tcb))
		return true;
	wait &= ~SUT_WAIT_CLOSE;
	return wait && tcp_ready(k->tcb, wait);
}

static int take_error_tcp(struct sock *k)
{
	return tcp_take_error(k->tcb);
}

static enum sut_tcp_state state_tcp(const struct sock *k)
{
	return tcp_state(k->tcb);
}

static const struct sut_endpoint *local_tcp(const struct sock *k)
{
	return tcp_local(k->tcb);
}

static const struct sut_endpoint *peer_tcp(const struct sock *k)
{
	return tcp_has_peer(k->tcb) ? tcp_peer(k->tcb) : NULL;
}

static int ioctl_tcp(struct sock *k, uint64_t request, int *value)
{
	return tcp_ioctl(k->tcb, request, value);
}

static struct sock_opts *opts_tcp(struct sock *k)
{
	return tcp_opts(k->tcb);
}

static void opts_changed_tcp(struct sock *k)
{
	tcp_opts_changed(k->tcb);
}

const struct sock_ops sock_tcp_ops = {
	.is_socket = true, .bind = bind_tcp, .listen = listen_tcp, .accept = accept_tcp,
	.connect = connect_tcp, .send = send_tcp, .recv = recv_tcp, .shutdown = shutdown_tcp,
	.close = close_tcp, .poll = poll_tcp, .ready = ready_tcp, .take_error = take_error_tcp,
	.state = state_tcp, .local = local_tcp, .peer = peer_tcp, .ioctl = ioctl_tcp,
	.opts = opts_tcp, .opts_changed = opts_changed_tcp,
};
