import fc from 'fast-check';
import { OffsetTracker } from '../../../src/infrastructure/kafka/offset-tracker.js';

describe('OffsetTracker', () => {
  it('does not pass a message in flight', () => {
    const tracker = new OffsetTracker();
    expect(tracker.position).toBeUndefined();
    const [first, second, third] = [5n, 6n, 7n].map((offset) => tracker.add(offset));
    second!();
    expect(tracker.position).toBe(5n);
    first!();
    expect(tracker.position).toBe(7n);
    third!();
    expect(tracker.position).toBe(8n);
  });

  it('returns no position that is already committed', () => {
    const tracker = new OffsetTracker();
    tracker.add(0n)();
    tracker.commit(tracker.position!);
    expect(tracker.position).toBeUndefined();
  });

  it('passes offsets without messages once all messages before them have been read', () => {
    const tracker = new OffsetTracker();
    tracker.skip(7n, 9n, 5n);
    expect(tracker.position).toBeUndefined();
    tracker.skip(9n, 10n, 5n);
    tracker.add(5n)();
    expect(tracker.position).toBe(6n);
    const last = tracker.add(6n);
    expect(tracker.position).toBe(6n);
    last();
    expect(tracker.position).toBe(10n);
  });

  it('passes offsets without messages that follow the committed offset', () => {
    const tracker = new OffsetTracker();
    tracker.skip(5n, 8n, 5n);
    expect(tracker.position).toBe(8n);
    tracker.skip(8n, 9n, 5n);
    expect(tracker.position).toBe(9n);
  });

  it('forgets offsets without messages when the partition is reassigned', () => {
    const tracker = new OffsetTracker();
    tracker.skip(6n, 9n, 5n);
    tracker.reset();
    tracker.add(5n)();
    expect(tracker.position).toBe(6n);
  });

  it('is held back by messages that were read before the partition was reassigned', () => {
    const tracker = new OffsetTracker();
    const old = tracker.add(3n);
    tracker.add(9n)();
    tracker.reset();
    expect(tracker.position).toBeUndefined();
    tracker.add(8n)();
    expect(tracker.position).toBe(3n);
    old();
    expect(tracker.position).toBe(9n);
  });

  it('never passes a message in flight, in any order and however often messages are read', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(20), { maxLength: 40 }),
        fc.infiniteStream(fc.boolean()),
        (starts, coin) => {
          const tracker = new OffsetTracker();
          const open = new Set<{ offset: bigint; complete: () => void }>();
          for (const start of starts) {
            for (let n = 0; n < 3; n++) {
              const offset = BigInt(start + n);
              open.add({ offset, complete: tracker.add(offset) });
            }
            for (const message of open) {
              if (!coin.next().value) continue;
              message.complete();
              open.delete(message);
            }
            const { position } = tracker;
            for (const { offset } of open) expect(position === undefined || position <= offset).toBe(true);
            if (position !== undefined) tracker.commit(position);
          }
        },
      ),
    );
  });
});
