/*
 * profile_json.h - what a profile makes of answers and webhooks, as JSON
 *
 * In the words of a case file (profile_run.c); what is empty is not there.
 */
#ifndef PROFILE_JSON_H
#define PROFILE_JSON_H

#include <jansson.h>

#include "sms/sms_answer.h"
#include "sms/sms_event.h"

/* The text only if want asks for it, or if there is none. */
json_t *json_of_verdict(const struct sms_verdict *v, const json_t *want);

/* Appends it to the array arg, unless it is data for a program. */
void note_event(const struct sms_event *ev, void *arg);

#endif
