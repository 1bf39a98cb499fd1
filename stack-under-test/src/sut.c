/* SPDX-License-Identifier: BSD-2-Clause */
#include "sut.h"

#include <stdlib.h>
#include <string.h>

#include "ip.h"
#include "ip_reasm.h"
#include "profile.h"
#include "sock.h"
#include "sysctl.h"
#include "tcp.h"

/*
 * Theory of operation: an instance is passive. Packets (sut_input), time (sut_advance) and socket
 * calls come from outside; each runs to its end within the call, and what it causes are packets in
 * the output queue, readiness of sockets and deadlines. Timers are optional deadlines in the
 * connections and of datagrams that are not whole: sut_next_deadline() is their minimum, and
 * sut_advance() stops at each on the way, so that a timer sees the time it was set for. Paced packets
 * are due at their departure.
 *
 * ip.c judges packets, ip_reasm.c makes them of fragments, icmp.c and udp.c are what they say, the
 * TCP files begin with tcb.h; socket.c has the handles and calls, over struct sock_ops of each kind
 * of socket.
 */

static void *host_alloc(const struct sut_config *c)
{
	return c->allocator && c->allocator->alloc ?
	       c->allocator->alloc(c->allocator->ctx, sizeof(struct sut)) :
	       malloc(sizeof(struct sut));
}

static bool is_config_good(const struct sut_config *c)
{
	return (c->local4.family == 0 || c->local4.family == 4) &&
	       (c->local6.family == 0 || c->local6.family == 6) && c->prefix4 <= 32 &&
	       profile_find(c->profile) && c->prefix6 <= 128 && c->mtu_bytes >= 68 && c->mtu_bytes <= 65535;
}

static int apply_sysctls(struct sut *s, const struct sut_config *c)
{
	for (size_t i = 0; i < c->n_sysctl; i++) {
		int rc = sut_sysctl_set(s, c->sysctl[i].name, c->sysctl[i].value);

		if (rc)
			return rc;
	}
	if (!strcmp(s->sysctl.core_default_qdisc, "fq"))
		s->link.qdisc = SUT_QDISC_FQ;
	return 0;
}

static int start(struct sut *s, const struct sut_config *c)
{
	int rc = ip_init(s, c);

	if (!rc)
		rc = sock_init(s);
	if (!rc)
		rc = apply_sysctls(s, c);
	if (!rc)
		rc = tcp_init(s);
	return rc;
}

struct sut *sut_create(const struct sut_config *c)
{
	struct sut *s;

	if (!c || !is_config_good(c))
		return NULL;
	s = host_alloc(c);
	if (!s)
		return NULL;
	*s = (struct sut){
		.profile = profile_find(c->profile), .now_ns = c->now_ns,
		.link = { .mtu_bytes = c->mtu_bytes, .has_tso = c->has_tso, .has_gso = true },
		.rng = c->seed,
	};
	if (c->allocator)
		s->mem = *c->allocator;
#ifdef SUT_FAULTS
	s->fault = c->fault ? sut_fault_find(c->fault) : FAULT_NONE;
#endif
	sysctl_init(s);
	if (start(s, c)) {
		sut_destroy(s);
		return NULL;
	}
	return s;
}

void sut_destroy(struct sut *s)
{
	struct sut_allocator mem;

	if (!s)
		return;
	if (s->tcp)
		tcp_fini(s);
	sock_fini(s);
	ip_out_fini(s);
	ip_fini(s);
	mem = s->mem;
	if (mem.free)
		mem.free(mem.ctx, s);
	else
		free(s);
}

int64_t sut_now(const struct sut *s)
{
	return s->now_ns;
}

static int64_t next_timer(const struct sut *s)
{
	int64_t tcp = tcp_next_deadline(s), reasm = ip_reasm_deadline(s);

	return tcp < reasm ? tcp : reasm;
}

int64_t sut_next_deadline(const struct sut *s)
{
	int64_t due = next_timer(s);
	const struct out_packet *p = s->out.first;

	/* what may leave now needs no waiting for, whether it was taken already or not */
	while (p && p->at_ns <= s->now_ns)
		p = p->next;
	return p && p->at_ns < due ? p->at_ns : due;
}

void sut_advance(struct sut *s, int64_t now_ns)
{
	for (;;) {
		int64_t due = next_timer(s);

		if (due > now_ns || due == NEVER_NS)
			break;
		if (due > s->now_ns)
			s->now_ns = due;
		tcp_run_timers(s);
		ip_reasm_run(s);
	}
	if (now_ns > s->now_ns)
		s->now_ns = now_ns;
}

void sut_input(struct sut *s, const uint8_t *bytes, size_t n, uint16_t gso_bytes, int64_t now_ns)
{
	sut_advance(s, now_ns);
	ip_receive(s, bytes, n, gso_bytes);
}

void sut_link_get(const struct sut *s, struct sut_link *out)
{
	*out = s->link;
}

int sut_link_set(struct sut *s, const struct sut_link *link)
{
	if (link->mtu_bytes < 68 || link->mtu_bytes > 65535)
		return SUT_EINVAL;
	s->link = *link;
	return 0;
}

enum sut_tcp_state sut_state_of(struct sut *s, const struct sut_endpoint *local,
				const struct sut_endpoint *remote)
{
	return tcp_state_of(s, local, remote);
}
