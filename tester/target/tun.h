/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TARGET_TUN_H
#define TCPDRILL_TARGET_TUN_H

#include <stddef.h>
#include <stdint.h>

struct arena;

/* The name that scripts use in their tc, ip and ethtool commands (language: 5). */
#define TUN_DEVICE "tun0"

/**
 * tun_open() - make the device: raw IP, virtio-net headers, checksum and TCP segmentation offloads
 * @fd: filled: its descriptor, non-blocking. The device goes with its network namespace
 * Return: 0; -ERR_ENVIRONMENT with *why
 */
int tun_open(struct arena *a, int *fd, const char **why);

/**
 * tun_inject() - hand a raw IP packet to the stack
 * @gso_bytes: when not 0 and the TCP payload is longer: declare an aggregate of segments of this
 *             size (language: 3.8). A packet whose TCP checksum is wrong is sent plainly, since an
 *             aggregate's checksum is vouched for by the device and never looked at.
 * Return: 0 or -ERR_IO with errno set. A packet that the stack refuses as malformed counts as sent.
 */
int tun_inject(int fd, const uint8_t *bytes, size_t n, uint16_t gso_bytes);

/** tun_drain() - throw away what the stack sent to the device; capture has a copy */
void tun_drain(int fd);

#endif
