/* SPDX-License-Identifier: BSD-2-Clause */
#include "sock.h"

/*
 * Theory of operation: an item is one watched handle of one instance. It hangs in three lists: all
 * items of the instance, all watchers of the socket, and the instance's ready list while something
 * happened on it that the application has not been told. A wake-up moves an item to the tail of the
 * ready list when the events it carries are wanted; sut_epoll_wait() takes items from the head and
 * asks the socket what is true now. A level-triggered item that was reported goes back to the tail,
 * an edge-triggered one waits for the next wake-up, a one-shot one wants nothing any more.
 *
 * EPOLLEXCLUSIVE matters only among callers that sleep, of which there are none here.
 */

enum epoll_op { EPOLL_ADD = 1, EPOLL_DEL = 2, EPOLL_MOD = 3 };

enum {
	EP_ET = 1u << 31, EP_ONESHOT = 1u << 30, EP_WAKEUP = 1u << 29, EP_EXCLUSIVE = 1u << 28,
	EP_PRIVATE = EP_ET | EP_ONESHOT | EP_WAKEUP | EP_EXCLUSIVE,
	EP_EXCLUSIVE_OK = POLL_IN | POLL_OUT | POLL_ERR | POLL_HUP | EP_WAKEUP | EP_ET |
			  EP_EXCLUSIVE,
	EP_NESTING_MAX = 4,
};

struct epoll_item {
	struct epoll_item *next;               /* of the instance */
	struct epoll_item *next_watcher;       /* of the socket */
	struct epoll_item *next_ready;
	bool is_ready;
	struct epoll *of;
	struct sock *k;
	int h;
	uint32_t events;
	uint64_t data;
};

struct epoll {
	struct sock *self;
	struct epoll_item *items;
	struct epoll_item *ready_first, *ready_last;
};

static void ready_append(struct epoll *e, struct epoll_item *it)
{
	if (it->is_ready)
		return;
	it->is_ready = true;
	it->next_ready = NULL;
	if (e->ready_last)
		e->ready_last->next_ready = it;
	else
		e->ready_first = it;
	e->ready_last = it;
}

static struct epoll_item *ready_pop(struct epoll *e)
{
	struct epoll_item *it = e->ready_first;

	if (!it)
		return NULL;
	e->ready_first = it->next_ready;
	if (!e->ready_first)
		e->ready_last = NULL;
	it->is_ready = false;
	return it;
}

static void ready_remove(struct epoll *e, struct epoll_item *it)
{
	struct epoll_item *p = e->ready_first, *last = NULL;

	if (!it->is_ready)
		return;
	if (p == it)
		e->ready_first = it->next_ready;
	for (; p; p = p->next_ready) {
		if (p->next_ready == it)
			p->next_ready = it->next_ready;
		if (p != it)
			last = p;
	}
	e->ready_last = last;
	it->is_ready = false;
}

/* Take the item out of all lists and free it. */
static void item_free(struct epoll_item *it)
{
	struct epoll *e = it->of;

	ready_remove(e, it);
	for (struct epoll_item **p = &e->items; *p; p = &(*p)->next)
		if (*p == it) {
			*p = it->next;
			break;
		}
	for (struct epoll_item **p = &it->k->watchers; *p; p = &(*p)->next_watcher)
		if (*p == it) {
			*p = it->next_watcher;
			break;
		}
	mem_free(e->self->s, it);
}

void epoll_forget(struct sock *k)
{
	while (k->watchers)
		item_free(k->watchers);
}

void epoll_free(struct epoll *e)
{
	while (e->items)
		item_free(e->items);
	mem_free(e->self->s, e);
}

/* What the socket offers of what the item wants. */
static uint32_t item_poll(const struct epoll_item *it)
{
	return sock_poll(it->k) & it->events & ~(uint32_t)EP_PRIVATE;
}

bool epoll_is_ready(struct epoll *e)
{
	for (const struct epoll_item *it = e->ready_first; it; it = it->next_ready)
		if (item_poll(it))
			return true;
	return false;
}

void epoll_wake(struct sock *k, unsigned events)
{
	for (struct epoll_item *it = k->watchers; it; it = it->next_watcher) {
		uint32_t wanted = it->events & ~(uint32_t)EP_PRIVATE;

		if (!wanted || (events && !(events & wanted)))
			continue;
		ready_append(it->of, it);
		sock_wake(it->of->self, POLL_IN | POLL_RDNORM);
	}
}

/* ---- the calls ---- */

int sut_epoll_create(struct sut *s, int flags)
{
	struct epoll *e;
	struct sock *k;
	int h;

	if (flags & ~TYPE_CLOEXEC)
		return SUT_EINVAL;
	e = mem_zalloc(s, sizeof(*e));
	if (!e)
		return SUT_ENOMEM;
	h = sock_new(s, &sock_epoll_ops, &k);
	if (h < 0) {
		mem_free(s, e);
		return h;
	}
	k->epoll = e;
	e->self = k;
	s->socks->slot[h].is_cloexec = flags & TYPE_CLOEXEC;
	return h;
}

