/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses and routes of the stack: as the system's own has them at first, as a command "ip" makes
 * them that needs no shell, and as they are found where a shell has run. What is taken without a
 * shell is one form of each: an address with its prefix, a network with gateway, preferred source and
 * metric.
 */

#include <stdlib.h>
#include <string.h>
#include <sut.h>

#include "base/arena.h"
#include "base/ipaddr.h"
#include "base/util.h"
#include "target/bundled_impl.h"
#include "target/netns.h"

/* That Linux gives a route of IPv6 which has none. */
enum { METRIC6 = 1024 };

enum action { ACTION_ADD, ACTION_REPLACE, ACTION_DELETE };
enum object { OBJECT_ADDRESS, OBJECT_ROUTE };

struct net_command {
	enum object object;
	enum action action;
	struct sut_route route;         /* of an address: dst and prefix */
	bool has_device;
};

struct sut_addr bundled_addr(const struct ip_addr *ip)
{
	struct sut_addr out = { .family = ip->family };

	memcpy(out.b, ip->b, sizeof(out.b));
	return out;
}

/* ---- at the beginning ---- */

static bool has_host_bits(const struct ip_addr *a, unsigned int prefix)
{
	for (unsigned int bit = prefix; bit < ip_addr_size(a) * 8; bit++) {
		if (a->b[bit / 8] & (0x80u >> bit % 8))
			return true;
	}
	return false;
}

/* A gateway that the stack refuses, IPv6 as a system does, is left out. */
void bundled_net_begin(struct bundled_target *b)
{
	const struct target_config *c = &b->config;
	struct sut_route all = { .dst.family = c->local.family, .metric = UINT32_MAX };
	struct sut_route r = { .dst = bundled_addr(&c->remote), .prefix = c->remote_prefix,
			       .metric = c->remote.family == 6 ? METRIC6 : 0 };

	sut_route_remove(b->sut, &all);
	if (!c->is_anyip)
		r.via = bundled_addr(&c->gateway);
	if (sut_route_add(b->sut, &r, true) == 0)
		return;
	r.via = (struct sut_addr){ 0 };
	sut_route_add(b->sut, &r, true);
}

/* ---- commands ---- */

static bool read_object(const char *word, enum object *out)
{
	static const struct {
		const char *name;
		enum object object;
	} objects[] = { { "addr", OBJECT_ADDRESS }, { "address", OBJECT_ADDRESS },
			{ "route", OBJECT_ROUTE } };

	for (size_t i = 0; i < ARRAY_LEN(objects); i++) {
		*out = objects[i].object;
		if (strcmp(word, objects[i].name) == 0)
			return true;
	}
	return false;
}

static bool read_action(const char *word, enum action *out)
{
	static const struct {
		const char *name;
		enum action action;
	} actions[] = { { "add", ACTION_ADD }, { "replace", ACTION_REPLACE },
			{ "del", ACTION_DELETE }, { "delete", ACTION_DELETE } };

	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		*out = actions[i].action;
		if (strcmp(word, actions[i].name) == 0)
			return true;
	}
	return false;
}

static bool read_number(const char *word, unsigned long max, unsigned long *out)
{
	char *end;

	if (*word < '0' || *word > '9')
		return false;
	*out = strtoul(word, &end, 10);
	return *end == '\0' && *out <= max;
}

static bool read_address(const char *word, struct sut_addr *out)
{
	struct ip_addr ip;
	struct sut_addr addr;

	if (ip_addr_parse(word, &ip) < 0)
		return false;
	addr = bundled_addr(&ip);
	*out = addr;
	return true;
}

/* "A/P"; a network may be "A", and must have no bits behind its prefix. */
static bool read_prefix(const char *word, bool is_network, struct sut_route *r)
{
	char text[IP_ADDR_TEXT_MAX];
	const char *slash = strchr(word, '/');
	size_t n = slash ? (size_t)(slash - word) : strlen(word);
	struct ip_addr ip;
	unsigned long prefix;

	if ((!slash && !is_network) || n >= sizeof(text))
		return false;
	memcpy(text, word, n);
	text[n] = '\0';
	if (ip_addr_parse(text, &ip) < 0)
		return false;
	prefix = ip_addr_size(&ip) * 8;
	if (slash && !read_number(slash + 1, prefix, &prefix))
		return false;
	r->dst = bundled_addr(&ip);
	r->prefix = (uint8_t)prefix;
	return !is_network || !has_host_bits(&ip, r->prefix);
}

/* One of the pairs behind what is added. */
static bool read_option(const char *name, const char *value, struct net_command *c)
{
	unsigned long metric;

	if (strcmp(name, "dev") == 0 && !c->has_device) {
		c->has_device = strcmp(value, "tun0") == 0;
		return c->has_device;
	}
	if (c->object != OBJECT_ROUTE)
		return false;
	if (strcmp(name, "via") == 0 && !c->route.via.family)
		return read_address(value, &c->route.via);
	if (strcmp(name, "src") == 0 && !c->route.src.family)
		return read_address(value, &c->route.src);
	if (strcmp(name, "metric") != 0 || c->route.metric ||
	    !read_number(value, UINT32_MAX, &metric))
		return false;
	c->route.metric = (uint32_t)metric;
	return metric != 0;
}

