/* SPDX-License-Identifier: BSD-2-Clause */
#include "ip_options.h"

#include <string.h>

#include "bytes.h"
#include "codec.h"
#include "ip.h"

/*
 * Theory of operation: a socket keeps its options as the application wrote them, which is also how
 * getsockopt() shows them. Only ip_options_write() makes of them what stands in a packet: the first
 * hop of a source route becomes the header's destination, the others move up, and the destination
 * itself comes last; a record of the route begins with our address, time stamps with our time. The
 * checksum of the transport counts the final destination all the same [RFC793 3.1].
 *
 * The other way, ip_options_judge() turns the route of a packet that came into the options that lead
 * back, in the same form: the hops that it has passed, the latest first [RFC1122 3.2.1.8]. They go up
 * with the packet. A half-open request keeps them, its child inherits them, later ones replace them
 * (ip_options_learn()), and what answers a packet without a connection takes the way that it came.
 * An active opener keeps its own options and learns nothing.
 *
 * Received records of routes and times are valid and without effect; so is what is not known here.
 */

enum option { OPTION_END = 0, OPTION_NOP = 1, OPTION_RECORD = 7, OPTION_STAMP = 68,
	OPTION_LOOSE = 131, OPTION_CIPSO = 134, OPTION_STRICT = 137, OPTION_ALERT = 148 };
enum { ROUTE_HEADER_BYTES = 3, STAMP_HEADER_BYTES = 4, ADDR4_BYTES = 4 };
enum { STAMP_TIME = 0, STAMP_BOTH = 1, STAMP_GIVEN = 3 };

/* The option that begins at @at: its bytes, 0 past the last one, -1 when the lengths do not add up. */
static int option_bytes(const uint8_t *b, size_t n, size_t at)
{
	if (at >= n || b[at] == OPTION_END)
		return 0;
	if (b[at] == OPTION_NOP)
		return 1;
	if (n - at < 2 || b[at + 1] < 2 || b[at + 1] > n - at)
		return -1;
	return b[at + 1];
}

/* ---- from the application ---- */

/* A route yet to be travelled: whole addresses, and none of them passed. */
static bool is_route_good(const uint8_t *o)
{
	uint8_t n = o[1];

	return n >= ROUTE_HEADER_BYTES + ADDR4_BYTES && (n - ROUTE_HEADER_BYTES) % ADDR4_BYTES == 0 &&
	       o[2] == 4;
}

/* Room for one address, or for none at all. */
static bool is_record_good(const uint8_t *o)
{
	return o[1] >= ROUTE_HEADER_BYTES && o[2] >= 4 && (o[2] > o[1] || o[2] + 3 <= o[1]);
}

/* Bytes of a stamp. */
static uint8_t stamp_bytes(const uint8_t *o)
{
	uint8_t kind = o[3] & 15;

	return kind == STAMP_BOTH || kind == STAMP_GIVEN ? 8 : 4;
}

static bool is_stamp_good(const uint8_t *o)
{
	if (o[1] < STAMP_HEADER_BYTES || o[2] < 5)
		return false;
	if (o[2] > o[1])
		return (o[3] & 15) == STAMP_GIVEN || o[3] >> 4 != 15;
	return o[2] + stamp_bytes(o) - 1 <= o[1];
}

/* Note where an option is of which there may be one only. */
static bool note(uint8_t *place, size_t at)
{
	if (*place)
		return false;
	*place = (uint8_t)(at + 1);
	return true;
}

static bool check_option(struct ip_options *o, size_t at)
{
	const uint8_t *b = o->b + at;

	switch (b[0]) {
	case OPTION_LOOSE:
	case OPTION_STRICT:
		return is_route_good(b) && note(&o->route_at, at);
	case OPTION_RECORD:
		return is_record_good(b) && note(&o->record_at, at);
	case OPTION_STAMP:
		return is_stamp_good(b) && note(&o->stamp_at, at);
	case OPTION_ALERT:
		return b[1] >= 4;
	case OPTION_CIPSO:         /* nobody has defined a domain of interpretation */
		return false;
	default:
		return true;
	}
}

