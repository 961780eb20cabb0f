import { Agent } from 'node:http';
import { sendTo } from './raw-requests.js';
import type { Answer, Service } from './service.js';

/** A sender of a channel, with an access key of its own. */
export interface Sender {
  readonly id: number;
  /** The secret of its access key. */
  readonly key: string;
  /** Posts to a path below that of the channel, with the key as a header. */
  post(path: string, json: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** The incidents of the sender's name for a cause, oldest first. */
  incidentsOf(dedupKey: string): Promise<any[]>;
}

/** A sender with a new access key of the role `reporter`. */
export async function aSender(service: Service, channel: string, name: string): Promise<Sender> {
  const { body } = await service.request('POST', '/api/v1/keys', { json: { name, role: 'reporter' } });
  const { id, secret: key } = body as { id: number; secret: string };
  return {
    id,
    key,
    post: (path, json, headers = {}) =>
      service.request('POST', `/api/v1/intake/${channel}${path}`, {
        headers: { 'X-Access-Key': key, 'Content-Type': 'application/json', ...headers },
        body: typeof json === 'string' ? json : JSON.stringify(json),
      }),
    incidentsOf: async (dedupKey) => {
      const query = `dedup_key=${encodeURIComponent(`key:${id}/${dedupKey}`)}&sort=created_at`;
      return (await service.get(`/api/v1/incidents?${query}`)).body;
    },
  };
}

/** The types and new statuses of the events of an incident. */
export async function movesOf(service: Service, id: number): Promise<string[]> {
  const { body } = await service.get(`/api/v1/incidents/${id}/events`);
  return body.map(({ type, to }: { type: string; to?: string }) => to ?? type);
}

/** The messages of a channel that are quarantined or archived, oldest first. */
export async function storedOf(service: Service, channel: string): Promise<any[]> {
  const pages = await Promise.all(
    ['pending', 'accepted'].map((state) =>
      service.get(`/api/v1/quarantine?channel=${channel}&state=${state}&limit=200`),
    ),
  );
  return pages.flatMap(({ body }) => body).toSorted((one, other) => one.id - other.id);
}

/** Posts a body on a connection of its own: the service closes that of a body which it does not read to its end. */
export async function postAlone({ url }: Service, path: string, key: string, body: string): Promise<Answer> {
  const request = { method: 'POST', path, headers: {}, body: Buffer.from(body) };
  const answer = await sendTo(url, new Agent(), key, request);
  return { ...answer, body: JSON.parse(answer.text) };
}
