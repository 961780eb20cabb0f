import { isRefusal } from '../../../src/application/intake/intake-metrics.js';
import { OutcomeUnknown, StoreUnavailable } from '../../../src/application/operations/store-unavailable.js';
import { IdempotencyKeyInUse, IdempotencyKeyReused } from '../../../src/domain/incident/idempotency.js';
import { InvalidText } from '../../../src/domain/incident/incident-errors.js';
import { HttpProblem } from '../../../src/presentation/http/problems/problems.js';

describe('what came by a channel', () => {
  it.each([
    new InvalidText('must not be blank'),
    new IdempotencyKeyReused(),
    new HttpProblem('request.invalid', 'a'),
    new HttpProblem('request.unauthorized', 'a'),
    Object.assign(new Error('a'), { status: 415 }),
  ])('is rejected: %s', (error) => expect(isRefusal(error)).toBe(true));

  it.each([
    new StoreUnavailable(),
    new OutcomeUnknown(),
    new IdempotencyKeyInUse(),
    new HttpProblem('service.not-ready', 'a'),
    Object.assign(new Error('request aborted'), { status: 400, type: 'request.aborted' }),
    new DOMException('the worker stops', 'AbortError'),
    new TypeError('ours'),
  ])('is not refused, and may come again: %s', (error) => expect(isRefusal(error)).toBe(false));
});
