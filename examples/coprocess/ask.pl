#!/usr/bin/env perl
# A host that cannot link: the hscode command runs beside it, and is asked line by line.
#
#   HSCODE=path/to/hscode perl ask.pl
#
# A line of text goes in, a line of JSON comes out; --batch 1 answers each as it comes. The model is opened once.
# Only modules that come with Perl.
use strict;
use warnings;
use IO::Handle;
use IPC::Open2;
use JSON::PP;

my $pid = open2(my $answers, my $ask, $ENV{HSCODE} // 'hscode', qw(classify --input - --output -),
    qw(--batch 1 --threads 1));
$ask->autoflush(1);

for my $goods ('mens cotton crew neck tee', 'gift', 'wooden dining table', "caf\xE9") {
    print {$ask} "$goods\n";
    my $line = <$answers> // die "hscode ended early\n";
    my $answer = decode_json($line);
    if (defined $answer->{error}) {
        printf "%s: refused: %s\n", $goods, ref $answer->{error} ? $answer->{error}{message} : $answer->{error};
    } elsif (defined $answer->{code}) {
        printf "%s: %s %s (%.2f)\n", $goods, $answer->{decision}, $answer->{code}, $answer->{score};
    } else {
        printf "%s: ask a person: %s\n", $goods, $answer->{reason};
    }
}

close $ask;    # the end of its input ends it
waitpid $pid, 0;
# 1: some rows were bad, as the last one here.
exit(($? >> 8) > 1 ? $? >> 8 : 0);
