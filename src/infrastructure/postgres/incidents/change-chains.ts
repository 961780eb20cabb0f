import type { IdempotencyKey } from '../../../domain/incident/idempotency.js';
import type { IncidentEvent } from '../../../domain/incident/incident-events.js';
import type { WriteResult } from '../../../domain/incident/incident-repository.js';
import { textLength } from '../../../domain/incident/incident-text.js';
import { Incident, type IncidentId } from '../../../domain/incident/incident.js';
import { isoTime } from '../../../shared/iso-time.js';
import type { Outcome } from '../batching/pending-requests.js';

/** What a caller wants to do with an incident. */
export interface ChangeRequest {
  readonly id: IncidentId;
  readonly act: (incident: Incident) => void;
  readonly idempotency: IdempotencyKey | undefined;
}

/** An idempotency key, and the incident as the request with it has left it. */
interface Claim {
  readonly idempotency: IdempotencyKey;
  readonly incident: Incident;
  /** In code points. */
  readonly descriptionLength: number;
}

/** The changes of one incident by several requests, one upon the other, before they are saved together. */
export interface Chain {
  readonly from: Incident;
  current: Incident;
  readonly events: IncidentEvent[];
  readonly claims: Claim[];
}

/** What became of a request; undefined where there is no such incident. */
export type Changed = Outcome<WriteResult | undefined>;

/** Lets a request act on the incident as the requests before it have left it. */
export function actOn(
  loaded: Incident | undefined,
  { id, act, idempotency }: ChangeRequest,
  chains: Map<IncidentId, Chain>,
): Changed {
  const chain = chains.get(id);
  const before = chain?.current ?? loaded;
  if (!before) return { value: undefined };
  // A copy, since a request that throws may have done half of its work.
  const after = new Incident(before.state);
  try {
    act(after);
  } catch (error) {
    return { error };
  }
  if (after.newEvents.length === 0) return { value: { incident: after, isReplay: false } };
  const { from, events, claims }: Chain = chain ?? { from: before, current: before, events: [], claims: [] };
  events.push(...after.newEvents);
  if (idempotency) {
    claims.push({ idempotency, incident: after, descriptionLength: textLength(after.description) });
  }
  chains.set(id, { from, current: after, events, claims });
  return { value: { incident: after, isReplay: false } };
}

/** The values of the statement that saves chains. */
export function valuesOf(chains: readonly Chain[]): unknown[] {
  const events = chains.flatMap(({ from, events }) => events.map((event) => ({ id: from.id, event })));
  const each = <Value>(value: (event: IncidentEvent) => Value) => events.map(({ event }) => value(event));
  return [
    chains.map(({ from }) => from.id),
    chains.map(({ from }) => from.version),
    chains.map(({ current }) => current.description),
    chains.map(({ current }) => current.status),
    chains.map(({ current }) => current.version),
    chains.map(({ current }) => isoTime(current.updatedAt)),
    chains.map(({ current }) => current.occurrences),
    chains.map(({ current }) => lastSeenOf(current)),
    events.map(({ id }) => id),
    each((event) => event.seq),
    each((event) => event.type),
    each((event) => isoTime(event.at)),
    each((event) => event.actor),
    each((event) => event.channel),
    each((event) => event.accessKey?.name ?? null),
    each((event) => event.accessKey?.id ?? null),
    each((event) => ('from' in event ? event.from : null)),
    each((event) => ('to' in event ? event.to : null)),
    each((event) => ('text' in event ? event.text : null)),
  ];
}

/** Most are reported once: of those nothing is kept. */
function lastSeenOf({ occurrences, lastSeenAt }: Incident): string | null {
  return occurrences === 1 ? null : isoTime(lastSeenAt);
}

/** What it takes besides where requests have idempotency keys. */
export function keyReservationsOf(chains: readonly Chain[]): unknown[] {
  const claims = chains.flatMap((chain) => chain.claims);
  return [
    claims.map(({ idempotency }) => idempotency.scope),
    claims.map(({ idempotency }) => idempotency.key),
    claims.map(({ idempotency }) => idempotency.fingerprint),
    claims.map(({ incident }) => incident.id),
    claims.map(({ incident }) => incident.version),
    claims.map(({ incident }) => incident.status),
    claims.map(({ incident }) => isoTime(incident.updatedAt)),
    claims.map(({ incident }) => incident.occurrences),
    claims.map(({ incident }) => lastSeenOf(incident)),
    claims.map(({ descriptionLength }) => descriptionLength),
  ];
}
