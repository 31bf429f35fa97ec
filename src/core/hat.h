/*
 * hat.h - what the network says of somebody, beside their rank (XEP-0317)
 *
 * The account they are logged in to, whether they run the network, whether
 * they are a program: titles that clients show beside the nick.
 */
#ifndef CORE_HAT_H
#define CORE_HAT_H

struct person;
struct xmlw;

/* <hats/>; nothing for who has none. */
void hat_write(struct xmlw *w, const struct person *p);

#endif
