import {
  isInView,
  lowerBound,
  compareKeys,
  orderOf,
  queryOf,
  sortKeyOf,
} from '../../../console/src/incidents/list-view.js';
import { IncidentRows } from '../../../console/src/incidents/incident-rows.js';
import { attentionOf } from '../../../src/domain/incident/attention.js';
import { STATUSES } from '../../../console/src/api/types.js';
import { anIncident } from './an-incident.js';

const ALL = { tab: 'all', filters: {} } as const;

describe('a list', () => {
  it('asks for its tab and its filters', () => {
    const filters = {
      sources: ['partner'],
      channel: 'kafka',
      urgent: true,
      text: 'scooter',
      assignee: 'Anna',
    } as const;
    expect(queryOf({ tab: 'mine', filters })).toMatchObject({
      source: ['partner'],
      channel: 'kafka',
      urgent: true,
      q: 'scooter',
      // The tab decides.
      assignee: 'me',
      status: ['NEW', 'IN_PROGRESS'],
      sort: '-created_at',
    });
    expect(queryOf({ tab: 'untaken', filters: {} })).toMatchObject({ untaken: true, sort: 'attention' });
  });

  it('includes both days of its dates, where the browser is', () => {
    const { created_from: from, created_to: to } = queryOf({
      tab: 'all',
      filters: { from: '2026-11-29', to: '2026-11-30' },
    });
    expect([from, to]).toEqual([new Date(2026, 10, 29).toISOString(), new Date(2026, 11, 1).toISOString()]);
  });

  it.each([
    ['untaken', { status: 'IN_PROGRESS' }, true],
    ['untaken', { status: 'IN_PROGRESS', assignee: 'Anna' }, false],
    ['untaken', { status: 'RESOLVED' }, false],
    ['mine', { status: 'IN_PROGRESS', assignee: 'Anna' }, true],
    ['mine', { status: 'RESOLVED', assignee: 'Anna' }, false],
    ['mine', { status: 'IN_PROGRESS', assignee: 'Boris' }, false],
    ['closed', { status: 'CLOSED' }, true],
    ['all', { status: 'CLOSED' }, true],
  ] as const)('%s has an incident with %j: %s', (tab, changes, isIn) => {
    expect(isInView({ tab, filters: {} }, anIncident(changes), 'Anna')).toBe(isIn);
  });

  it.each([
    [{ sources: ['operator'] }, true],
    [{ sources: ['partner'] }, false],
    [{ channel: 'rest' }, true],
    [{ channel: 'kafka' }, false],
    [{ urgent: true }, false],
    [{ text: 'SCOOTER' }, true],
    [{ text: 'bike' }, false],
    [{ assignee: 'none' }, true],
    [{ assignee: 'me' }, false],
    [{ from: '2026-12-02' }, false],
    [{ to: '2026-11-28' }, false],
  ] as const)('with the filters %j has an incident: %s', (filters, isIn) => {
    expect(isInView({ tab: 'all', filters }, anIncident(), 'Anna')).toBe(isIn);
  });

  it('orders by attention as the service does', () => {
    for (const status of STATUSES) {
      for (const urgent of [false, true]) {
        for (const assignee of [null, 'Anna']) {
          const [attention] = sortKeyOf('attention', anIncident({ status, urgent, assignee }));
          expect(attention).toBe(attentionOf({ status, urgent, assignee: assignee ?? undefined }));
        }
      }
    }
  });

  it('shows the newest first where nothing waits, and in a search', () => {
    expect(orderOf({ tab: 'closed', filters: {} })).toBe('-created_at');
    expect(orderOf({ tab: 'untaken', filters: { text: 'ab' } })).toBe('-created_at');
    const keys = [1, 2].map((id) => sortKeyOf('-created_at', anIncident({ id })));
    expect(compareKeys(keys[0]!, keys[1]!)).toBeGreaterThan(0);
  });

  it('finds places by bisection', () => {
    const keys = [1, 3, 5].map((id) => [0, 0, id] as const);
    const placeOf = (id: number) => lowerBound(keys.length, (index) => keys[index]!, [0, 0, id]);
    expect([0, 1, 2, 3, 5, 6].map(placeOf)).toEqual([0, 0, 1, 1, 2, 3]);
  });
});

describe('the rows of a list', () => {
  const rowsOf = (...ids: number[]) => {
    const rows = new IncidentRows();
    rows.setView(ALL, undefined);
    for (const id of ids) rows.place(anIncident({ id }), true);
    rows.publish();
    return rows;
  };

  it('are in order, whatever the order of their arrival', () => {
    expect(rowsOf(3, 1, 2).rows.value).toEqual([1, 2, 3]);
  });

  it('move with the attention that an incident needs, and leave with it', () => {
    const rows = rowsOf(1, 2, 3);
    rows.place(anIncident({ id: 3, urgent: true }), true);
    rows.publish();
    expect(rows.rows.value).toEqual([3, 1, 2]);
    rows.place(anIncident({ id: 1 }), false);
    rows.publish();
    expect(rows.rows.value).toEqual([3, 2]);
  });

  it('do not change as long as nothing moves', () => {
    const rows = rowsOf(1, 2);
    const { value: before } = rows.rows;
    rows.place(anIncident({ id: 2, description: 'changed' }), true);
    rows.publish();
    expect(rows.rows.value).toBe(before);
  });

  it('end where the loaded pages end', () => {
    const rows = new IncidentRows();
    rows.setView(ALL, anIncident({ id: 5 }));
    for (const id of [4, 6]) rows.place(anIncident({ id }), true);
    rows.publish();
    expect(rows.rows.value).toEqual([4]);
  });
});
