import {
  type Action,
  buttonChangeOf,
  changeOf,
  offeredActions,
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
    expect(changeOf('take')).toEqual({ status: 'IN_PROGRESS' });
    expect(changeOf('reopen')).toEqual({ status: 'IN_PROGRESS', from: 'RESOLVED' });
  });

  it('of taking applies to new incidents only if it comes from a button', () => {
    expect(buttonChangeOf('take')).toEqual({ status: 'IN_PROGRESS', from: 'NEW' });
    expect(buttonChangeOf('close')).toEqual({ status: 'CLOSED' });
  });

  it('of releasing gives the incident to nobody, whatever its status is', () => {
    expect(changeOf('release')).toEqual({ assignee: null });
    expect(buttonChangeOf('release')).toEqual({ assignee: null });
  });

  it.each([
    ['NEW', null, ['take']],
    ['IN_PROGRESS', 'Anna', ['resolve', 'release']],
    ['IN_PROGRESS', null, ['take', 'resolve']],
    ['RESOLVED', 'Anna', ['close', 'reopen']],
    ['CLOSED', 'Anna', []],
  ] as const)('has a button below a %s incident of %s if it is one legal change: %j', (...row) => {
    const [status, assignee, offered] = row;
    expect(offeredActions({ status, assignee, allowed_statuses: ALLOWED[status] })).toEqual(offered);
  });

  it.each(STATUSES)(
    'has no button for a transition of a %s incident if the API does not allow it',
    (status) => {
      const changesStatus = (action: Action) => changeOf(action).status !== undefined;
      const offered = offeredActions({ status, assignee: 'Anna', allowed_statuses: [] });
      expect(offered.filter(changesStatus)).toEqual([]);
      for (const target of STATUSES) {
        const legal = offeredActions({ status, assignee: 'Anna', allowed_statuses: [target] });
        expect(legal.filter(changesStatus).every((each) => changeOf(each).status === target)).toBe(true);
      }
    },
  );
});
