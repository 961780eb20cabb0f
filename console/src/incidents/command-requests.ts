import type { ApiClient, ApiResponse } from '../api/api-client.js';
import { ApiProblem, requireRequestError } from '../api/problems.js';
import type { Incident, IncidentEvent } from '../api/types.js';
import { type Command, isGuarded, isSameSituation, updateOf } from './commands.js';

interface SendOptions {
  /** By default a new one. */
  readonly idempotencyKey?: string;
  /** Whether the person has seen what happened meanwhile and wants it all the same. */
  readonly isForced: boolean;
}

/** The requests by which commands on incidents are carried out. */
export class CommandRequests {
  /** @param fetch reads the whole incident, as it is now. */
  constructor(
    private readonly api: ApiClient,
    private readonly newKey: () => string,
    private readonly fetch: (id: number) => Promise<Incident>,
  ) {}

  /**
   * Sends a command on an incident as the page knows it. A guarded command whose incident changed in other respects only is sent again
   * for the newer version.
   * @throws ApiProblem, NetworkError
   */
  async send(
    seen: Incident,
    command: Command,
    { idempotencyKey = this.newKey(), isForced }: SendOptions,
  ): Promise<ApiResponse<Incident>> {
    const request = (incident: Incident, key: string) =>
      this.api.patch('/api/v1/incidents/{id}', {
        params: { id: incident.id },
        json: updateOf(command, incident),
        idempotencyKey: key,
        headers:
          isGuarded(command, incident) && !isForced
            ? { 'If-Match': `"${incident.id}-${incident.version}"` }
            : {},
      });
    try {
      return await request(seen, idempotencyKey);
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.status !== 412) throw error;
      const current = await this.fetch(seen.id);
      if (!isSameSituation(seen, current)) throw error;
      return await request(current, this.newKey());
    }
  }

  /** What happened to an incident since a version, whose newest state is fetched as well; empty if that cannot be found out. */
  async eventsSince(id: number, version: number): Promise<readonly IncidentEvent[]> {
    try {
      const [{ body }] = await Promise.all([
        this.api.get('/api/v1/incidents/{id}/events', { params: { id }, query: { after: version } }),
        this.fetch(id),
      ]);
      return body;
    } catch (error) {
      requireRequestError(error);
      return [];
    }
  }
}
