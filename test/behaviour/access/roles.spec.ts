import { ROLES, type Role } from '../../../src/domain/access/role.js';
import { routesOf } from '../../support/routes.js';
import { type Service, startService } from '../../support/service.js';

/** The roles of each route, independent of the code of the service. */
const ALLOWED: Record<string, readonly Role[] | 'everyone'> = {
  'POST /api/v1/incidents': ['reporter', 'operator', 'admin'],
  'GET /api/v1/incidents': ['reader', 'operator', 'admin'],
  'GET /api/v1/incidents/by-idempotency-key/:key': ['reporter', 'operator', 'admin'],
  'GET /api/v1/incidents/:id': ['reader', 'operator', 'admin'],
  'PATCH /api/v1/incidents/:id': ['operator', 'admin'],
  'PATCH /api/v1/incidents/:id/status': ['operator', 'admin'],
  'GET /api/v1/incidents/:id/events': ['reader', 'operator', 'admin'],
  'GET /api/v1/incidents/:id/similar': ['reader', 'operator', 'admin'],
  'POST /api/v1/incidents/:id/attachments': ['reporter', 'operator', 'admin'],
  'GET /api/v1/incidents/:id/attachments': ['reader', 'reporter', 'operator', 'admin'],
  'GET /api/v1/incidents/:id/attachments/:number': ['reader', 'reporter', 'operator', 'admin'],
  'POST /api/v1/imports': ['operator', 'admin'],
  'GET /api/v1/statistics': ['reader', 'operator', 'admin'],
  'GET /api/v1/events': ['reader', 'reporter', 'operator', 'admin'],
  'GET /api/v1/events/stream': ['reader', 'reporter', 'operator', 'admin'],
  'GET /api/v1/consumers': ['reader', 'operator', 'admin'],
  'GET /api/v1/consumers/:name': ['reader', 'operator', 'admin'],
  'PUT /api/v1/consumers/:name': ['reader', 'operator', 'admin'],
  'DELETE /api/v1/consumers/:name': ['reader', 'operator', 'admin'],
  'GET /api/v1/policies': ['operator', 'admin'],
  'GET /api/v1/policies/:scope': ['operator', 'admin'],
  'PUT /api/v1/policies/:scope': ['operator', 'admin'],
  'PATCH /api/v1/policies/:scope': ['operator', 'admin'],
  'DELETE /api/v1/policies/:scope': ['operator', 'admin'],
  'GET /api/v1/heartbeats': ['reader', 'operator', 'admin'],
  'GET /api/v1/heartbeats/:name': ['reader', 'operator', 'admin'],
  'GET /api/v1/heartbeats/:name/outputs': ['operator', 'admin'],
  'PUT /api/v1/heartbeats/:name': ['operator', 'admin'],
  'POST /api/v1/heartbeats/:name/rotate': ['operator', 'admin'],
  'DELETE /api/v1/heartbeats/:name': ['operator', 'admin'],
  'GET /ping/:token': 'everyone',
  'POST /ping/:token': 'everyone',
  'GET /ping/:token/:signal': 'everyone',
  'POST /ping/:token/:signal': 'everyone',
  'POST /api/v1/intake/alertmanager': ['reporter', 'operator', 'admin'],
  'POST /api/v1/intake/pagerduty/v2/enqueue': ['reporter', 'operator', 'admin'],
  'POST /api/v1/intake/pagerduty/v2/change/enqueue': ['reporter', 'operator', 'admin'],
  'POST /api/v1/intake/opsgenie/v2/alerts': ['reporter', 'operator', 'admin'],
  'POST /api/v1/intake/opsgenie/v2/alerts/:identifier/close': ['reporter', 'operator', 'admin'],
  'POST /api/v1/intake/opsgenie/v2/alerts/:identifier/acknowledge': ['reporter', 'operator', 'admin'],
  'POST /api/v1/intake/opsgenie/v2/alerts/:identifier/notes': ['reporter', 'operator', 'admin'],
  'POST /api/v1/intake/grafana': ['reporter', 'operator', 'admin'],
  'POST /api/v1/intake/uptime-kuma': ['reporter', 'operator', 'admin'],
  'POST /api/v1/intake/healthchecks': ['reporter', 'operator', 'admin'],
  'POST /api/v1/intake/cloudevents': ['reporter', 'operator', 'admin'],
  'POST /api/v1/intake/sentry': ['reporter', 'operator', 'admin'],
  'POST /api/v1/intake/zabbix': ['reporter', 'operator', 'admin'],
  'POST /api/v1/quarantine': ['reporter', 'operator', 'admin'],
  'GET /api/v1/quarantine': ['operator', 'admin'],
  'GET /api/v1/quarantine/:id/payload': ['operator', 'admin'],
  'POST /api/v1/quarantine/:id/retry': ['operator', 'admin'],
  'POST /api/v1/quarantine/:id/dismiss': ['operator', 'admin'],
  'POST /api/v1/keys': ['admin'],
  'GET /api/v1/keys': ['admin'],
  'GET /api/v1/keys/:id': ['admin'],
  'PATCH /api/v1/keys/:id': ['admin'],
  'POST /api/v1/keys/:id/rotate': ['admin'],
  'POST /api/v1/keys/:id/revoke': ['admin'],
  'POST /api/v1/keys/:id/sign-in-tokens': ['admin'],
  'DELETE /api/v1/keys/:id/sessions': ['admin'],
  'GET /api/v1/session': ROLES,
  'POST /api/v1/session': 'everyone',
  'DELETE /api/v1/session': ROLES,
  'GET /api/v1/session/options': 'everyone',
  'GET /metrics': ['scraper', 'admin'],
  'GET /health': 'everyone',
  'GET /health/live': 'everyone',
  'GET /health/ready': 'everyone',
};

