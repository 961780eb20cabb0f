import { type Agent, request as send } from 'node:http';

/** A request as it is sent. */
export interface GeneratedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer | undefined;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Sends a request unchanged, with an access key. fetch would normalize `..` in the path, and forbids some headers. */
export function sendTo(
  url: string,
  agent: Agent,
  key: string,
  { method, path, headers, body }: GeneratedRequest,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    // Node's client sends it for some methods only; without it, the body would be parsed as another request.
    const length = body && { 'Content-Length': String(body.length) };
    const request = send(
      { hostname, port, method, path, agent, headers: { ...headers, ...length, 'X-Access-Key': key } },
      (response) => {
        const answer = {
          status: response.statusCode!,
          headers: new Headers(response.headers as Record<string, string>),
        };
        // It has no end.
        if (answer.headers.get('content-type')?.startsWith('text/event-stream')) {
          response.destroy();
          resolve({ ...answer, text: '' });
          return;
        }
        const chunks: Buffer[] = [];
        response
          .on('data', (chunk: Buffer) => chunks.push(chunk))
          .on('end', () => resolve({ ...answer, text: Buffer.concat(chunks).toString() }))
          .on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}
