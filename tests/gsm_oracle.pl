#!/usr/bin/perl
# What GSM 03.38 makes of texts, by somebody else's tables: Encode::GSM0338 of
# core Perl.  unit/test_sms_oracle.c compares ours with it.
#
# usage: tests/gsm_oracle.pl COUNT
#
# COUNT lines: the text in hexadecimal UTF-8, "gsm7" or "ucs2", units, parts,
# and the octets (a septet each, or UTF-16BE) in hexadecimal.  The same texts
# each time; many are about as long as a part or two.
use strict;
use warnings;
use Encode;

my $seed = 38;

# A generator of our own: rand() is not the same everywhere.
sub pick {
	my ($n) = @_;
	$seed = ($seed * 1103515245 + 12345) % 2147483648;
	return int($seed / 65536) % $n;
}

my @pool = (
	[ map { chr } 0x20 .. 0x5f, 0x61 .. 0x7a ],
	[ map { chr } 0x5b .. 0x5e, 0x7b .. 0x7e, 0x20ac, 0x0a, 0x0d ],
	[ map { chr } 0xa0 .. 0xff, 0x391 .. 0x3a9 ],
	[ map { chr } 0x60, 0x401 .. 0x44f, 0x2018 .. 0x2026, 0x4e00 .. 0x4e20 ],
	[ map { chr } 0x1f600 .. 0x1f640, 0x10000, 0x10fffd ],
);

my @length = (0, 1, 2, 66 .. 71, 76 .. 81, 133 .. 136, 151 .. 161,
	305 .. 308, 400);

sub text {
	my ($npools, $n) = (1 + pick(5), $length[pick(scalar @length)]);
	my $rare = 2 + pick(60);
	my $s = '';
	for (1 .. $n) {
		my $p = pick($rare) ? $pool[0] : $pool[pick($npools)];
		$s .= $p->[pick(scalar @$p)];
	}
	return $s;
}

# The septets of each character, or nothing if one has none.
sub septets {
	my @cost;
	for my $c (split //, $_[0]) {
		my $octets = eval { encode('gsm0338', $c, Encode::FB_CROAK) };
		return unless defined $octets && length $octets;
		push @cost, $octets;
	}
	return \@cost;
}

# How many chunks of at most $max units, none of them torn.
sub parts {
	my ($single, $joined, @cost) = @_;
	my $total = 0;
	$total += $_ for @cost;
	return ($total, 1) if $total <= $single;
	my ($parts, $left) = (0, 0);
	for my $cost (@cost) {
		($parts, $left) = ($parts + 1, $joined) if $left < $cost;
		$left -= $cost;
	}
	return ($total, $parts);
}

for (1 .. shift) {
	my $s = text();
	my $gsm = septets($s);
	my $utf16 = encode('UTF-16BE', $s);
	my ($units, $parts) = $gsm
	    ? parts(160, 153, map { length } @$gsm)
	    : parts(70, 67, map { ord > 0xffff ? 2 : 1 } split //, $s);
	my $octets = $gsm ? join '', @$gsm : $utf16;
	printf "%s %s %d %d %s\n", unpack('H*', encode('UTF-8', $s)) || '-',
	    $gsm ? 'gsm7' : 'ucs2', $units, $parts, unpack('H*', $octets) || '-';
}
