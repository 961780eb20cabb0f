import type { Request } from 'express';
import { hasPermission } from '../../../domain/access/role.js';
import type { WriteResult } from '../../../domain/incident/incident-repository.js';
import type { Incident } from '../../../domain/incident/incident.js';
import { etagOf, isNotModified } from '../../http/headers/etag.js';
import { REPLAYED } from '../../http/headers/idempotency-key.js';
import { IncidentReceiptResponse, IncidentResponse } from './incidents.dto.js';

/** Whether the key may see what others have reported or changed; otherwise it gets a receipt. */
export function mayRead({ accessKey }: Request): boolean {
  return hasPermission(accessKey!.role, 'read');
}

/** Responds with the incident, or with 304 if the client has its current version. */
export function respondToRead(incident: Incident, { headers, res }: Request): IncidentResponse | undefined {
  res!.setHeader('ETag', etagOf(incident));
  if (!isNotModified(incident, headers)) return IncidentResponse.from(incident);
  res!.status(304);
  return undefined;
}

/** Responds with the changed incident. */
export function respondToWrite({ incident, isReplay }: WriteResult, { res }: Request): IncidentResponse {
  if (isReplay) res!.set(REPLAYED);
  res!.setHeader('ETag', etagOf(incident));
  return IncidentResponse.from(incident);
}

/** Responds with the incident of a report, or with a receipt. @param isNew whether the report made the incident. */
export function respondToReport(
  result: WriteResult,
  isNew: boolean,
  request: Request,
): IncidentResponse | IncidentReceiptResponse {
  const { incident, isReplay } = result;
  const response = request.res!;
  if (!isNew) response.status(200);
  response.setHeader('Location', `/api/v1/incidents/${incident.id}`);
  // A new incident contains only what this key itself has sent.
  if (isNew || mayRead(request)) return respondToWrite(result, request);
  if (isReplay) response.set(REPLAYED);
  return IncidentReceiptResponse.from(incident);
}
