import {
  ACTIONS,
  BUTTONS,
  TARGET_STATUS,
  STATUSES,
  pathFor,
} from '../../../src/chat/core/actions/transitions.js';

const LEGAL = ['NEW IN_PROGRESS', 'IN_PROGRESS RESOLVED', 'RESOLVED IN_PROGRESS', 'RESOLVED CLOSED'];
const all = ACTIONS.flatMap((action) => STATUSES.map((status) => [action, status] as const));

describe('an action', () => {
  it.each(all)('%s of what is %s goes by legal moves to its goal, or makes no sense', (action, from) => {
    const way = pathFor(action, from);
    if (!way) return expect(BUTTONS[from]).not.toContain(action);
    expect(way.at(-1)).toBe(TARGET_STATUS[action]);
    const moves = way.map((to, n) => `${n === 0 ? from : way[n - 1]} ${to}`);
    expect(moves.filter((move) => !LEGAL.includes(move))).toEqual([]);
    return undefined;
  });

  it('makes sense where it changes something, and nothing is reopened that was not resolved', () => {
    const sensible = all.filter(([action, from]) => pathFor(action, from)).map((pair) => pair.join(' '));
    expect(sensible).toEqual([
      'take NEW',
      'take RESOLVED',
      'resolve NEW',
      'resolve IN_PROGRESS',
      'close NEW',
      'close IN_PROGRESS',
      'close RESOLVED',
      'reopen RESOLVED',
    ]);
  });

  it.each(STATUSES)('has a button where it is one legal move of what is %s', (status) => {
    for (const action of BUTTONS[status]) expect(pathFor(action, status)).toHaveLength(1);
    const goals = BUTTONS[status].map((action) => `${status} ${TARGET_STATUS[action]}`);
    expect(goals.toSorted()).toEqual(LEGAL.filter((move) => move.startsWith(`${status} `)).toSorted());
  });
});