static bool is_of_family(const struct sut_addr *a, uint8_t family)
{
	return !a->family || a->family == family;
}

/* All that is left out must be what it is for the system, too. */
static bool is_complete(const struct net_command *c, uint8_t family)
{
	const struct sut_route *r = &c->route;

	if (family && r->dst.family != family)
		return false;
	if (c->object == OBJECT_ADDRESS)
		return c->has_device;
	return is_of_family(&r->via, r->dst.family) && is_of_family(&r->src, r->dst.family) &&
	       (c->has_device || r->via.family || c->action == ACTION_DELETE);
}

static bool read_command(char *const *word, size_t n, struct net_command *c)
{
	uint8_t family = 0;
	size_t at = 1;

	*c = (struct net_command){ .has_device = false };
	if (n > 1 && (strcmp(word[1], "-4") == 0 || strcmp(word[1], "-6") == 0))
		family = word[at++][1] == '6' ? 6 : 4;
	if (n < at + 3 || !read_object(word[at], &c->object) ||
	    !read_action(word[at + 1], &c->action))
		return false;
	at += 2;
	if (c->object == OBJECT_ROUTE && strcmp(word[at], "default") == 0)
		c->route.dst.family = family ? family : 4;
	else if (!read_prefix(word[at], c->object == OBJECT_ROUTE, &c->route))
		return false;
	for (at++; at + 1 < n; at += 2) {
		if (!read_option(word[at], word[at + 1], c))
			return false;
	}
	return at == n && is_complete(c, family);
}

bool bundled_is_net(char *const *word, size_t n)
{
	struct net_command c;

	return read_command(word, n, &c);
}

static int change_address(struct sut *s, const struct net_command *c)
{
	const struct sut_route *r = &c->route;
	int rc;

	if (c->action == ACTION_DELETE)
		return sut_address_remove(s, &r->dst, r->prefix);
	rc = sut_address_add(s, &r->dst, r->prefix);
	return rc == SUT_EEXIST && c->action == ACTION_REPLACE ? 0 : rc;
}

static int change_route(struct sut *s, struct net_command *c)
{
	struct sut_route *r = &c->route;

	if (c->action == ACTION_DELETE)
		return sut_route_remove(s, r);
	if (!r->metric && r->dst.family == 6)
		r->metric = METRIC6;
	return sut_route_add(s, r, c->action == ACTION_REPLACE);
}

/* So that a shell can be told, when one is needed. */
static void remember(struct bundled_target *b, char *const *word, size_t n)
{
	const char *text = b->net_commands ? b->net_commands : "";

	for (size_t i = 0; i < n; i++)
		text = arena_printf(b->arena, "%s%s%s", text, word[i], i + 1 < n ? " " : "\n");
	b->net_commands = text;
}

void bundled_net_run(struct bundled_target *b, char *const *word, size_t n,
		     struct target_command_result *res)
{
	struct net_command c;
	int rc;

	read_command(word, n, &c);
	rc = c.object == OBJECT_ADDRESS ? change_address(b->sut, &c) : change_route(b->sut, &c);
	if (rc == 0) {
		remember(b, word, n);
		return;
	}
	res->status = 2;
	res->output = arena_printf(b->arena, "%sRTNETLINK answers: %s\n", res->output,
				   strerror(-rc));
	if (rc == SUT_ENOBUFS && !res->unsupported)
		res->unsupported = "the bundled stack has no room for so many addresses or routes";
}

/* ---- what a shell has left ---- */

static int take_address(struct sut *s, const struct netns_address *n)
{
	struct sut_addr a = bundled_addr(&n->addr);

	return sut_address_add(s, &a, n->prefix);
}

/* The oldest first, which of IPv6 the system lists last. */
static int take_addresses(struct sut *s, const struct netns_state *now)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < now->n_address; i++) {
		if (now->address[i].addr.family == 4)
			rc = take_address(s, &now->address[i]);
	}
	for (size_t i = now->n_address; rc == 0 && i-- > 0;) {
		if (now->address[i].addr.family == 6)
			rc = take_address(s, &now->address[i]);
	}
	return rc;
}

/* Routes to gateways before those that go through them. */
static int take_routes(struct sut *s, const struct netns_state *now)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < 2 * now->n_route; i++) {
		const struct netns_route *n = &now->route[i % now->n_route];
		struct sut_route r = { .dst = bundled_addr(&n->dst), .prefix = n->prefix,
				       .metric = n->metric, .via = bundled_addr(&n->via),
				       .src = bundled_addr(&n->src) };

		if ((n->via.family != 0) == (i >= now->n_route))
			rc = sut_route_add(s, &r, true);
	}
	return rc;
}

const char *bundled_net_take(struct bundled_target *b, const struct netns_state *now)
{
	int rc;

	sut_addresses_clear(b->sut);
	rc = take_addresses(b->sut, now);
	/* those that came with the addresses are among the ones that are listed, if they are there */
	sut_routes_clear(b->sut);
	if (rc == 0)
		rc = take_routes(b->sut, now);
	return rc == 0 ? NULL : "the bundled stack cannot have such addresses and routes";
}
