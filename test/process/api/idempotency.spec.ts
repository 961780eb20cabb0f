import { killLeftovers } from '../../support/processes.js';
import { expectOnceForEachKey } from '../../support/same-keys.js';

describe('idempotency keys', () => {
  afterEach(killLeftovers);

  // Enough for every kind of race; many more are among the tests of faults.
  it('hold between processes: one incident and one addition for each, however often they are sent', () =>
    expectOnceForEachKey(60, 20));
});