/** Channels that answer errors in the format of their senders. */
const OWN_FORMAT = /\/intake\/(pagerduty|opsgenie)\//;

describe('roles', () => {
  let service: Service;
  const secrets = {} as Record<Role, string>;

  beforeAll(async () => {
    service = await startService();
    await service.report();
    for (const role of ROLES) {
      const { body } = await service.request('POST', '/api/v1/keys', { json: { name: `a-${role}`, role } });
      secrets[role] = body.secret;
    }
    // The target of the routes that change a key.
    await service.request('POST', '/api/v1/keys', { json: { name: 'victim', role: 'reader' } });
  });
  afterAll(() => service.stop());

  it('are tested on every route of the service', () => {
    const routes = routesOf(service)
      .map(({ method, path }) => `${method} ${path}`)
      // The page of the console has no data, and is for everyone: see serving.spec.ts.
      .filter((route) => route !== 'GET /{*path}');
    expect(routes.toSorted()).toEqual(Object.keys(ALLOWED).toSorted());
  });

  describe.each(ROLES)('%s', (role) => {
    it.each(Object.entries(ALLOWED))('may use %s only if it is one of %j', async (route, allowed) => {
      const [method, path] = route.split(' ') as [string, string];
      const id = path.includes('/keys/') ? String(ROLES.length + 1) : '1';
      const answer = await service.request(method, path.replace(/:id\b/, id), {
        // A stream would not end: this one is refused.
        headers: { 'X-Access-Key': secrets[role], 'Last-Event-ID': 'x' },
        ...(method !== 'GET' && { json: {} }),
      });
      if (allowed === 'everyone' || allowed.includes(role)) {
        expect([200, 201, 202, 204, 400, 404, 409, 415]).toContain(answer.status);
      } else if (OWN_FORMAT.test(path)) {
        expect(answer).toMatchObject({ status: 403, body: { message: expect.stringContaining(role) } });
      } else {
        expect(answer).toBeProblem('request.forbidden');
        expect(answer.body).toMatchObject({ role, needed: allowed });
        for (const needed of allowed) expect(answer.body.detail).toContain(needed);
      }
    });
  });

  it('reject a request without permission before they read its body', async () => {
    const answer = await service.request('PATCH', '/api/v1/incidents/1', {
      headers: { 'X-Access-Key': secrets.reader },
      body: '{broken',
    });
    expect(answer).toBeProblem('request.forbidden');
  });

  it('do not replace the name of the key in the history', async () => {
    const { body } = await service.request('POST', '/api/v1/incidents', {
      headers: { 'X-Access-Key': secrets.reporter },
      json: { description: 'a', source: 'partner' },
    });
    const events = await service.get(`/api/v1/incidents/${body.id}/events`);
    expect(events.body[0]).toMatchObject({ actor: 'a-reporter' });
  });
});
