import { DatabaseError } from 'pg';
import { OutcomeUnknown, StoreUnavailable } from '../../../src/application/operations/store-unavailable.js';
import { splitOf } from '../../../src/infrastructure/postgres/batching/batch-split.js';

const answered = (code: string) => Object.assign(new DatabaseError('no', 0, 'error'), { code });
const unavailable = (code: string) => new StoreUnavailable({ cause: answered(code) });

describe('a failed batch', () => {
  it.each([
    ['is retried in halves after a statement timeout', unavailable('57014'), 'halves'],
    ['is retried in halves after a constraint violation', answered('23514'), 'halves'],
    ['is retried in halves after a deadlock', unavailable('40P01'), 'halves'],
    ['is retried item by item after a lock timeout', unavailable('55P03'), 'items'],
    ['is not retried if the disk is full', unavailable('53100'), 'none'],
    ['is not retried if the server is a standby', unavailable('25006'), 'none'],
    ['is not retried if the server shut down', unavailable('57P01'), 'none'],
    ['is not retried if its outcome is unknown', new OutcomeUnknown({ cause: new Error('cut') }), 'none'],
    [
      'is not retried if no connection was available',
      new StoreUnavailable({ cause: new Error('no connection') }),
      'none',
    ],
  ])('%s', (_, error, split) => {
    expect(splitOf(error)).toBe(split);
  });
});
