import { ApiProblem } from '../../../console/src/api/problems.js';
import { later } from '../../support/builders.js';
import { FakeBrowser, type Tab } from './live-tabs.js';

const SIGNED_OUT = new ApiProblem(401, { code: 'request.unauthorized' });

/** The tabs whose streams are open. */
const leadersOf = ({ tabs }: FakeBrowser) => tabs.filter(({ streams }) => streams.size > 0);
const othersOf = (browser: FakeBrowser, tab: Tab) =>
  browser.tabs.filter((each) => each !== tab && !each.isClosed);

describe.each([
  ['with Web Locks', true],
  ['without Web Locks, as on a page without TLS', false],
])('the tabs of a browser %s', (_title, hasLocks) => {
  let browser: FakeBrowser;
  beforeEach(() => (browser = new FakeBrowser({ hasLocks })));

  it('share one stream, and each gets every event once and in order', async () => {
    const tabs = await browser.open(7);
    const positions = [...browser.feed.add(3), ...browser.feed.add(1)];
    await browser.clock.advance(200);
    positions.push(...browser.feed.add(2));
    await browser.clock.advance(200);
    for (const tab of tabs) {
      expect(tab.received).toEqual(positions);
      expect(tab.live.connection.value).toEqual({ state: 'live' });
      expect(tab.resets).toBe(0);
    }
    expect(browser.feed.streams.size).toBe(1);
    expect(browser.feed.opens).toBe(1);
    expect(browser.feed.reads).toBe(1);
  });

  it('know their position before a list is read, so that an event in between is not missed', async () => {
    const [first] = await browser.open();
    await first!.live.opened;
    const [position] = browser.feed.add();
    const [second] = await browser.open();
    await second!.live.opened;
    const later = browser.feed.add();
    await browser.clock.advance(200);
    expect(first!.received).toEqual([position, ...later]);
    expect(second!.received).toEqual(later);
  });

  it('get an event within 100 ms', async () => {
    const tabs = await browser.open(3);
    browser.feed.add();
    await browser.clock.advance(100);
    expect(tabs.map(({ received }) => received.length)).toEqual([1, 1, 1]);
  });

  it.each([
    ['is closed', (tab: Tab) => tab.live.suspend()],
    ['stops', (tab: Tab) => tab.live.stop()],
  ])('get another leader within a second when the leader %s, and miss nothing', async (_how, end) => {
    await browser.open(4);
    const [leader] = leadersOf(browser);
    const before = browser.feed.add();
    await browser.clock.advance(200);
    end(leader!);
    expect(browser.feed.streams.size).toBe(0);
    const meanwhile = browser.feed.add(2);
    await browser.clock.advance(1_000);
    const after = browser.feed.add();
    await browser.clock.advance(200);
    const others = othersOf(browser, leader!);
    for (const tab of others) {
      expect(tab.received).toEqual([...before, ...meanwhile, ...after]);
      expect(tab.state).toBe('live');
    }
    expect(browser.feed.streams.size).toBe(1);
    expect(leader!.received).toEqual(before);
  });

  it('get another leader when the leader crashes', async () => {
    await browser.open(3);
    const [leader] = leadersOf(browser);
    browser.crash(leader!);
    const positions = browser.feed.add();
    await browser.clock.advance(hasLocks ? 200 : 50_000);
    for (const tab of othersOf(browser, leader!)) expect(tab.received).toEqual(positions);
    expect(browser.feed.streams.size).toBe(1);
  });

  it('get another leader when the browser freezes the leader, which follows once it is thawed', async () => {
    await browser.open(3);
    const [leader] = leadersOf(browser);
    leader!.isFrozen = true;
    const positions = browser.feed.add();
    await browser.clock.advance(50_000);
    const others = othersOf(browser, leader!);
    for (const tab of others) expect(tab.received).toEqual(positions);
    expect(leader!.received).toEqual([]);
    leader!.thaw();
    await browser.clock.advance(2_000);
    expect(leader!.streams.size).toBe(0);
    positions.push(...browser.feed.add());
    await browser.clock.advance(200);
    for (const tab of browser.tabs) {
      expect(tab.received).toEqual(positions);
      expect(tab.state).toBe('live');
    }
    expect(browser.feed.streams.size).toBe(1);
  });

  it('get what they missed while they were stored by the browser, and reset if it is gone', async () => {
    const [, second, third] = await browser.open(3);
    second!.live.suspend();
    third!.live.suspend();
    const positions = browser.feed.add(300);
    await browser.clock.advance(10_000);
    second!.live.resume();
    await browser.clock.advance(10_000);
    expect(second!.received).toEqual(positions);
    browser.feed.trim();
    third!.live.resume();
    await browser.clock.advance(10_000);
    expect([second!.resets, third!.resets]).toEqual([0, 1]);
    const more = browser.feed.add();
    await browser.clock.advance(200);
    expect(third!.received).toEqual(more);
  });

  it('reset instead of reading thousands of events that they missed', async () => {
    const [, second] = await browser.open(2);
    second!.live.suspend();
    browser.feed.add(1_500);
    await browser.clock.advance(10_000);
    second!.live.resume();
    await browser.clock.advance(10_000);
    expect(second!.resets).toBe(1);
    const positions = browser.feed.add();
    await browser.clock.advance(200);
    expect(second!.received.at(-1)).toBe(positions[0]);
  });

  it('say since when events have not arrived, and miss nothing once they do', async () => {
    const tabs = await browser.open(3);
    const before = browser.feed.add();
    await browser.clock.advance(15_000);
    const since = browser.now();
    browser.feed.isUp = false;
    browser.feed.cut();
    await browser.clock.advance(60_000);
    for (const tab of tabs) expect(tab.live.connection.value).toEqual({ state: 'offline', since });
    const meanwhile = browser.feed.add(3);
    browser.feed.isUp = true;
    await browser.clock.advance(20_000);
    for (const tab of tabs) {
      expect(tab.live.connection.value).toEqual({ state: 'live' });
      expect(tab.received).toEqual([...before, ...meanwhile]);
      expect(tab.resets).toBe(0);
    }
  });

  it('are signed out together, ask nothing more, and are live again together', async () => {
    const tabs = await browser.open(3);
    browser.feed.problem = SIGNED_OUT;
    browser.feed.cut();
    await browser.clock.advance(20_000);
    for (const tab of tabs) expect(tab.state).toBe('signed-out');
    const { opens, reads } = browser.feed;
    await browser.clock.advance(600_000);
    expect([browser.feed.opens, browser.feed.reads]).toEqual([opens, reads]);
    browser.feed.problem = undefined;
    const positions = browser.feed.add();
    tabs[1]!.live.start();
    await browser.clock.advance(5_000);
    for (const tab of tabs) {
      expect(tab.state).toBe('live');
      expect(tab.received).toEqual(positions);
    }
    expect(browser.feed.streams.size).toBe(1);
  });

  it('reset when the feed begins a new epoch, and go on', async () => {
    const tabs = await browser.open(3);
    browser.feed.add();
    await browser.clock.advance(200);
    browser.feed.restore();
    await browser.clock.advance(1_000);
    for (const tab of tabs) expect(tab.resets).toBe(1);
    const positions = browser.feed.add();
    await browser.clock.advance(200);
    for (const tab of tabs) expect(tab.received.slice(1)).toEqual(positions);
    expect(browser.feed.streams.size).toBe(1);
  });

  it('have one leader after any sequence of tabs that come and go', async () => {
    await browser.open(2);
    for (let n = 0; n < 12; n++) {
      await browser.open();
      const [leader] = leadersOf(browser);
      const gone = n % 2 ? leader : othersOf(browser, leader!)[0];
      if (gone) {
        gone.live.stop();
        browser.tabs.splice(browser.tabs.indexOf(gone), 1);
      }
      await browser.clock.advance(1_500);
      expect(browser.feed.streams.size).toBe(1);
      const [position] = browser.feed.add();
      await browser.clock.advance(200);
      for (const tab of browser.tabs) expect(tab.received.at(-1)).toBe(position);
    }
  });
});

