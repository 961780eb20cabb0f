import type { IncomingHttpHeaders } from 'node:http';
import { VersionMismatch } from '../../../domain/incident/incident-errors.js';
import type { Incident } from '../../../domain/incident/incident.js';
import { HttpProblem } from '../problems/problems.js';

const tagOf = (id: number, version: number): string => `"${id}-${version}"`;

/** The strong entity tag of an incident as it is now (RFC 9110, 8.8.3). */
export function etagOf({ id, version }: Incident): string {
  return tagOf(id, version);
}

const TAG = /(?:W\/)?"[!#-~\x80-\xff]*"/g;

/** The entity tags in the value of a header, or `*`; undefined where it is neither. */
function tagsIn(value: string): readonly string[] | '*' | undefined {
  if (value.trim() === '*') return '*';
  return /^[\t ,]*$/.test(value.replaceAll(TAG, '')) ? (value.match(TAG) ?? []) : undefined;
}

/** The comparison is strong (RFC 9110, 13.1.1): a weak tag lets nothing through, nor does what is no tag. */
function passesIfMatch(value: string | undefined, tag: string): boolean {
  if (value === undefined) return true;
  const tags = tagsIn(value);
  return tags === '*' || (tags?.includes(tag) ?? false);
}

/** The comparison is weak (RFC 9110, 13.1.2). What is no tag is no tag of ours. */
function passesIfNoneMatch(value: string | undefined, tag: string): boolean {
  if (value === undefined) return true;
  const tags = tagsIn(value) ?? [];
  return tags !== '*' && !tags.includes(tag) && !tags.includes(`W/${tag}`);
}

type Preconditions = Pick<IncomingHttpHeaders, 'if-match' | 'if-none-match'>;

/**
 * Which versions of this incident a change is for, by If-Match and If-None-Match; undefined for any. A header that is no list
 * of tags lets none through: what its sender wants to protect is not known.
 */
export function expectedVersions(
  { 'if-match': ifMatch, 'if-none-match': ifNoneMatch }: Preconditions,
  id: number,
): ((version: number) => boolean) | undefined {
  if (ifMatch === undefined && ifNoneMatch === undefined) return undefined;
  if (ifNoneMatch !== undefined && tagsIn(ifNoneMatch) === undefined) return () => false;
  return (version) => {
    const tag = tagOf(id, version);
    return passesIfMatch(ifMatch, tag) && passesIfNoneMatch(ifNoneMatch, tag);
  };
}

/**
 * Whether the client has the incident as it is, by If-None-Match; If-Match comes first (RFC 9110, 13.2.2). Express could do
 * the second, but not for `fetch`, which adds a Cache-Control that it takes for a wish for the body.
 * @throws VersionMismatch where If-Match is for another version.
 */
export function isKnown(
  incident: Incident,
  { 'if-match': ifMatch, 'if-none-match': ifNoneMatch }: Preconditions,
): boolean {
  const tag = etagOf(incident);
  if (!passesIfMatch(ifMatch, tag)) throw new VersionMismatch(incident.version);
  return !passesIfNoneMatch(ifNoneMatch, tag);
}

/**
 * For what has no entity tag, and is there: the list of incidents, to which a report is sent. `If-None-Match: *` does not
 * hold for it, nor does If-Match with a tag.
 * @throws HttpProblem where the precondition does not hold.
 */
export function requireUntagged({ 'if-match': ifMatch, 'if-none-match': ifNoneMatch }: Preconditions): void {
  const isRefused =
    (ifMatch !== undefined && tagsIn(ifMatch) !== '*') ||
    (ifNoneMatch !== undefined && !Array.isArray(tagsIn(ifNoneMatch)));
  if (!isRefused) return;
  const detail = 'The list of incidents is there and has no entity tag: a report makes a new incident.';
  throw new HttpProblem('request.precondition-failed', detail);
}
