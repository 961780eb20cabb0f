import {
  ACTIONS,
  buttonTransitionOf,
  offeredActions,
  transitionOf,
} from '../../../src/chat/core/actions/actions.js';
import { STATUSES, type Status } from '../../../src/chat/core/api/incident.js';

/** As the API answers. */
const ALLOWED: Record<Status, readonly Status[]> = {
  NEW: ['IN_PROGRESS'],
  IN_PROGRESS: ['RESOLVED'],
  RESOLVED: ['IN_PROGRESS', 'CLOSED'],
  CLOSED: [],
};

describe('an action', () => {
  it('of reopening applies to resolved incidents only, and that of taking to every one that may become IN_PROGRESS', () => {
    expect(transitionOf('take')).toEqual({ status: 'IN_PROGRESS' });
    expect(transitionOf('reopen')).toEqual({ status: 'IN_PROGRESS', from: 'RESOLVED' });
  });

  it('of taking applies to new incidents only if it comes from a button', () => {
    expect(buttonTransitionOf('take')).toEqual({ status: 'IN_PROGRESS', from: 'NEW' });
    expect(buttonTransitionOf('close')).toEqual({ status: 'CLOSED' });
  });

  it.each([
    ['NEW', ['take']],
    ['IN_PROGRESS', ['resolve']],
    ['RESOLVED', ['close', 'reopen']],
    ['CLOSED', []],
  ] as const)('has a button below a %s incident if it is a legal transition: %j', (status, offered) => {
    expect(offeredActions({ status, allowed_statuses: ALLOWED[status] })).toEqual(offered);
  });

  it.each(STATUSES)('has no button below a %s incident if the API does not allow it', (status) => {
    expect(offeredActions({ status, allowed_statuses: [] })).toEqual([]);
    for (const action of ACTIONS) {
      const { status: target } = transitionOf(action);
      const offered = offeredActions({ status, allowed_statuses: [target] });
      expect(offered.every((each) => transitionOf(each).status === target)).toBe(true);
    }
  });
});