describe('a storm of events', () => {
  it('is delivered ten times a second at most, each event once, and nothing is kept', async () => {
    const browser = new FakeBrowser();
    const tabs = await browser.open(2);
    const positions: string[] = [];
    for (let n = 0; n < 50 * 60; n++) {
      positions.push(...browser.feed.add());
      await browser.clock.advance(20);
    }
    await browser.clock.advance(200);
    for (const tab of tabs) {
      expect(tab.received).toEqual(positions);
      expect(tab.batches).toBeLessThanOrEqual(605);
      expect(tab.largestBatch).toBeLessThan(15);
    }
  });

  it('comes in batches that are no long task, and resets when too many events wait', async () => {
    const browser = new FakeBrowser();
    const [tab] = await browser.open();
    const positions = browser.feed.add(1_900);
    await browser.clock.advance(2_000);
    expect(tab!.received).toEqual(positions);
    expect(tab!.largestBatch).toBeLessThanOrEqual(200);
    browser.feed.add(2_500);
    await browser.clock.advance(2_000);
    expect(tab!.resets).toBe(1);
    expect(tab!.received.length).toBeLessThan(positions.length + 2_500);
    const [last] = browser.feed.add();
    await browser.clock.advance(200);
    expect(tab!.received.at(-1)).toBe(last);
  });
});

