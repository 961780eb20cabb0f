import { Injectable, type PipeTransform } from '@nestjs/common';
import { IncidentNotFound } from '../../domain/incident/incident-errors.js';
import type { IncidentId } from '../../domain/incident/incident.js';
import { invalidRequest } from './problems.js';

/** Reads an incident's id from the path: a positive decimal integer, without sign or leading zeros. */
@Injectable()
export class IncidentIdPipe implements PipeTransform<string, IncidentId> {
  transform(text: string): IncidentId {
    if (!/^[1-9]\d*$/.test(text)) {
      throw invalidRequest([{ in: 'path', pointer: '/id', detail: 'id must be a positive decimal integer' }]);
    }
    const id = Number(text);
    // The register never gets this far, and PostgreSQL would refuse the number.
    if (!Number.isSafeInteger(id)) throw new IncidentNotFound(text);
    return id;
  }
}
