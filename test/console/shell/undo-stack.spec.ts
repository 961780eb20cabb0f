import type { Incident } from '../../../console/src/api/types.js';
import type { Command } from '../../../console/src/incidents/commands.js';
import type { Outcome } from '../../../console/src/incidents/incident-changes.js';
import { UndoStack } from '../../../console/src/shell/undo-stack.js';

const done = (undo?: Command): Outcome => ({ outcome: 'done', incident: {} as Incident, undo });
const refused: Outcome = { outcome: 'refused', id: 1, command: { kind: 'take' }, meanwhile: [] };
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('what a person may take back', () => {
  let stack: UndoStack;

  beforeEach(() => (stack = new UndoStack()));

  it('is the last command, also before its outcome is known', async () => {
    const first = stack.add(1, Promise.resolve(done({ kind: 'release' })));
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const second = stack.add(2, promise);
    await settled();
    expect(stack.last).toBe(second);
    expect(stack.remove(second)).toBe(true);
    resolve(done({ kind: 'reopen' }));
    expect(await second.undo).toEqual({ kind: 'reopen' });
    expect(stack.last).toBe(first);
  });

  it.each([
    ['was refused', Promise.resolve(refused)],
    ['is final', Promise.resolve(done())],
    ['failed by a fault of the page', Promise.reject<Outcome>(new Error('x'))],
  ])('is an earlier command where the last one %s', async (_, outcome) => {
    const first = stack.add(1, Promise.resolve(done({ kind: 'release' })));
    const last = stack.add(1, outcome);
    expect(await last.undo).toBeUndefined();
    await settled();
    expect(stack.last).toBe(first);
  });

  it('is taken back once, and is one of the last 20 commands', async () => {
    const entries = Array.from({ length: 21 }, (_, id) =>
      stack.add(id, Promise.resolve(done({ kind: 'release' }))),
    );
    expect(stack.remove(entries[0]!)).toBe(false);
    expect(stack.remove(entries[1]!)).toBe(true);
    expect(stack.remove(entries[1]!)).toBe(false);
  });
});
