/*
 * sms_profile_data.h - a profile, for the files that make and use it
 */
#ifndef SMS_PROFILE_DATA_H
#define SMS_PROFILE_DATA_H

#include "sms/sms_list.h"
#include "sms/sms_profile.h"
#include "sms/sms_table.h"
#include "sms/sms_template.h"

struct sms_profile_own_var {
	struct sms_profile_var shown; /* first; texts are ours */
	struct sms_template *def;
	bool is_url; /* the default */
};

struct sms_profile_let {
	char *name;
	struct sms_template *value;
};

struct sms_profile {
	char *name, *title, *docs;
	struct sms_list setup, unverified;
	struct sms_profile_own_var var[SMS_PROFILE_VARS_MAX];
	size_t nvar;
	char *map_name[SMS_PROFILE_MAPS_MAX + 1];
	struct sms_table *map[SMS_PROFILE_MAPS_MAX + 1];
	size_t nmap;
	struct sms_profile_let let[SMS_PROFILE_LETS_MAX];
	size_t nlet;
	struct sms_number_format from, to, in;
	struct sms_limits limits;
	struct sms_price price;
	struct sms_call *call[SMS_NSEND];
	struct sms_accept *accept[SMS_NSEND];
	struct sms_rules *rules;
	struct sms_hook *hook[SMS_NEVENT];
	struct sms_poll *poll;
	struct sms_auth *auth;
	struct sms_verify *verify;
	struct sms_call *check;
	struct sms_accept *check_accept;
	bool loopback, needs_number, obeys_stop;
};

#endif
