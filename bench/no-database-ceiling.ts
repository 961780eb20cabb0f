/*
 * The no-database ceiling: the api as in production (routes, guard, validation, use cases, responses, log, metrics), except
 * that the ports to the database answer from memory and store nothing. Nothing built on this framework should be faster.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { IncidentList as ListPort } from '../src/application/incident/incident-list.js';
import type { Incident as AnIncident } from '../src/domain/incident/incident.js';
import type { IncidentRepository as RepositoryPort } from '../src/domain/incident/incident-repository.js';
import { built } from './product.ts';

const { bootstrap } = await built<typeof import('../src/processes/bootstrap.js')>('processes/bootstrap.js');
const { readConfig } = await built<typeof import('../src/config/config.js')>('config/config.js');
const { createApi } = await built<typeof import('../src/processes/api.js')>('processes/api.js');
const { InfrastructureModule } = await built<typeof import('../src/infrastructure/infrastructure.module.js')>(
  'infrastructure/infrastructure.module.js',
);
const { requestDataSource } = await built<
  typeof import('../src/infrastructure/postgres/schema/data-source.js')
>('infrastructure/postgres/schema/data-source.js');
const { IncidentRepository } = await built<typeof import('../src/domain/incident/incident-repository.js')>(
  'domain/incident/incident-repository.js',
);
const { IncidentList } = await built<typeof import('../src/application/incident/incident-list.js')>(
  'application/incident/incident-list.js',
);
const { StoreHealth } = await built<typeof import('../src/application/operations/store-health.js')>(
  'application/operations/store-health.js',
);
const { Incident } = await built<typeof import('../src/domain/incident/incident.js')>(
  'domain/incident/incident.js',
);

const REPORTED = new Date();

function anIncident(id: number, description = 'Самокат #42 оффлайн'): AnIncident {
  return Incident.reported(id, {
    description,
    source: 'monitoring',
    actor: 'bench',
    channel: 'rest',
    at: REPORTED,
  });
}

/**
 * When a port answers: in the next turn of the event loop, as the fastest database would. With answers within the same
 * turn, each request is read, answered and woken up for alone, which costs much more than the same work for all that
 * have arrived together: such a ceiling would be far below what the service itself reaches.
 */
const answered = nextTurn;

const repository: RepositoryPort = {
  add: async ({ description }) => answered({ incident: anIncident(1, description), isReplay: false }),
  addOrMerge: async ({ description }) => answered({ incident: anIncident(1, description), isReplay: false }),
  find: async (id) => answered(anIncident(id)),
  findByRequest: async () => answered(undefined),
  changeOpenByDedupKey: async () => answered(undefined),
  change: async (id, act) => {
    const incident = await answered(anIncident(id));
    act(incident);
    return { incident, isReplay: false };
  },
};

const list: ListPort = {
  page: async ({ limit }) => {
    const incidents = Array.from({ length: limit }, (_, at) => anIncident(at + 1));
    return answered({
      incidents,
      total: 1_000,
      totalIsExact: true,
      previous: undefined,
      next: { after: incidents.at(-1)! },
    });
  },
};

const INSTEAD = new Map<unknown, object>([
  [IncidentRepository, repository],
  [IncidentList, list],
  [StoreHealth, { check: async () => {} }],
]);

// Production's adapters on a database that is never opened, except for these.
const infrastructure = InfrastructureModule.on(
  requestDataSource({}, 1),
  [...INSTEAD].map(([provide, useValue]) => ({ provide: provide as never, useValue })),
);

await bootstrap(readConfig, async ({ config, logger, stop }) => {
  const app = await createApi(config, infrastructure, logger);
  await app.listen(config.PORT, config.HOST);
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }));
  app.getHttpServer().closeAllConnections();
  await app.close();
});
