import { createHmac, generateKeyPairSync, hash, type KeyObject, randomUUID, sign } from 'node:crypto';

/** What a client signs with: the access key itself, or the private key of its public key. */
export type ClientKey =
  { readonly id: number; readonly secret: string } | { readonly id: number; readonly privateKey: KeyObject };

export interface RequestToSign {
  readonly method?: string;
  readonly url: string;
  /** In lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/** What a client decides about its signature; by default, that it covers what the service requires. */
export interface SignatureChoices {
  readonly covered?: readonly string[];
  /** As they are written in Signature-Input; undefined leaves one out. */
  readonly parameters?: Readonly<Record<string, string | number | undefined>>;
  readonly label?: string;
}

export const now = () => Math.floor(Date.now() / 1_000);

/** An Ed25519 key pair, with the public key as the API takes it. */
export function aKeyPair() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const base64 = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64');
  return { privateKey, base64, pem: publicKey.export({ format: 'pem', type: 'spki' }).toString() };
}

/** Content-Digest (RFC 9530). */
export function digestOf(body: string | Uint8Array, algorithm: 'sha-256' | 'sha-512' = 'sha-256'): string {
  return `${algorithm}=:${hash(algorithm.replace('-', ''), body, 'base64')}:`;
}

/** A signed request for `fetch` (RFC 9421). It shares no code with the service. */
export function signed(
  key: ClientKey,
  { method = 'GET', url, headers = {}, body }: RequestToSign,
  { covered, parameters = {}, label = 'sig' }: SignatureChoices = {},
) {
  const all: Record<string, string> = {
    ...(body !== undefined && { 'content-digest': digestOf(body) }),
    ...headers,
  };
  const components = covered ?? [
    '@method',
    '@target-uri',
    ...['content-digest', 'idempotency-key', 'x-actor', 'x-channel'].filter((name) => name in all),
  ];
  const chosen = {
    created: now(),
    nonce: `"${randomUUID()}"`,
    keyid: `"${key.id}"`,
    ...parameters,
  };
  const list = components.map((name) => `"${name}"`).join(' ');
  const written = Object.entries(chosen).filter(([, value]) => value !== undefined);
  const input = `(${list})${written.map(([name, value]) => `;${name}=${value}`).join('')}`;
  const { protocol, host, pathname, search } = new URL(url);
  const derived: Readonly<Record<string, string>> = {
    '@method': method,
    '@target-uri': url,
    '@scheme': protocol.slice(0, -1),
    '@authority': host,
    '@path': pathname,
    '@query': search || '?',
    '@request-target': pathname + search,
  };
  const lines = components.map((name) => `"${name}": ${derived[name] ?? all[name]}`);
  const base = Buffer.from([...lines, `"@signature-params": ${input}`].join('\n'));
  const signature =
    'secret' in key
      ? createHmac('sha256', key.secret).update(base).digest('base64')
      : sign(null, base, key.privateKey).toString('base64');
  return {
    method,
    headers: { ...all, 'signature-input': `${label}=${input}`, signature: `${label}=:${signature}:` },
    ...(body !== undefined && { body }),
  };
}
