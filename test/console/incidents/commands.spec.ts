import { STATUSES } from '../../../console/src/api/types.js';
import {
  applyCommand,
  type Command,
  type CommandKind,
  isLegal,
  undoOf,
  updateOf,
} from '../../../console/src/incidents/commands.js';
import { allowedFrom } from '../../../src/domain/incident/incident-state-machine.js';
import { anIncident } from './an-incident.js';

const ANNA = { me: 'Anna', now: new Date('2026-11-30T12:00:00Z') };

describe('commands', () => {
  it.each<[CommandKind, string[]]>([
    ['take', ['NEW', 'IN_PROGRESS']],
    ['resolve', ['IN_PROGRESS']],
    ['close', ['RESOLVED']],
    ['reopen', ['RESOLVED']],
    ['hand_over', ['NEW', 'IN_PROGRESS', 'RESOLVED']],
    ['urgency', ['NEW', 'IN_PROGRESS', 'RESOLVED']],
    ['append', ['NEW', 'IN_PROGRESS', 'RESOLVED', 'CLOSED']],
    ['duplicate', ['NEW', 'IN_PROGRESS', 'RESOLVED', 'CLOSED']],
  ])('%s is offered for an unassigned incident that is one of %j', (kind, statuses) => {
    expect(STATUSES.filter((status) => isLegal(kind, anIncident({ status })))).toEqual(statuses);
  });

  it('take an incident from nobody else', () => {
    expect(isLegal('take', anIncident({ status: 'IN_PROGRESS', assignee: 'Boris' }))).toBe(false);
  });

  it.each(STATUSES)('show the transitions of the service after a change to %s', (status) => {
    const kinds = { NEW: undefined, IN_PROGRESS: 'take', RESOLVED: 'resolve', CLOSED: 'close' } as const;
    const kind = kinds[status];
    if (kind === undefined) return;
    const { allowed_statuses: allowed, status: shown } = applyCommand(anIncident(), { kind }, ANNA);
    expect(shown).toBe(status);
    expect(allowed).toEqual(allowedFrom(status));
  });

  it.each<[Command, ReturnType<typeof anIncident>, object]>([
    [{ kind: 'take' }, anIncident(), { status: 'IN_PROGRESS', from: 'NEW' }],
    [{ kind: 'take' }, anIncident({ status: 'IN_PROGRESS' }), { assignee: 'me' }],
    [{ kind: 'reopen' }, anIncident({ status: 'RESOLVED' }), { status: 'IN_PROGRESS', from: 'RESOLVED' }],
    [{ kind: 'release' }, anIncident(), { assignee: null }],
    [{ kind: 'append', text: 'x' }, anIncident(), { description_append: 'x' }],
    [{ kind: 'duplicate', original: 3 }, anIncident(), { duplicate_of: 3 }],
  ])('%j asks the service for %#', (command, incident, update) => {
    expect(updateOf(command, incident)).toEqual(update);
  });

  it.each<[Command, ReturnType<typeof anIncident>, Command | undefined]>([
    [{ kind: 'take' }, anIncident(), { kind: 'release' }],
    [{ kind: 'resolve' }, anIncident(), { kind: 'reopen' }],
    [{ kind: 'reopen' }, anIncident(), { kind: 'resolve' }],
    [{ kind: 'hand_over', to: 'Boris' }, anIncident({ assignee: 'Anna' }), { kind: 'hand_over', to: 'Anna' }],
    [{ kind: 'hand_over', to: 'Boris' }, anIncident(), { kind: 'release' }],
    [{ kind: 'urgency', urgent: true }, anIncident(), { kind: 'urgency', urgent: false }],
    [{ kind: 'close' }, anIncident(), undefined],
    [{ kind: 'append', text: 'x' }, anIncident(), undefined],
    [{ kind: 'duplicate', original: 2 }, anIncident(), undefined],
  ])('%j is undone as far as the transitions allow: %#', (command, before, undo) => {
    expect(undoOf(command, before)).toEqual(undo);
  });
});
