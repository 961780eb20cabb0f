import { killLeftovers } from '../support/processes.js';
import { expectOnceForEachKey } from '../support/same-keys.js';

const KEYS = process.env['FULL'] ? 1_000 : 200;
const SENDS = 50;

describe('idempotency keys', () => {
  afterEach(killLeftovers);

  it(
    `create one incident each across processes: ${KEYS} keys, each sent ${SENDS} times at once`,
    () => expectOnceForEachKey(KEYS, SENDS),
    600_000,
  );
});