describe('a tab', () => {
  let browser: FakeBrowser;
  beforeEach(() => (browser = new FakeBrowser()));

  it('resumes a stream that ended at the position, without polling', async () => {
    const [tab] = await browser.open();
    await browser.clock.advance(15_000);
    const { reads } = browser.feed;
    browser.feed.cut();
    const positions = browser.feed.add(2);
    await browser.clock.advance(1_000);
    expect(tab!.state).toBe('live');
    expect(tab!.received).toEqual(positions);
    expect(browser.feed.reads).toBe(reads);
  });

  it('polls while a proxy holds the stream back', async () => {
    browser.feed.isBuffered = true;
    const [tab] = await browser.open();
    await browser.clock.advance(10_000);
    expect(tab!.state).toBe('polling');
    for (let n = 0; n < 20; n++) {
      const [position] = browser.feed.add();
      await browser.clock.advance(6_000);
      expect(tab!.received.at(-1)).toBe(position);
    }
    expect(tab!.received).toHaveLength(20);
    // Each attempt at a stream and each poll takes seconds.
    expect(browser.feed.reads).toBeLessThan(80);
    browser.feed.isBuffered = false;
    await browser.clock.advance(30_000);
    expect(tab!.state).toBe('live');
  });

  it('opens a silent stream again, whatever its connection says', async () => {
    const [tab] = await browser.open();
    browser.feed.isBuffered = true;
    await browser.clock.advance(30_000);
    browser.feed.isBuffered = false;
    const positions = browser.feed.add();
    await browser.clock.advance(10_000);
    expect(tab!.received).toEqual(positions);
    expect(browser.feed.opens).toBeGreaterThan(1);
  });

  it('makes sure within seconds that its stream works when the computer wakes up', async () => {
    const [tab] = await browser.open();
    browser.feed.isBuffered = true;
    tab!.live.wake();
    await browser.clock.advance(12_500);
    expect(browser.feed.opens).toBe(2);
  });

  it('connects at once when the network is back', async () => {
    const [tab] = await browser.open();
    browser.feed.isUp = false;
    browser.feed.cut();
    await browser.clock.advance(120_000);
    browser.feed.isUp = true;
    tab!.live.wake();
    await browser.clock.advance(0);
    expect(tab!.state).toBe('live');
  });

  it('makes longer and longer pauses while nothing answers, up to 15 s', async () => {
    await browser.open();
    browser.feed.isUp = false;
    browser.feed.cut();
    await browser.clock.advance(60_000);
    const { opens } = browser.feed;
    await browser.clock.advance(600_000);
    const attempts = browser.feed.opens - opens;
    expect(attempts).toBeGreaterThanOrEqual(40);
    expect(attempts).toBeLessThanOrEqual(80);
  });

  it('does not open a stream in a tight loop if each one ends at once', async () => {
    const [tab] = await browser.open();
    for (let n = 0; n < 600; n++) {
      await browser.clock.advance(100);
      browser.feed.cut();
    }
    expect(browser.feed.opens).toBeLessThan(25);
    expect(tab!.resets).toBe(0);
  });

  it('honours Retry-After, and polls without waiting, if its key has too many streams', async () => {
    const [tab] = await browser.open();
    browser.feed.problem = new ApiProblem(429, { code: 'request.rate-limited' }, 5_000);
    browser.feed.cut();
    await browser.clock.advance(60_000);
    const attempts = browser.feed.readAtMs.slice(1);
    expect(attempts.length).toBeGreaterThan(3);
    for (const [n, atMs] of attempts.slice(1).entries())
      expect(atMs - attempts[n]!).toBeGreaterThanOrEqual(5_000);
    expect(tab!.state).toBe('connecting');
    browser.feed.problem = undefined;
    await browser.clock.advance(20_000);
    expect(tab!.state).toBe('live');
  });

  it('changes what it says of the connection only if that changes', async () => {
    const tabs = await browser.open(2);
    let changes = 0;
    for (const { live } of tabs) live.connection.subscribe(() => changes++);
    for (let n = 0; n < 20; n++) {
      browser.feed.isBuffered = n > 10;
      browser.feed.add();
      await browser.clock.advance(6_000);
    }
    // Both begin live, and lose and find the stream together.
    expect(changes).toBeLessThan(12);
  });

  describe('that hears of a leader', () => {
    // With locks, the browser would have this tab lead.
    beforeEach(() => (browser = new FakeBrowser({ hasLocks: false })));

    const connection = { state: 'live' };
    /** What a newer leader says. */
    const say = (after: string, ...events: string[]) =>
      browser.broadcast(undefined, {
        kind: 'progress',
        claim: { term: Number.MAX_SAFE_INTEGER, tab: 1 },
        connection,
        after,
        position: events.at(-1) ?? after,
        events: events.map((position) => ({ position })),
      });

    it('takes each event once, however they are divided', async () => {
      const [tab] = await browser.open();
      say('1.0', '1.1', '1.2');
      say('1.1', '1.2', '1.3');
      say('1.0', '1.1');
      say('1.3', '1.4');
      await browser.clock.advance(200);
      expect(tab!.received).toEqual(['1.1', '1.2', '1.3', '1.4']);
      expect(tab!.resets).toBe(0);
    });

    it('reads what it has missed, and what arrives while it reads', async () => {
      const [tab] = await browser.open();
      say('1.0');
      await browser.clock.advance(0);
      const positions = browser.feed.add(3);
      browser.feed.latencyMs = 50;
      say(positions[1]!, positions[2]!);
      await browser.clock.advance(20);
      positions.push(...browser.feed.add());
      say(positions[2]!, positions[3]!);
      await browser.clock.advance(1_000);
      expect(tab!.received).toEqual(positions);
    });

    it('tries again with the next message if it cannot read what it has missed', async () => {
      const [tab] = await browser.open();
      say('1.0');
      await browser.clock.advance(0);
      const positions = browser.feed.add(2);
      browser.feed.isUp = false;
      say(positions[0]!, positions[1]!);
      await browser.clock.advance(1_000);
      expect(tab!.received).toEqual([]);
      browser.feed.isUp = true;
      say(positions[1]!);
      await browser.clock.advance(1_000);
      expect(tab!.received).toEqual(positions);
    });
  });

  it('says that its key may not read the feed, and asks nothing more', async () => {
    browser.feed.problem = new ApiProblem(403, { code: 'request.forbidden' });
    const [tab] = await browser.open();
    expect(tab!.state).toBe('forbidden');
    await browser.clock.advance(60_000);
    expect(browser.feed.reads).toBe(1);
  });

  it('that is opened while nothing answers waits for its position', async () => {
    browser.feed.isUp = false;
    const [tab] = await browser.open();
    let isOpened = false;
    void tab!.live.opened.then(() => (isOpened = true));
    const since = later(0);
    await browser.clock.advance(60_000);
    expect(isOpened).toBe(false);
    expect(tab!.live.connection.value).toEqual({ state: 'offline', since });
    browser.feed.isUp = true;
    await browser.clock.advance(16_000);
    expect(isOpened).toBe(true);
    expect(tab!.state).toBe('live');
    expect(tab!.resets).toBe(0);
  });

  it('keeps nothing open after it stops', async () => {
    const [tab] = await browser.open();
    tab!.live.stop();
    const { opens, reads } = browser.feed;
    browser.feed.add();
    await browser.clock.advance(60_000);
    expect(browser.feed.streams.size).toBe(0);
    expect([browser.feed.opens, browser.feed.reads]).toEqual([opens, reads]);
    expect(tab!.received).toEqual([]);
  });
});