/* Would watching @k from @e close a ring, or nest too deep? */
static bool is_too_deep(const struct epoll *e, const struct sock *k, int depth)
{
	if (k->ops != &sock_epoll_ops)
		return false;
	if (k->epoll == e || depth > EP_NESTING_MAX)
		return true;
	for (const struct epoll_item *it = k->epoll->items; it; it = it->next)
		if (is_too_deep(e, it->k, depth + 1))
			return true;
	return false;
}

static int item_add(struct epoll *e, struct sock *k, int h, const struct sut_epoll_event *ev)
{
	struct epoll_item *it;

	if (ev->events & EP_EXCLUSIVE &&
	    (ev->events & ~(uint32_t)EP_EXCLUSIVE_OK || k->ops == &sock_epoll_ops))
		return SUT_EINVAL;
	if (is_too_deep(e, k, 1))
		return SUT_ELOOP;
	it = mem_zalloc(k->s, sizeof(*it));
	if (!it)
		return SUT_ENOMEM;
	*it = (struct epoll_item){
		.next = e->items, .next_watcher = k->watchers, .of = e, .k = k, .h = h,
		.events = ev->events | POLL_ERR | POLL_HUP, .data = ev->data,
	};
	e->items = it;
	k->watchers = it;
	return 0;
}

static int item_modify(struct epoll_item *it, const struct sut_epoll_event *ev)
{
	if (ev->events & EP_EXCLUSIVE || it->events & EP_EXCLUSIVE)
		return SUT_EINVAL;
	it->events = ev->events | POLL_ERR | POLL_HUP;
	it->data = ev->data;
	return 0;
}

static struct epoll_item *item_find(struct epoll *e, const struct sock *k, int h)
{
	for (struct epoll_item *it = e->items; it; it = it->next)
		if (it->k == k && it->h == h)
			return it;
	return NULL;
}

static int item_change(struct epoll *e, int op, struct sock *k, int h,
		       const struct sut_epoll_event *ev)
{
	struct epoll_item *it = item_find(e, k, h);

	switch (op) {
	case EPOLL_ADD:
		return it ? SUT_EEXIST : item_add(e, k, h, ev);
	case EPOLL_MOD:
		return it ? item_modify(it, ev) : SUT_ENOENT;
	case EPOLL_DEL:
		if (!it)
			return SUT_ENOENT;
		item_free(it);
		return 0;
	default:
		return SUT_EINVAL;
	}
}

int sut_epoll_ctl(struct sut *s, int ep, int op, int h, const struct sut_epoll_event *ev)
{
	struct sock *self = sock_get(s, ep), *k = sock_get(s, h);
	struct epoll_item *it;
	int rc;

	if (op != EPOLL_DEL && !ev)
		return SUT_EFAULT;
	if (!self || !k)
		return SUT_EBADF;
	if (self == k || self->ops != &sock_epoll_ops)
		return SUT_EINVAL;
	rc = item_change(self->epoll, op, k, h, ev);
	it = rc || op == EPOLL_DEL ? NULL : item_find(self->epoll, k, h);
	/* what is true already is news to a new or changed entry */
	if (it && item_poll(it)) {
		ready_append(self->epoll, it);
		sock_wake(self, POLL_IN | POLL_RDNORM);
	}
	return rc;
}

int sut_epoll_wait(struct sut *s, int ep, struct sut_epoll_event *ev, int max)
{
	struct sock *self = sock_get(s, ep);
	struct epoll_item *it, *again = NULL, **tail = &again;
	int n = 0;

	if (max <= 0)
		return SUT_EINVAL;
	if (!ev)
		return SUT_EFAULT;
	if (!self)
		return SUT_EBADF;
	if (self->ops != &sock_epoll_ops)
		return SUT_EINVAL;
	while (n < max && (it = ready_pop(self->epoll)) != NULL) {
		uint32_t events = item_poll(it);

		if (!events)
			continue;
		ev[n++] = (struct sut_epoll_event){ .events = events, .data = it->data };
		if (it->events & EP_ONESHOT) {
			it->events &= EP_PRIVATE;
		} else if (!(it->events & EP_ET)) {
			it->next_ready = NULL;
			*tail = it;
			tail = &it->next_ready;
		}
	}
	while ((it = again) != NULL) {
		again = it->next_ready;
		ready_append(self->epoll, it);
	}
	return n;
}

static unsigned epoll_poll(struct sock *k)
{
	return epoll_is_ready(k->epoll) ? POLL_IN | POLL_RDNORM : 0;
}

static int epoll_close(struct sock *k)
{
	epoll_free(k->epoll);
	return 0;
}

const struct sock_ops sock_epoll_ops = {
	.poll = epoll_poll, .close = epoll_close,
};
