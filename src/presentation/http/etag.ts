import type { Incident } from '../../domain/incident/incident.js';

/** The strong entity tag of an incident as it is now (RFC 9110, 8.8.3). */
export function etagOf({ id, version }: Incident): string {
  return `"${id}-${version}"`;
}

/**
 * The versions of this incident that an If-Match header lets through; undefined for any, where there is no header or
 * it is `*`. The comparison is strong (RFC 9110, 13.1.1): a weak tag lets nothing through, nor does what is no tag.
 */
export function versionsIn(ifMatch: string | undefined, id: number): number[] | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  return ifMatch
    .split(',')
    .map((tag) => /^"(\d+)-(\d+)"$/.exec(tag.trim()))
    .filter((match) => match !== null && Number(match[1]) === id)
    .map((match) => Number(match![2]));
}

/**
 * Whether an If-None-Match header says that the client has the incident as it is. The comparison is weak (RFC 9110,
 * 13.1.2). Express could do it, but not for `fetch`, which adds a Cache-Control that it takes for a wish for the body.
 */
export function isKnown(incident: Incident, ifNoneMatch: string | undefined): boolean {
  if (ifNoneMatch === undefined) return false;
  const current = etagOf(incident);
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.some((tag) => tag === '*' || tag === current);
}
