/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/call.h"

#include "base/util.h"

/* The attributes in the order of their numbers [Linux: include/uapi/linux/tcp.h]. */
static const struct call_nla_row nla_table[] = {
	{ 1, 8, true },    /* BUSY */
	{ 2, 8, true },    /* RWND_LIMITED */
	{ 3, 8, true },    /* SNDBUF_LIMITED */
	{ 4, 8, false },   /* DATA_SEGS_OUT */
	{ 5, 8, false },   /* TOTAL_RETRANS */
	{ 6, 8, false },   /* PACING_RATE */
	{ 7, 8, false },   /* DELIVERY_RATE */
	{ 8, 4, false },   /* SND_CWND */
	{ 9, 4, false },   /* REORDERING */
	{ 10, 4, false },  /* MIN_RTT */
	{ 11, 1, false },  /* RECUR_RETRANS */
	{ 12, 1, false },  /* DELIVERY_RATE_APP_LMT */
	{ 13, 4, false },  /* SNDQ_SIZE */
	{ 14, 1, false },  /* CA_STATE */
	{ 15, 4, false },  /* SND_SSTHRESH */
	{ 16, 4, false },  /* DELIVERED */
	{ 17, 4, false },  /* DELIVERED_CE */
	{ 18, 8, false },  /* BYTES_SENT */
	{ 19, 8, false },  /* BYTES_RETRANS */
	{ 20, 4, false },  /* DSACK_DUPS */
	{ 21, 4, false },  /* REORD_SEEN */
	{ 22, 4, false },  /* SRTT */
	{ 23, 2, false },  /* TIMEOUT_REHASH */
	{ 24, 4, false },  /* BYTES_NOTSENT */
	{ 25, 8, false },  /* EDT */
	{ 26, 1, false },  /* TTL */
	{ 27, 4, false },  /* REHASH */
};

enum {
	SOL_IPV6_NUMBER = 41,
	SOCK_ERR_BYTES = 16,
	SOCKADDR_IN_BYTES = 16,
	SOCKADDR_IN6_BYTES = 28,
	NLA_HEADER_BYTES = 4,
	NLA_ALIGN_BYTES = 4,
	STAMPS = 3,
};

const struct call_nla_row *call_nla_find(uint16_t type)
{
	for (size_t i = 0; i < ARRAY_LEN(nla_table); i++) {
		if (nla_table[i].type == type)
			return &nla_table[i];
	}
	return NULL;
}

static size_t nla_list_bytes(const struct call_nla *nla)
{
	size_t sum = 0;

	for (; nla; nla = nla->next) {
		const struct call_nla_row *row = call_nla_find(nla->type);
		size_t n = NLA_HEADER_BYTES + (row ? row->n_bytes : sizeof(uint64_t));

		sum += (n + NLA_ALIGN_BYTES - 1) / NLA_ALIGN_BYTES * NLA_ALIGN_BYTES;
	}
	return sum;
}

size_t call_cmsg_data_bytes(const struct call_cmsg *c)
{
	switch (c->kind) {
	case CMSG_DATA_INT:
		return sizeof(int32_t);
	case CMSG_DATA_SOCK_ERR:
		return SOCK_ERR_BYTES + (c->level == SOL_IPV6_NUMBER ? SOCKADDR_IN6_BYTES
								     : SOCKADDR_IN_BYTES);
	case CMSG_DATA_TIMESTAMP:
		return STAMPS * 2 * sizeof(long);
	case CMSG_DATA_NLA:
		return nla_list_bytes(c->nla);
	case CMSG_DATA_BYTES:
		return c->n_bytes;
	}
	return 0;
}
