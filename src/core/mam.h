/*
 * mam.h - the archive as clients read it (XEP-0313)
 *
 * A user asks the address of a room or of a person, and finds what his own
 * session saw there (archive.h).  The store is asked from the loop and
 * answers later; the question is kept until then.
 */
#ifndef CORE_MAM_H
#define CORE_MAM_H

struct gateway;
struct iq_ask;
struct mam;
struct stanza;

enum { MAM_PAGE_MAX = 100, MAM_PAGE = 50, MAM_MS = 30000 };

struct mam *mam_new(struct gateway *gw);
void mam_free(struct mam **mp); /* nobody is answered any more */

void mam_on_form(struct iq_ask *ask, const struct stanza *query);
void mam_on_metadata(struct iq_ask *ask, const struct stanza *metadata);
void mam_on_query(struct iq_ask *ask, const struct stanza *query);

#endif
