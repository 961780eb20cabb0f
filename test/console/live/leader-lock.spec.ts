import { LeaderLock } from '../../../console/src/live/leader-lock.js';
import { until } from '../../support/until.js';
import { FakeLocks } from './live-tabs.js';

describe('the lock of the leader', () => {
  let locks: FakeLocks;
  let log: string[];
  beforeEach(() => {
    locks = new FakeLocks();
    log = [];
  });

  const aTab = (name: string) =>
    new LeaderLock(locks.of({}), {
      onGranted: () => log.push(`${name} granted`),
      onLost: () => log.push(`${name} lost`),
    });

  it('is granted to one tab, and to the next one when it is released', async () => {
    const [one, other] = [aTab('one'), aTab('other')];
    one.wait();
    other.wait();
    await until(() => log.length === 1);
    one.release();
    await until(() => log.length === 2);
    expect(log).toEqual(['one granted', 'other granted']);
  });

  it('is lost when another tab steals it', async () => {
    const [one, other] = [aTab('one'), aTab('other')];
    one.wait();
    await until(() => log.length === 1);
    other.steal();
    await until(() => log.length === 3);
    expect(log.toSorted()).toEqual(['one granted', 'one lost', 'other granted']);
  });

  it('is not granted to a tab that does not wait for it any more, even if it was about to be', async () => {
    const [one, other] = [aTab('one'), aTab('other')];
    one.wait();
    one.release();
    other.wait();
    await until(() => log.length === 1);
    expect(log).toEqual(['other granted']);
  });

  it('is not said to be lost by a tab that has released it', async () => {
    const [one, other] = [aTab('one'), aTab('other')];
    one.wait();
    await until(() => log.length === 1);
    one.release();
    other.steal();
    await until(() => log.length === 2);
    expect(log).toEqual(['one granted', 'other granted']);
  });
});
