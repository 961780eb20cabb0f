import { DatabaseError } from 'pg';
import { OutcomeUnknown, StoreUnavailable } from '../../../src/application/operations/store-unavailable.js';
import { splitOf } from '../../../src/infrastructure/postgres/batching/batch-split.js';

const answered = (code: string) => Object.assign(new DatabaseError('no', 0, 'error'), { code });
const unavailable = (code: string) => new StoreUnavailable({ cause: answered(code) });

describe('a batch that failed', () => {
  it.each([
    ['with a statement timeout is tried in halves', unavailable('57014'), 'halves'],
    ['with a broken rule is tried in halves', answered('23514'), 'halves'],
    ['with a deadlock is tried in halves', unavailable('40P01'), 'halves'],
    ['waiting for a lock is tried item by item', unavailable('55P03'), 'items'],
    ['on a full disk is not tried again', unavailable('53100'), 'none'],
    ['on a standby is not tried again', unavailable('25006'), 'none'],
    ['as its server stopped is not tried again', unavailable('57P01'), 'none'],
    ['without an answer is not tried again', new OutcomeUnknown({ cause: new Error('cut') }), 'none'],
    [
      'before it was sent is not tried again',
      new StoreUnavailable({ cause: new Error('no connection') }),
      'none',
    ],
  ])('%s', (_, error, split) => {
    expect(splitOf(error)).toBe(split);
  });
});