int ip_options_set(struct ip_options *o, const uint8_t *value, uint32_t n)
{
	struct ip_options new = { .is_own = true };
	size_t at = 0;
	int bytes;

	if (n > IP_OPTIONS_MAX_BYTES)
		return SUT_EINVAL;
	if (n)
		memcpy(new.b, value, n);
	while ((bytes = option_bytes(new.b, n, at)) > 0) {
		if (bytes > 1 && !check_option(&new, at))
			return SUT_EINVAL;
		at += (size_t)bytes;
	}
	if (bytes < 0)
		return SUT_EINVAL;
	memset(new.b + at, OPTION_END, sizeof(new.b) - at);
	new.n = (uint8_t)((n + 3) / 4 * 4);
	*o = new;
	return 0;
}

/* ---- into a packet ---- */

static void write_route(uint8_t *o, struct codec_ip *ip)
{
	uint8_t *hops = o + ROUTE_HEADER_BYTES;
	size_t n = (size_t)o[1] - ROUTE_HEADER_BYTES - ADDR4_BYTES;
	struct sut_addr first = { .family = 4 };

	memcpy(first.b, hops, ADDR4_BYTES);
	memmove(hops, hops + ADDR4_BYTES, n);
	memcpy(hops + n, ip->dst.b, ADDR4_BYTES);
	ip->dst = first;
}

static void write_record(uint8_t *o, const struct codec_ip *ip)
{
	if (o[2] > o[1])
		return;
	memcpy(o + o[2] - 1, ip->src.b, ADDR4_BYTES);
	o[2] = (uint8_t)(o[2] + ADDR4_BYTES);
}

/* Milliseconds since midnight. [RFC791 3.1] */
static uint32_t stamp_now(const struct sut *s)
{
	return (uint32_t)(s->now_ns / NS_PER_MS % (24 * 60 * 60 * 1000));
}

static void write_stamp(const struct sut *s, uint8_t *o, const struct codec_ip *ip)
{
	uint8_t kind = o[3] & 15, *at = o + o[2] - 1;

	if (o[2] > o[1])
		return;
	if (kind == STAMP_GIVEN && memcmp(at, ip->src.b, ADDR4_BYTES) != 0)
		return;
	if (kind != STAMP_TIME && kind != STAMP_BOTH && kind != STAMP_GIVEN)
		return;
	if (kind == STAMP_BOTH)
		memcpy(at, ip->src.b, ADDR4_BYTES);
	put_be32(at + stamp_bytes(o) - 4, stamp_now(s));
	o[2] = (uint8_t)(o[2] + stamp_bytes(o));
}

/* A strict route allows no router before its first hop. */
static bool is_first_hop_near(const struct sut *s, const uint8_t *o)
{
	struct sut_addr hop = { .family = 4 };

	memcpy(hop.b, o + ROUTE_HEADER_BYTES, ADDR4_BYTES);
	return o[0] == OPTION_LOOSE || ip_is_in_network(s, &hop);
}

bool ip_options_write(const struct sut *s, const struct ip_options *o, struct codec_ip *ip,
		      uint8_t out[IP_OPTIONS_MAX_BYTES])
{
	if (!o || !o->n || ip->version != 4)
		return true;
	if (o->route_at && !is_first_hop_near(s, o->b + o->route_at - 1))
		return false;
	memcpy(out, o->b, o->n);
	if (o->route_at)
		write_route(out + o->route_at - 1, ip);
	if (o->record_at)
		write_record(out + o->record_at - 1, ip);
	if (o->stamp_at)
		write_stamp(s, out + o->stamp_at - 1, ip);
	ip->options = out;
	ip->n_options = o->n;
	return true;
}

