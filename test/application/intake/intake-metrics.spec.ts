import { isRejection } from '../../../src/application/intake/intake-metrics.js';
import { OutcomeUnknown, StoreUnavailable } from '../../../src/application/operations/store-unavailable.js';
import { IdempotencyKeyInUse, IdempotencyKeyReused } from '../../../src/domain/incident/idempotency.js';
import { InvalidText } from '../../../src/domain/incident/incident-errors.js';
import { HttpProblem } from '../../../src/presentation/http/problems/problems.js';

describe('isRejection', () => {
  it.each([
    new InvalidText('must not be blank'),
    new IdempotencyKeyReused(),
    new HttpProblem('request.invalid', 'a'),
    new HttpProblem('request.unauthorized', 'a'),
    Object.assign(new Error('a'), { status: 415 }),
  ])('is true for an error of the sender: %s', (error) => expect(isRejection(error)).toBe(true));

  it.each([
    new StoreUnavailable(),
    new OutcomeUnknown(),
    new IdempotencyKeyInUse(),
    new HttpProblem('service.not-ready', 'a'),
    Object.assign(new Error('request aborted'), { status: 400, type: 'request.aborted' }),
    new DOMException('the worker stops', 'AbortError'),
    new TypeError('ours'),
  ])('is false for an error after which the sender may retry: %s', (error) =>
    expect(isRejection(error)).toBe(false),
  );
});
