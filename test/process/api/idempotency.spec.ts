import { killLeftovers } from '../../support/processes.js';
import { expectOnceForEachKey } from '../../support/same-keys.js';

describe('two api processes on one database', () => {
  afterEach(killLeftovers);

  // Enough for every kind of race; the chaos tests send many more.
  it('create one incident and append one text per idempotency key, however often it is sent', () =>
    expectOnceForEachKey(60, 20));
});
