import { killLeftovers } from '../../support/processes.js';
import { expectOnceForEachKey } from '../../support/same-keys.js';

describe('two api processes on one database', () => {
  afterEach(killLeftovers);

  // Enough for every kind of race; many more are among the tests of faults.
  it('create one incident and one addition per idempotency key, however often it is sent', () =>
    expectOnceForEachKey(60, 20));
});
