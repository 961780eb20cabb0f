import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { Retention } from '../../../src/infrastructure/postgres/schema/retention.js';
import { anAccessKey } from '../../support/access-keys.js';
import { anAlert, aNotification } from '../../support/alerts.js';
import { type Answer, fromElsewhere, readAnswer, type Service, startService } from '../../support/service.js';
import {
  aKeyPair,
  type ClientKey,
  digestOf,
  type RequestToSign,
  signed,
  type SignatureChoices,
} from '../../support/signed-requests.js';
import { until } from '../../support/until.js';

const INCIDENTS = '/api/v1/incidents';
const JSON_TYPE = { 'content-type': 'application/json' };
const REPORT = JSON.stringify({ description: 'Самокат #42 оффлайн', source: 'monitoring' });

type Signed = ReturnType<typeof signed>;

describe('a signed request', () => {
  let service: Service;
  let hmac: ClientKey & { readonly secret: string; readonly name: string };
  let ed25519: ClientKey;
  let admin: ClientKey;

  beforeAll(async () => {
    // Invalid signatures count as attempts, for each address.
    service = await startService({ environment: { TRUSTED_PROXIES: '127.0.0.1' } });
    hmac = await anAccessKey(service);
    admin = await anAccessKey(service, { role: 'admin', can_impersonate: true });
    await service.request('POST', INCIDENTS, { json: JSON.parse(REPORT) });
    const { privateKey, base64 } = aKeyPair();
    ed25519 = { id: (await anAccessKey(service, { public_key: base64 })).id, privateKey };
  });
  afterAll(() => service.stop());

  const send = async (path: string, request: Signed, { url }: Service = service): Promise<Answer> => {
    const headers = { ...fromElsewhere(), ...request.headers };
    return readAnswer(request.method, path, await fetch(url + path, { ...request, headers }));
  };
  const signedReport = (
    choices?: SignatureChoices,
    more: Partial<RequestToSign> = {},
    key: ClientKey = hmac,
  ) =>
    signed(
      key,
      {
        method: 'POST',
        url: service.url + INCIDENTS,
        body: REPORT,
        ...more,
        headers: { ...JSON_TYPE, ...more.headers },
      },
      choices,
    );
  const report = (...args: Parameters<typeof signedReport>) => send(INCIDENTS, signedReport(...args));

  describe.each<[string, () => ClientKey]>([
    ['hmac-sha256', () => hmac],
    ['ed25519', () => ed25519],
  ])('by %s', (algorithm, key) => {
    it('reports, reads and changes as its access key', async () => {
      const created = await report({ parameters: { alg: `"${algorithm}"` } }, {}, key());
      expect(created.status).toBe(201);
      const path = `${INCIDENTS}/${created.body.id}`;
      const read = await send(path, signed(key(), { url: service.url + path }));
      const list = `${INCIDENTS}?limit=1&q=%D0%A1%D0%B0`;
      expect((await send(list, signed(key(), { url: service.url + list }))).status).toBe(200);
      expect(read.body).toEqual(created.body);
      const change = {
        method: 'PATCH',
        url: service.url + path,
        headers: JSON_TYPE,
        body: '{"urgent":true}',
      };
      expect((await send(path, signed(key(), change))).body).toMatchObject({ urgent: true });
      const [event] = (await service.get(`${path}/events`)).body;
      const { body: session } = await send(
        '/api/v1/session',
        signed(key(), { url: `${service.url}/api/v1/session` }),
      );
      expect(session).toMatchObject({ key_id: key().id, name: event.actor });
    });

    it.each(['hmac-sha256', 'ed25519'].filter((other) => other !== algorithm))(
      'is rejected with another alg (%s)',
      async (other) => {
        const answer = await report({ parameters: { alg: `"${other}"` } }, {}, key());
        expect(answer).toBeProblem('signature.invalid');
        expect(answer.body.detail).toBe(`alg must be ${algorithm} for this key.`);
      },
    );
  });

  it('may cover further fields and components, and have a digest by sha-512', async () => {
    const headers = { 'content-digest': `${digestOf(REPORT, 'sha-512')}, ${digestOf(REPORT)}` };
    const covered = ['@scheme', '@authority', '@path', '@query', '@request-target', 'content-type'];
    const all = ['@method', ...covered, '@target-uri', 'content-digest'];
    expect((await report({ covered: all, parameters: { tag: '"x"' } }, { headers })).status).toBe(201);
  });

  it('is accepted by webhooks, and as a stream, which is processed once its digest is known', async () => {
    const path = '/api/v1/intake/alertmanager';
    const body = JSON.stringify(aNotification(anAlert('f-1')));
    const webhook = { method: 'POST', url: service.url + path, headers: JSON_TYPE, body };
    expect((await send(path, signed(hmac, webhook))).body).toMatchObject({ created: 1 });
    const lines = `${REPORT}\n\n${REPORT}\n`;
    const stream = { headers: { 'content-type': 'application/x-ndjson' }, body: lines };
    const answer = await report({}, stream);
    expect(answer.text.trim().split('\n')).toHaveLength(2);
    const before = (await service.get(INCIDENTS)).headers.get('x-total-count');
    const changed = signedReport({}, stream);
    expect(await send(INCIDENTS, { ...changed, body: lines.replace('42', '43') })).toBeProblem(
      'signature.invalid',
    );
    expect(await send(path, { ...signed(hmac, webhook), body: `${body} ` })).toBeProblem('signature.invalid');
    expect((await service.get(INCIDENTS)).headers.get('x-total-count')).toBe(before);
  });

  // A route may read its body by means of its own: it must not forget the digest.
  it.each(operationsWithBodies())(
    'has the digest of its body: %s %s as %s',
    async (method, template, type) => {
      const path = template.replace('{scope}', 'partner').replaceAll(/\{\w+\}/g, '1');
      const isForm = type === 'multipart/form-data';
      const headers = { 'content-type': isForm ? `${type}; boundary=b` : type };
      const body = isForm ? '--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--b--\r\n' : '{}';
      const aRequest = () => signed(admin, { method, url: service.url + path, headers, body });
      expect((await send(path, { ...aRequest(), body: `${body} ` })).status).toBe(401);
      expect((await send(path, aRequest())).status).not.toBe(401);
    },
  );

  it('has a stream of 4 MiB at most, which is in memory as a whole', async () => {
    const body = `${' '.repeat(4 * 1024 * 1024)}\n`;
    const answer = await report({}, { headers: { 'content-type': 'application/x-ndjson' }, body });
    expect(answer).toBeProblem('request.body-too-large');
  });

  it('has the digest of its compressed body', async () => {
    const body = new Uint8Array(gzipSync(REPORT));
    const headers = { 'content-encoding': 'gzip' };
    expect((await report({}, { headers, body })).status).toBe(201);
    const other = { ...headers, 'content-digest': digestOf(REPORT) };
    expect(await report({}, { headers: other, body })).toBeProblem('signature.invalid');
    // Whatever follows the end of the compressed data is not decompressed, and not signed either.
    const more = new Uint8Array(Buffer.concat([body, Buffer.alloc(200_000)]));
    expect((await send(INCIDENTS, { ...signedReport({}, { headers, body }), body: more })).status).toBe(401);
  });

  it('has the digest of a large body that arrives in parts', async () => {
    const body = JSON.stringify({ description: 'a'.repeat(9_000), source: 'operator' });
    expect((await report({}, { body })).status).toBe(201);
    const request = signedReport({}, { body });
    const changed = { ...request, body: body.replace('aaa', 'aab') };
    expect(await send(INCIDENTS, changed)).toBeProblem('signature.invalid');
  });

  it('is rejected if its body was removed, on a route that needs none', async () => {
    const admin = await anAccessKey(service, { role: 'admin' });
    const { id } = await anAccessKey(service);
    const path = `/api/v1/keys/${id}/rotate`;
    const body = '{"expires_at":"2036-01-01"}';
    const request = signed(admin, { method: 'POST', url: service.url + path, headers: JSON_TYPE, body });
    const { body: _, ...withoutBody } = request;
    const answer = await send(path, withoutBody);
    expect(answer).toBeProblem('signature.invalid');
    expect(answer.body.detail).toBe('content-digest differs from the digest of the body.');
    expect((await send(path, request)).status).toBe(201);
  });

  describe('that is sent again', () => {
    it('is rejected, also with its Idempotency-Key, and takes effect once', async () => {
      const headers = { 'idempotency-key': 'again' };
      const request = signedReport({}, { headers });
      const first = await send(INCIDENTS, request);
      expect(first.status).toBe(201);
      expect(await send(INCIDENTS, request)).toBeProblem('signature.nonce-reused');
      const replay = await report({}, { headers });
      expect(replay.headers.get('idempotency-replayed')).toBe('true');
      expect(replay.body).toEqual(first.body);
    });

    it('is rejected by every process, also at the same time', async () => {
      const environment = { PUBLIC_URL: 'https://incidents.example', TRUSTED_PROXIES: '127.0.0.1' };
      const on = service.database.service;
      const processes = [await startService({ on, environment }), await startService({ on, environment })];
      try {
        const request = signedReport({}, { url: `https://incidents.example${INCIDENTS}` });
        const answers = await Promise.all(
          Array.from({ length: 20 }, (_, n) => send(INCIDENTS, request, processes[n % 2])),
        );
        const codes = answers.map(({ status, body }) => (status === 201 ? 201 : body.code));
        expect(codes.filter((code) => code === 201)).toHaveLength(1);
        expect(codes.filter((code) => code === 'signature.nonce-reused')).toHaveLength(19);
      } finally {
        for (const process of processes) await process.stop();
      }
    });

    it('may have the nonce of another key', async () => {
      const parameters = { nonce: '"shared"' };
      expect((await report({ parameters })).status).toBe(201);
      expect((await report({ parameters }, {}, ed25519)).status).toBe(201);
      expect(await report({ parameters })).toBeProblem('signature.nonce-reused');
    });
  });

  describe('is rejected', () => {
    it.each<[string, readonly string[], Partial<RequestToSign>, string]>([
      ['nothing', [], {}, '@method, @target-uri, content-digest'],
      ['no method', ['@target-uri', 'content-digest'], {}, '@method'],
      ['only the path', ['@method', '@path', 'content-digest'], {}, '@target-uri'],
      ['no digest', ['@method', '@target-uri'], {}, 'content-digest'],
      [
        'no idempotency key',
        ['@method', '@target-uri', 'content-digest'],
        { headers: { 'idempotency-key': 'a' } },
        'idempotency-key',
      ],
      [
        'no X-Idempotency-Key',
        ['@method', '@target-uri', 'content-digest'],
        { headers: { 'x-idempotency-key': 'a' } },
        'x-idempotency-key',
      ],
      [
        'neither actor nor channel',
        ['@method', '@target-uri', 'content-digest'],
        { headers: { 'x-actor': 'a', 'x-channel': 'telegram' } },
        'x-actor, x-channel',
      ],
    ])('if it covers %s', async (_, covered, request, missing) => {
      const answer = await report({ covered }, request);
      expect(answer).toBeProblem('signature.invalid');
      expect(answer.body.detail).toBe(`The signature must cover ${missing}.`);
      expect(answer.headers.get('accept-signature')).toContain('"@target-uri"');
    });

    it('if it covers a field that it does not have', async () => {
      const answer = await report({ covered: ['@method', '@target-uri', 'content-digest', 'date'] });
      expect(answer.body.detail).toBe('The signature covers date, which the request does not have.');
    });

    it.each<[string, SignatureChoices, string]>([
      ['of no key', { parameters: { keyid: '"999999"' } }, 'keyid is not the id of an active access key.'],
      ['without a nonce', { parameters: { nonce: undefined } }, 'The parameter nonce is missing.'],
      [
        'of the past',
        { parameters: { created: Math.floor(Date.now() / 1_000) - 70 } },
        'created must be within 60 s',
      ],
      [
        'of the future',
        { parameters: { created: Math.floor(Date.now() / 1_000) + 130 } },
        'created must be within 60 s',
      ],
      [
        'by an unknown algorithm',
        { parameters: { alg: '"rsa-pss-sha512"' } },
        'alg must be hmac-sha256 or ed25519.',
      ],
    ])('if it is %s', async (_, choices, detail) => {
      const answer = await report(choices);
      expect(answer).toBeProblem('signature.invalid');
      expect(answer.body.detail).toContain(detail);
    });

    it.each<[string, Record<string, string>]>([
      ['two signatures', { 'signature-input': 'a=(), b=()', signature: 'a=:AA==:, b=:AA==:' }],
      ['an empty Signature', { signature: '' }],
      ['duplicate parameters', { 'signature-input': 'sig=();created=1;created=2' }],
      ['a Content-Digest that is no dictionary', { 'content-digest': '???' }],
    ])('with %s', async (_, headers) => {
      const request = signedReport();
      const answer = await send(INCIDENTS, { ...request, headers: { ...request.headers, ...headers } });
      expect(answer).toBeProblem('signature.malformed');
    });

    it('within 5 s if its key is revoked', async () => {
      const key = await anAccessKey(service);
      expect((await report({}, {}, key)).status).toBe(201);
      await service.request('POST', `/api/v1/keys/${key.id}/revoke`);
      const rejected = await until(async () => {
        const answer = await report({}, {}, key);
        return answer.status !== 201 && answer;
      });
      expect(rejected.status).toBe(401);
    });

    it('if the role of its key may not do it', async () => {
      const reader = await anAccessKey(service, { role: 'reader' });
      expect(await report({}, {}, reader)).toBeProblem('request.forbidden');
    });

    it('if a valid key beside it does not have that signature', async () => {
      const request = signedReport();
      const headers = { ...request.headers, 'X-Access-Key': hmac.secret };
      expect(await send(INCIDENTS, { ...request, headers, body: `${REPORT} ` })).toBeProblem(
        'signature.invalid',
      );
    });

    it('after too many invalid ones of its address, and counts a valid one as none', async () => {
      const address = { 'X-Forwarded-For': '10.99.0.1' };
      const invalid = async () => {
        const request = signedReport({ parameters: { keyid: '"999999"' } });
        return send(INCIDENTS, { ...request, headers: { ...request.headers, ...address } });
      };
      const answers = await Promise.all(Array.from({ length: 21 }, invalid));
      expect(answers.filter(({ body }) => body.code === 'intake.rate-limited')).toHaveLength(1);
      const valid = signedReport();
      expect((await send(INCIDENTS, { ...valid, headers: { ...valid.headers, ...address } })).status).toBe(
        201,
      );
    });
  });

  describe('whose covered parts change on the way', () => {
    const changes: Readonly<Record<string, (request: Signed, path: string) => [Signed, string]>> = {
      'the method': (request, path) => [{ ...request, method: 'PUT' }, path],
      'the path': (request, path) => [request, path.replace('/status', '')],
      'the query': (request, path) => [request, `${path}?a=1`],
      'the case of the path': (request, path) => [request, path.replace('api', 'API')],
      'an escape in the path': (request, path) => [request, path.replace('incidents', '%69ncidents')],
    };
    const withHeader = (request: Signed, name: string, value: string): Signed => ({
      ...request,
      headers: { ...request.headers, [name]: value },
    });
    const rejects = async (request: Signed, path: string) => {
      const headers = { ...fromElsewhere(), ...request.headers };
      const response = await fetch(service.url + path, { ...request, headers });
      const { code } = (await response.json()) as { code: string };
      // Routes of another method or path are rejected before the signature is.
      const isRejected =
        code.startsWith('signature.') ||
        code === 'request.route-not-found' ||
        code === 'request.method-not-allowed';
      expect({ path, status: response.status, code, isRejected }).toMatchObject({ isRejected: true });
    };

    let path: string;
    const aChange = () =>
      signed(hmac, {
        method: 'PATCH',
        url: service.url + path,
        headers: { ...JSON_TYPE, 'idempotency-key': 'k-1' },
        body: '{"status":"IN_PROGRESS"}',
      });
    beforeAll(async () => {
      const { body } = await service.report();
      path = `${INCIDENTS}/${body.id}/status`;
    });
    afterAll(async () => {
      expect((await service.get(path.replace('/status', ''))).body.status).toBe('NEW');
      expect((await send(path, aChange())).status).toBe(200);
    });

    it.each(Object.entries(changes))('is rejected: %s', async (_, change) => {
      await rejects(...change(aChange(), path));
    });

    it('is rejected for each changed byte of the body, the digest, the idempotency key, the signature and its input', async () => {
      const request = aChange();
      const flip = (text: string, at: number) =>
        text.slice(0, at) + (text[at] === 'x' ? 'y' : 'x') + text.slice(at + 1);
      const body = String(request.body);
      for (const at of Array.from(body).keys()) await rejects({ ...request, body: flip(body, at) }, path);
      for (const name of ['content-digest', 'idempotency-key', 'signature', 'signature-input'] as const) {
        const value = (request.headers as Record<string, string>)[name]!;
        // The last character of base64 before its padding has bits that mean nothing.
        for (const at of Array.from(value).keys()) {
          if (/[=:]*$/.exec(value)!.index - 1 <= at && name !== 'idempotency-key') continue;
          const changed = flip(value, at);
          if (name === 'signature' && at < 'sig=:'.length - 1) continue;
          await rejects(withHeader(request, name, changed), path);
        }
      }
    });

    it('is rejected for headers that are added or repeated', async () => {
      const request = aChange();
      for (const [name, value] of [
        ['x-idempotency-key', 'k-1'],
        ['x-actor', 'telegram:7'],
        ['x-channel', 'telegram'],
        ['content-digest', `${digestOf('x', 'sha-512')}, ${digestOf(String(request.body))}`],
        ['idempotency-key', 'k-1, k-1'],
      ] as const) {
        await rejects(withHeader(request, name, value), path);
      }
    });

    it('is rejected with a digest that was computed anew', async () => {
      const body = '{"status":"RESOLVED"}';
      const request = withHeader({ ...aChange(), body }, 'content-digest', digestOf(body));
      await rejects(request, path);
    });
  });

  describe('behind a proxy', () => {
    const PUBLIC = 'https://incidents.example/register';
    const sendTo = async (
      environment: Record<string, string>,
      url: string,
      headers: Record<string, string> = {},
    ): Promise<Answer> => {
      const behind = await startService({ on: service.database.service, environment });
      try {
        const request = signed(hmac, { url: url.replace('SELF', behind.url) });
        return await readAnswer(
          'GET',
          INCIDENTS,
          await fetch(behind.url + INCIDENTS, { headers: { ...request.headers, ...headers } }),
        );
      } finally {
        await behind.stop();
      }
    };

    it('has the URL of PUBLIC_URL, whatever its headers say', async () => {
      const forwarded = { 'x-forwarded-host': 'other.example', 'x-forwarded-proto': 'http' };
      const environment = { PUBLIC_URL: `${PUBLIC}/`, TRUSTED_PROXIES: '127.0.0.1' };
      expect((await sendTo(environment, PUBLIC + INCIDENTS, forwarded)).status).toBe(200);
    });

    it('has the URL in the headers of a trusted proxy', async () => {
      const forwarded = { 'x-forwarded-host': 'incidents.example', 'x-forwarded-proto': 'https' };
      const url = `https://incidents.example${INCIDENTS}`;
      expect((await sendTo({ TRUSTED_PROXIES: '127.0.0.1' }, url, forwarded)).status).toBe(200);
    });

    it.each<[string, Record<string, string>, string, Record<string, string>, string]>([
      [
        'the host and the scheme, of an unknown proxy',
        {},
        `https://incidents.example${INCIDENTS}`,
        { 'x-forwarded-host': 'incidents.example', 'x-forwarded-proto': 'https' },
        'scheme and host',
      ],
      [
        'the scheme',
        { PUBLIC_URL: 'http://incidents.example' },
        `https://incidents.example${INCIDENTS}`,
        {},
        'scheme',
      ],
      ['the path', { PUBLIC_URL: PUBLIC }, `https://incidents.example${INCIDENTS}`, {}, 'path'],
    ])('is rejected with the name of what differs: %s', async (_, environment, url, headers, difference) => {
      const answer = await sendTo(environment, url, headers);
      expect(answer).toBeProblem('signature.invalid');
      expect(answer.body.detail).toContain(`@target-uri differs in its ${difference} from what was signed`);
      expect(answer.text).not.toMatch(/incidents\.example|register/);
    });

    it('is rejected without a name if anything may differ', async () => {
      const answer = await sendTo({}, `https://elsewhere.example${INCIDENTS}`);
      expect(answer.body.detail).toBe(
        'The key, or one of @method, @target-uri, differs from what was signed.',
      );
    });

    it('is rejected with the name of the method', async () => {
      const request = signed(hmac, { method: 'HEAD', url: service.url + INCIDENTS });
      const answer = await send(INCIDENTS, { ...request, method: 'GET' });
      expect(answer.body.detail).toBe('@method differs from what was signed.');
    });
  });

  describe('of a key that is signed_only', () => {
    it('is accepted, and the key itself never is', async () => {
      const key = await anAccessKey(service, { signed_only: true });
      expect(key).toMatchObject({
        signed_only: true,
        public_key: null,
        secret: expect.stringMatching(/^inc_/),
      });
      expect((await report({}, {}, key)).status).toBe(201);
      for (const [name, value] of [
        ['X-Access-Key', key.secret],
        ['X-API-Key', key.secret],
        ['Authorization', `Bearer ${key.secret}`],
      ] as const) {
        const answer = await fetch(service.url + INCIDENTS, { headers: { [name]: value } });
        expect(await readAnswer('GET', INCIDENTS, answer)).toBeProblem('access-key.signature-required');
      }
      const signIn = await service.request('POST', '/api/v1/session', { json: { access_key: key.secret } });
      expect(signIn).toBeProblem('access-key.signature-required');
      const link = await service.request('POST', `/api/v1/keys/${key.id}/sign-in-tokens`);
      expect(link).toBeProblem('access-key.signed-only');
    });

    it('stays so when the key is rotated', async () => {
      const { id } = await anAccessKey(service, { signed_only: true });
      const { body } = await service.request('POST', `/api/v1/keys/${id}/rotate`);
      expect(body.signed_only).toBe(true);
      expect((await report({}, {}, body)).status).toBe(201);
      expect(await service.get(INCIDENTS, { 'X-Access-Key': body.secret })).toBeProblem(
        'access-key.signature-required',
      );
    });
  });

  describe('of a key with a public key', () => {
    it('needs no secret of the service', async () => {
      const { base64, pem, privateKey } = aKeyPair();
      for (const publicKey of [base64, pem]) {
        const key = await anAccessKey(service, { public_key: publicKey });
        expect(key).toMatchObject({ secret: null, public_key: base64, signed_only: true });
        expect((await report({}, {}, { id: key.id, privateKey })).status).toBe(201);
        const [row] = await service.database.query<object>(
          'SELECT digest, sealed_secret FROM access_keys WHERE id = $1',
          [key.id],
        );
        expect(row).toEqual({ digest: null, sealed_secret: null });
      }
      // The public key is no secret.
      const { id } = await anAccessKey(service, { public_key: base64 });
      for (const secret of [base64, `inc_${id}_`])
        expect(await report({}, {}, { id, secret })).toBeProblem('signature.invalid');
    });

    it('is replaced by another public key, while both work', async () => {
      const [old, next] = [aKeyPair(), aKeyPair()];
      const { id } = await anAccessKey(service, { public_key: old.base64 });
      const rotate = (json: object) => service.request('POST', `/api/v1/keys/${id}/rotate`, { json });
      expect(await rotate({})).toBeProblem('access-key.public-key-required');
      const { body } = await rotate({ public_key: next.pem });
      expect(body).toMatchObject({ public_key: next.base64, secret: null, signed_only: true });
      expect((await report({}, {}, { id, privateKey: old.privateKey })).status).toBe(201);
      expect((await report({}, {}, { id: body.id, privateKey: next.privateKey })).status).toBe(201);
      const swapped = { id, privateKey: next.privateKey };
      expect(await report({}, {}, swapped)).toBeProblem('signature.invalid');
    });

    it('may replace a key with a secret', async () => {
      const { privateKey, base64 } = aKeyPair();
      const { id } = await anAccessKey(service);
      const json = { public_key: base64 };
      const { body } = await service.request('POST', `/api/v1/keys/${id}/rotate`, { json });
      expect(body).toMatchObject({ signed_only: true, secret: null });
      expect((await report({}, {}, { id: body.id, privateKey })).status).toBe(201);
    });

    it.each(['', 'AAAA', 'a'.repeat(64), 7, null])('cannot be created with %j', async (publicKey) => {
      const json = { name: 'wrong', role: 'reader', public_key: publicKey };
      const answer = await service.request('POST', '/api/v1/keys', { json });
      expect(answer).toBeProblem('request.invalid');
      expect(answer.body.detail).toContain('public_key must be an Ed25519 public key');
    });
  });

  it('of a key whose secret another SIGNING_SECRET has encrypted is rejected with the reason', async () => {
    const environment = { SIGNING_SECRET: createHash('sha256').update('other').digest('hex') };
    const other = await startService({ on: service.database.service, environment });
    try {
      const request = signed(hmac, { url: other.url + INCIDENTS });
      const answer = await readAnswer('GET', INCIDENTS, await fetch(other.url + INCIDENTS, request));
      expect(answer).toBeProblem('signature.invalid');
      expect(answer.body.detail).toContain('SIGNING_SECRET');
      expect((await other.get(INCIDENTS, { 'X-Access-Key': hmac.secret })).status).toBe(200);
    } finally {
      await other.stop();
    }
  });

  it('leaves a nonce that is deleted once no signature with it can be valid', async () => {
    const { id } = await anAccessKey(service);
    const count = async () =>
      (await service.database.query('SELECT FROM signature_nonces WHERE key_id = $1', [id])).length;
    await service.database.query(
      `INSERT INTO signature_nonces VALUES ($1, 'old', now() - interval '11 min'), ($1, 'new', now() - interval '9 min')`,
      [id],
    );
    expect(await count()).toBe(2);
    await service.app.get(Retention).deleteExpired();
    expect(await count()).toBe(1);
  });
});

/** The operations that are authenticated and have a body, with each content type. */
function operationsWithBodies() {
  const { paths, components } = JSON.parse(readFileSync('docs/openapi.json', 'utf8'));
  const valueOf = ({ $ref, enum: [first] = [], example = first }: any): unknown =>
    example ?? valueOf(components.schemas[$ref.split('/').at(-1)]);
  return Object.entries<any>(paths).flatMap(([path, operations]) =>
    Object.entries<any>(operations).flatMap(([method, { requestBody, security, parameters = [] }]) => {
      if (JSON.stringify(security) === '[{}]' || !requestBody) return [];
      const required = parameters.filter((each: any) => each.in === 'query' && each.required);
      const query = required.map(({ name, schema, example }: any) => `${name}=${example ?? valueOf(schema)}`);
      const target = query.length > 0 ? `${path}?${query.join('&')}` : path;
      return Object.keys(requestBody.content).map((type) => [method.toUpperCase(), target, type] as const);
    }),
  );
}
