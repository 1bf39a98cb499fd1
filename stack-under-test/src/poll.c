/* SPDX-License-Identifier: BSD-2-Clause */
#include "sock.h"

enum { POLL_NVAL = 0x020 };

unsigned sock_poll(struct sock *k)
{
	return k->ops->poll(k) | (k->err_first ? POLL_ERR : 0);
}

int sut_poll(struct sut *s, struct sut_pollfd *fd, size_t n)
{
	int ready = 0;

	if (!fd && n)
		return SUT_EFAULT;
	for (size_t i = 0; i < n; i++) {
		unsigned asked = (uint16_t)fd[i].events | POLL_ERR | POLL_HUP;
		struct sock *k = sock_get(s, fd[i].h);

		fd[i].revents = 0;
		if (fd[i].h < 0)
			continue;
		fd[i].revents = (int16_t)(k ? sock_poll(k) & asked : POLL_NVAL);
		if (fd[i].revents)
			ready++;
	}
	return ready;
}

void sock_wake(struct sock *k, unsigned events)
{
	if (k)
		epoll_wake(k, events);
}

bool sut_ready(struct sut *s, int h, int wait)
{
	const struct handle *slot = s->socks->slot;
	struct sock *k = h >= 0 && (size_t)h < s->socks->n_slot ? slot[h].k : NULL;

	/* a call with a bad handle gets further: it fails */
	if (!k || !k->ops->is_socket)
		return true;
	return k->ops->ready(k, wait);
}
