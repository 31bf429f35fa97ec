/*
 * profile_request.h - a request that a profile has made
 *
 * want: method, url without its query, query and form as [[name, value]],
 * json or text, content_type where it is another than usual, headers; of
 * these {"jwt": claims} is a token with those and {"ovh": true} a signature.
 */
#ifndef PROFILE_REQUEST_H
#define PROFILE_REQUEST_H

#include "profile_diff.h"
#include "sms/sms_call.h"

void compare_request(
    struct place *at, const json_t *want, struct sms_request *got);

#endif
