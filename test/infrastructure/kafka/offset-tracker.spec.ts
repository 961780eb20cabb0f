import fc from 'fast-check';
import { OffsetTracker } from '../../../src/infrastructure/kafka/offset-tracker.js';

describe('the progress in a partition', () => {
  it('does not pass a message that is not settled', () => {
    const progress = new OffsetTracker();
    expect(progress.position).toBeUndefined();
    const [first, second, third] = [5n, 6n, 7n].map((offset) => progress.begin(offset));
    second!();
    expect(progress.position).toBe(5n);
    first!();
    expect(progress.position).toBe(7n);
    third!();
    expect(progress.position).toBe(8n);
  });

  it('has nothing to commit twice', () => {
    const progress = new OffsetTracker();
    progress.begin(0n)();
    progress.commit(progress.position!);
    expect(progress.position).toBeUndefined();
  });

  it('passes offsets without messages once all before them has begun', () => {
    const progress = new OffsetTracker();
    progress.skip(7n, 9n, 5n);
    expect(progress.position).toBeUndefined();
    progress.skip(9n, 10n, 5n);
    progress.begin(5n)();
    expect(progress.position).toBe(6n);
    const last = progress.begin(6n);
    expect(progress.position).toBe(6n);
    last();
    expect(progress.position).toBe(10n);
  });

  it('passes offsets without messages that follow what the group has committed', () => {
    const progress = new OffsetTracker();
    progress.skip(5n, 8n, 5n);
    expect(progress.position).toBe(8n);
    progress.skip(8n, 9n, 5n);
    expect(progress.position).toBe(9n);
  });

  it('forgets offsets without messages when the partition is assigned anew', () => {
    const progress = new OffsetTracker();
    progress.skip(6n, 9n, 5n);
    progress.reassigned();
    progress.begin(5n)();
    expect(progress.position).toBe(6n);
  });

  it('is held back by what was begun before the partition was assigned anew', () => {
    const progress = new OffsetTracker();
    const old = progress.begin(3n);
    progress.begin(9n)();
    progress.reassigned();
    expect(progress.position).toBeUndefined();
    progress.begin(8n)();
    expect(progress.position).toBe(3n);
    old();
    expect(progress.position).toBe(9n);
  });

  it('passes nothing that is not settled, in whatever order and however often messages are read', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(20), { maxLength: 40 }),
        fc.infiniteStream(fc.boolean()),
        (starts, coin) => {
          const progress = new OffsetTracker();
          const open = new Set<{ offset: bigint; settle: () => void }>();
          for (const start of starts) {
            for (let n = 0; n < 3; n++) {
              const offset = BigInt(start + n);
              open.add({ offset, settle: progress.begin(offset) });
            }
            for (const message of open) {
              if (!coin.next().value) continue;
              message.settle();
              open.delete(message);
            }
            const { position } = progress;
            for (const { offset } of open) expect(position === undefined || position <= offset).toBe(true);
            if (position !== undefined) progress.commit(position);
          }
        },
      ),
    );
  });
});
