/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_BASE_ERR_H
#define TCPDRILL_BASE_ERR_H

/*
 * Every function of tcpdrill that can fail returns 0 (or a useful positive number) on success and
 * the negative of one of these on failure. Details for people go to a struct diags or a struct
 * finding.
 */
enum err {
	ERR_TRUNC = 1,    /* the bytes end before the thing does */
	ERR_RANGE,        /* a number or length outside what is allowed */
	ERR_SYNTAX,       /* text that does not parse; a diagnostic says where */
	ERR_UNKNOWN,      /* a name that no table has */
	ERR_IO,           /* a file or device failed; errno tells more */
	ERR_UNSUPPORTED,  /* this stack or this system cannot do it */
	ERR_ENVIRONMENT,  /* the machine does not allow it (privilege, device, module) */
	ERR_TIMEOUT,      /* it did not happen in time */
	ERR_STATE,        /* asked for at a moment when it makes no sense */
};

#endif