uint32_t ip_options_bytes(const struct ip_options *o, const struct sut_addr *dst)
{
	return dst->family == 4 ? o->n : 0;
}

/* ---- from a packet ---- */

/* The hops that the route @o has passed, the latest first; not the sender itself [RFC1812 5.2.4.1]. */
static void route_back(const uint8_t *o, const struct sut_addr *src, struct ip_options *back)
{
	uint8_t end = o[2] > o[1] ? (uint8_t)(o[1] + 1) : o[2];
	size_t n_hops = (size_t)(end - 4) / ADDR4_BYTES;
	const uint8_t *hops = o + ROUTE_HEADER_BYTES;
	size_t last = n_hops && !memcmp(hops, src->b, ADDR4_BYTES) ? 1 : 0;
	size_t n = ROUTE_HEADER_BYTES;

	for (size_t i = n_hops; i-- > last; n += ADDR4_BYTES)
		memcpy(back->b + n, hops + i * ADDR4_BYTES, ADDR4_BYTES);
	if (n == ROUTE_HEADER_BYTES)
		return;
	back->b[0] = o[0];
	back->b[1] = (uint8_t)n;
	back->b[2] = 4;
	back->n = (uint8_t)((n + 3) / 4 * 4);
	back->route_at = 1;
}

/* Whole addresses, of which any number is passed. */
static bool is_arrived_good(const uint8_t *o)
{
	return o[1] >= ROUTE_HEADER_BYTES && (o[1] - ROUTE_HEADER_BYTES) % ADDR4_BYTES == 0 &&
	       o[2] >= 4 && (o[2] > o[1] || o[2] % ADDR4_BYTES == 0);
}

/* What is left of the route @o must end here: we are no router. */
static enum ip_verdict follow(const struct sut *s, const uint8_t *o, struct codec_ip *ip)
{
	for (size_t at = o[2]; at <= o[1]; at += ADDR4_BYTES) {
		struct sut_addr hop = { .family = 4 };

		memcpy(hop.b, o + at - 1, ADDR4_BYTES);
		if (!ip_is_ours(s, &hop))
			return IP_NOT_FOR_US;
		ip->dst = hop;
	}
	return IP_TAKE;
}

/* Both the interface and the host must be told to take such packets. [RFC7126 4.3, 4.4] */
static bool are_routes_taken(const struct sut *s)
{
	return (s->sysctl.ip_source_route_all && s->sysctl.ip_source_route_tun0) ||
	       FAULT(s, SOURCE_ROUTE_ALWAYS_TAKEN);
}

enum ip_verdict ip_options_judge(struct sut *s, struct codec_ip *ip, struct ip_options *back)
{
	const uint8_t *b = ip->options, *route = NULL;
	enum ip_verdict verdict;
	int bytes;

	*back = (struct ip_options){ 0 };
	for (size_t at = 0; (bytes = option_bytes(b, ip->n_options, at)) > 0; at += (size_t)bytes) {
		if (b[at] != OPTION_LOOSE && b[at] != OPTION_STRICT)
			continue;
		if (route || !is_arrived_good(b + at))
			return IP_MALFORMED;
		route = b + at;
	}
	if (!route)
		return IP_TAKE;
	if (!are_routes_taken(s) || !ip_is_ours(s, &ip->dst))
		return IP_NOT_FOR_US;
	verdict = follow(s, route, ip);
	if (verdict == IP_TAKE)
		route_back(route, &ip->src, back);
	return verdict;
}

void ip_options_learn(struct sut *s, struct ip_options *kept, const struct ip_options *back)
{
	if (!back || !back->n || FAULT(s, RETURN_ROUTE_IGNORED))
		return;
	if (kept->n && FAULT(s, LATER_ROUTE_IGNORED))
		return;
	if (!kept->is_own || FAULT(s, RECEIVED_ROUTE_WINS))
		*kept = *back;
}
