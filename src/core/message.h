/*
 * message.h - messages that come in from our users
 */
#ifndef CORE_MESSAGE_H
#define CORE_MESSAGE_H

struct inlet;

void message_in(struct inlet *in);

#endif
