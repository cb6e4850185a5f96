/** Names of cases by the reason for which a reader differs there. */
export type Exceptions = Readonly<Record<string, readonly string[]>>;

/** Valid texts that the strict reader refuses, and invalid ones that it takes. */
export const STRICT_EXCEPTIONS: Exceptions = {
  "a file of ours has samples": ["no samples at all"],
  "our series have the labels job and role": ["empty braces", "no braces"],
  "our samples have times": ["no time"],
  "our times are whole milliseconds that are exact doubles": ["the time 12345678901234567890.5"],
  "our families have a TYPE": ["no metadata", "HELP alone"],
  "our names begin with statexec_": ["a family of another program"],
  "our families are counters, gauges and infos": [
    ...["the type unknown", "the type stateset", "the type histogram", "the type gaugehistogram", "the type summary"],
  ],
  "Prometheus and the reference parser take it, and nothing is lost": ["a quote in HELP that is not escaped"],
};

/** Valid texts of which our reader loses a line, and invalid ones that it reads. */
export const PRODUCT_EXCEPTIONS: Exceptions = {
  "a recording has samples": ["no samples at all"],
  "a point of a recording has a time, which is a date": ["no time", "the time 12345678901234567890.5"],
  "another program's metrics have no meaning here": ["a family of another program"],
  "a recording has no values but numbers": ["a summary as one value", "a histogram as one value"],
  "no name of ours needs quotes": ["a quoted name with points", "a quoted label name with points"],
  "files are concatenated": ["# EOF twice", "samples after # EOF", "a family in two places"],
  "printf(3) writes the sign of NaN": ["the number -NaN", "the number +nan"],
  "an editor adds a byte order mark or a line, and the samples are sure": [
    ...["a byte order mark at the start", "a blank line before the samples", "a blank line at the start"],
    ...["a blank line after # EOF", "a comment", "an empty comment", "a word that is no metadata"],
    ...["metadata in small letters", "metadata without its spaces", "metadata with two spaces", "metadata with a tab"],
    ...["metadata without a name", "metadata with an empty name", "metadata without a space after the name"],
    ...["TYPE without a type", "TYPE with an empty name", "UNIT without a unit", "UNIT with an empty name"],
    ...["a tab after the hash", "a hash and half a word"],
  ],
  "the text of HELP is for people, and no sample depends on it": [
    ...["bytes that are not UTF-8 in HELP", "a backslash at the end of HELP", "a quote in HELP that is not escaped"],
  ],
  "the first line of metadata counts": [
    ...["TYPE twice", "UNIT twice", "HELP twice", "TYPE after the samples", "HELP after the samples"],
    ...["UNIT after the samples"],
  ],
  "a type that is not ours is a gauge": [
    ...["the type untyped", "a type in capitals", "an empty type", "a type and a space"],
    ...["TYPE with two spaces before the type"],
    ...["a gauge whose sample ends in _total", "a counter whose sample has no suffix"],
    ...["a counter whose sample ends in _sum", "an info whose sample has no suffix"],
    ...["a gauge with the name of a counter's samples", "a gauge with the name of an info's samples"],
  ],
  "version 2.0 allows it": [
    ...["two exemplars, of version 2.0", "an exemplar of 129 characters"],
    ...["a unit that is not the end of the name", "a unit without an underscore before it", "a unit of an info"],
  ],
  "an exemplar is left out, whatever it is of": ["an exemplar of a gauge", "an exemplar of an info"],
  "the original program wrote samples in any order": [
    ...["times that go back", "times that go back within a second", "a time twice", "a series in two places"],
    ...["a series in two places, in another order of labels"],
  ],
};

/** Texts of version 1.0 where the reference parser, release 0.16, and the strict reader do not agree. Later releases may. */
export const REFERENCE_EXCEPTIONS: Exceptions = {
  "the strict reader takes no valid file but ones like ours": [
    ...["the time 12345678901234567890.5"],
    ...["no samples at all", "empty braces", "no braces", "a family of another program", "no metadata", "HELP alone"],
    ...["the type unknown", "the type stateset", "the type histogram", "the type gaugehistogram", "the type summary"],
  ],
  "the reference parser calls int() and float() of Python": ["the number ١", "the number -NaN", "the number +nan"],
  "the reference parser does not look whether a quote is escaped at the end of the labels": [
    "an escaped closing quote",
  ],
  "the reference parser does not look for half an escape": ["a backslash at the end of HELP"],
  "the reference parser begins a family of unknown type at a name that it does not expect": [
    ...["a gauge whose sample ends in _total", "a counter whose sample ends in _sum"],
  ],
  "the reference parser splits what follows the labels at any white space": ["a tab after the braces"],
  "the reference parser looks for the exemplar in the labels": ["an exemplar with braces in a label"],
  "our checks in addition know that counters of recordings do not fall": ["a counter that is reset"],
  "the reference parser drops the second start of a counter": ["the start of a counter at each point"],
};
