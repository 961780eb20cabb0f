import { ReadIncidents } from '../../src/application/incident/read-incidents.js';
import { ReportIncident } from '../../src/application/incident/report-incident.js';
import { UpdateIncident } from '../../src/application/incident/update-incident.js';
import type { Clock } from '../../src/application/operations/clock.js';
import {
  IllegalTransition,
  IncidentNotFound,
  InvalidText,
  UnexpectedStatus,
  VersionMismatch,
} from '../../src/domain/incident/incident-errors.js';
import { later, NOON } from '../support/builders.js';
import { InMemoryIncidents } from '../support/in-memory-incidents.js';

describe('the use cases', () => {
  const store = new InMemoryIncidents();
  let now = NOON;
  const clock: Clock = { now: () => now };
  const report = new ReportIncident(store.repository, clock);
  const update = new UpdateIncident(store.repository, clock);
  const read = new ReadIncidents(store.repository, store.list, store.history, store.similar);

  const aReport = async () =>
    (await report.execute({ description: 'a', source: 'operator', actor: 'ann', channel: 'rest' })).incident;
  const eventsOf = async (id: number) => (await read.events(id, 0, 100)).events.map(({ type }) => type);

  beforeEach(() => (now = NOON));

  it('report an incident at the time of the clock', async () => {
    expect((await aReport()).state).toMatchObject({ status: 'NEW', version: 1, createdAt: NOON });
  });

  it('reject an invalid text', () => {
    expect(() =>
      report.execute({ description: '\0', source: 'operator', actor: 'ann', channel: 'rest' }),
    ).toThrow(InvalidText);
  });

  it('change the status and append in one step', async () => {
    const { id } = await aReport();
    now = later(1_000);
    const { incident } = await update.execute({
      id,
      status: 'IN_PROGRESS',
      addition: 'b',
      actor: 'bob',
      channel: 'rest',
    });
    expect(incident.state).toMatchObject({
      status: 'IN_PROGRESS',
      description: 'a\nb',
      updatedAt: now,
      version: 3,
    });
    expect(await eventsOf(id)).toEqual(['reported', 'status_changed', 'description_appended']);
  });

  it('change nothing if one half of a change is illegal', async () => {
    const { id } = await aReport();
    const change = update.execute({ id, status: 'CLOSED', addition: 'b', actor: 'bob', channel: 'rest' });
    await expect(change).rejects.toThrow(IllegalTransition);
    expect((await read.get(id)).state).toMatchObject({ status: 'NEW', description: 'a', version: 1 });
    expect(await eventsOf(id)).toEqual(['reported']);
  });

  it('reject an unexpected version before an illegal transition', async () => {
    const { id } = await aReport();
    const change = update.execute({
      id,
      status: 'CLOSED',
      isExpected: (version) => version === 7,
      actor: 'bob',
      channel: 'rest',
    });
    await expect(change).rejects.toThrow(VersionMismatch);
  });

  it('take the shortest path to a status, each transition an event, or change nothing', async () => {
    const { id } = await aReport();
    const by = { actor: 'bob', channel: 'rest' } as const;
    const full = update.execute({ id, status: 'RESOLVED', via: 'shortest', addition: '\0', ...by });
    await expect(full).rejects.toThrow(InvalidText);
    expect(await eventsOf(id)).toEqual(['reported']);
    const { incident } = await update.execute({
      id,
      status: 'RESOLVED',
      via: 'shortest',
      addition: 'b',
      ...by,
    });
    expect(incident.state).toMatchObject({ status: 'RESOLVED', description: 'a\nb', version: 4 });
    expect(await eventsOf(id)).toEqual([
      'reported',
      'status_changed',
      'status_changed',
      'description_appended',
    ]);
  });

  it('reject an unexpected status before an illegal transition', async () => {
    const { id } = await aReport();
    const change = update.execute({
      id,
      status: 'NEW',
      from: 'RESOLVED',
      actor: 'bob',
      channel: 'rest',
    });
    await expect(change).rejects.toThrow(UnexpectedStatus);
  });

  it('reject an incident that does not exist', async () => {
    await expect(read.get(99)).rejects.toThrow(IncidentNotFound);
    await expect(read.events(99, 0, 1)).rejects.toThrow(IncidentNotFound);
    await expect(update.execute({ id: 99, addition: 'b', actor: 'bob', channel: 'rest' })).rejects.toThrow(
      IncidentNotFound,
    );
  });
});
