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
const { Config } = await built<typeof import('../src/config/config.js')>('config/config.js');
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
const { Clock } = await built<typeof import('../src/application/operations/clock.js')>(
  'application/operations/clock.js',
);
const { SystemClock } = await built<typeof import('../src/infrastructure/system-clock.js')>(
  'infrastructure/system-clock.js',
);
const { ChannelRegistration } = await built<
  typeof import('../src/infrastructure/postgres/schema/channel-registration.js')
>('infrastructure/postgres/schema/channel-registration.js');
const { FeedPlacer } = await built<typeof import('../src/infrastructure/postgres/feed/feed-placer.js')>(
  'infrastructure/postgres/feed/feed-placer.js',
);
const { Incident } = await built<typeof import('../src/domain/incident/incident.js')>(
  'domain/incident/incident.js',
);

const REPORTED_AT = new Date();

function anIncident(id: number, description = 'Самокат #42 оффлайн'): AnIncident {
  return Incident.reported(id, {
    description,
    source: 'monitoring',
    actor: 'bench',
    channel: 'rest',
    at: REPORTED_AT,
  });
}

/**
 * A port resolves in the next turn of the event loop, like the fastest possible database. If it resolved within the same turn,
 * each request would be read and answered alone, which costs much more than handling all requests that arrived together. Such a
 * ceiling would be far below the rate that the service reaches.
 */
const inNextTurn = nextTurn;

const repository: RepositoryPort = {
  add: async ({ description }) => inNextTurn({ incident: anIncident(1, description), isReplay: false }),
  addOrMerge: async ({ description }) =>
    inNextTurn({ incident: anIncident(1, description), isReplay: false }),
  find: async (id) => inNextTurn(anIncident(id)),
  findByRequest: async () => inNextTurn(undefined),
  changeOpenByDedupKey: async () => inNextTurn(undefined),
  changeWithOriginal: async () => inNextTurn(undefined),
  change: async (id, act) => {
    const incident = await inNextTurn(anIncident(id));
    act(incident);
    return { incident, isReplay: false };
  },
};

const list: ListPort = {
  page: async ({ limit }) => {
    const incidents = Array.from({ length: limit }, (_, at) => anIncident(at + 1));
    return inNextTurn({
      incidents,
      total: 1_000,
      totalIsExact: true,
      previous: undefined,
      next: { after: incidents.at(-1)! },
    });
  },
};

const REPLACEMENTS = new Map<unknown, object>([
  [IncidentRepository, repository],
  [IncidentList, list],
  [StoreHealth, { check: async () => {} }],
  // They query the database when the process starts.
  [Clock, new SystemClock()],
  [ChannelRegistration, {}],
  [FeedPlacer, { onPlaced: () => {} }],
]);

// The production adapters on a database that is never opened, except for the replaced ones.
const infrastructure = InfrastructureModule.on(
  requestDataSource({}, 1),
  [...REPLACEMENTS].map(([provide, useValue]) => ({ provide: provide as never, useValue })),
);

await bootstrap(Config, async ({ config, logger, stop }) => {
  const app = await createApi(config, infrastructure, logger);
  await app.listen(config.PORT, config.HOST);
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }));
  app.getHttpServer().closeAllConnections();
  await app.close();
});
