/* raw.h: what the load generator and the raw limit agree on for churn: as many bytes as a handshake
 * and a close take, and none of their meaning. */
#ifndef RAW_H
#define RAW_H

enum { RAW_REQUEST = 160, RAW_ANSWER = 129, RAW_CLOSE = 8, RAW_CLOSED = 4 };

#endif
