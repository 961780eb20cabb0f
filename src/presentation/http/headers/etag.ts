import type { IncomingHttpHeaders } from 'node:http';
import { VersionMismatch } from '../../../domain/incident/incident-errors.js';
import type { Incident } from '../../../domain/incident/incident.js';
import { HttpProblem } from '../problems/problems.js';

const tagOf = (id: number, version: number): string => `"${id}-${version}"`;

/** The strong entity tag of the current version of an incident (RFC 9110, 8.8.3). */
export function etagOf({ id, version }: Incident): string {
  return tagOf(id, version);
}

const TAG = /(?:W\/)?"[!#-~\x80-\xff]*"/g;

/** The entity tags in the value of a header, or `*`; undefined if it is neither. */
function parseTags(value: string): readonly string[] | '*' | undefined {
  if (value.trim() === '*') return '*';
  return /^[\t ,]*$/.test(value.replaceAll(TAG, '')) ? (value.match(TAG) ?? []) : undefined;
}

/** Strong comparison (RFC 9110, 13.1.1): a weak tag never matches, nor does an invalid one. */
export function satisfiesIfMatch(value: string | undefined, tag: string): boolean {
  if (value === undefined) return true;
  const tags = parseTags(value);
  return tags === '*' || (tags?.includes(tag) ?? false);
}

/** Whether If-None-Match names this tag, by weak comparison (RFC 9110, 13.1.2). An invalid tag never matches. */
export function includesTag(value: string | undefined, tag: string): boolean {
  if (value === undefined) return false;
  const tags = parseTags(value) ?? [];
  return tags === '*' || tags.includes(tag) || tags.includes(`W/${tag}`);
}

type Preconditions = Pick<IncomingHttpHeaders, 'if-match' | 'if-none-match'>;

/**
 * The versions of an incident to which a change applies, by If-Match and If-None-Match; undefined for all. An invalid header
 * allows none: what its sender wants to protect is unknown.
 */
export function expectedVersions(
  { 'if-match': ifMatch, 'if-none-match': ifNoneMatch }: Preconditions,
  id: number,
): ((version: number) => boolean) | undefined {
  if (ifMatch === undefined && ifNoneMatch === undefined) return undefined;
  if (ifNoneMatch !== undefined && parseTags(ifNoneMatch) === undefined) return () => false;
  return (version) => {
    const tag = tagOf(id, version);
    return satisfiesIfMatch(ifMatch, tag) && !includesTag(ifNoneMatch, tag);
  };
}

/**
 * Whether the client has the current version of the incident, by If-None-Match; If-Match is evaluated first (RFC 9110, 13.2.2).
 * The check of Express does not work for `fetch`, which adds a Cache-Control that Express takes as a request for the body.
 * @throws VersionMismatch if If-Match requires another version.
 */
export function isNotModified(
  incident: Incident,
  { 'if-match': ifMatch, 'if-none-match': ifNoneMatch }: Preconditions,
): boolean {
  const tag = etagOf(incident);
  if (!satisfiesIfMatch(ifMatch, tag)) throw new VersionMismatch(incident.version);
  return includesTag(ifNoneMatch, tag);
}

/**
 * Evaluates the preconditions of a report, whose target is the list of incidents: it exists, and has no entity tag.
 * @throws HttpProblem for `If-None-Match: *`, and for If-Match with a tag.
 */
export function requireCreatePreconditions({
  'if-match': ifMatch,
  'if-none-match': ifNoneMatch,
}: Preconditions): void {
  const isViolated =
    (ifMatch !== undefined && parseTags(ifMatch) !== '*') ||
    (ifNoneMatch !== undefined && !Array.isArray(parseTags(ifNoneMatch)));
  if (!isViolated) return;
  throw new HttpProblem('request.precondition-failed', 'The list of incidents exists and has no entity tag.');
}
