import type { Page } from 'playwright-core';
import { aSite, hasChromium } from '../support/browser.js';
import { KEY } from '../support/key.js';
import { aNetwork } from '../support/network.js';
import { until } from '../support/until.js';

(hasChromium ? describe : describe.skip)('the list in several tabs of a browser', () => {
  const site = aSite();
  /** How many streams each tab has opened. */
  const opened = new Map<Page, number>();

  const openTabs = async (count: number, url = site.url): Promise<Page[]> => {
    const first = await site.browser.open(url, { accessKey: KEY });
    const tabs = [first];
    while (tabs.length < count) tabs.push(await first.context().newPage());
    for (const tab of tabs) {
      opened.set(tab, 0);
      tab.on('request', (request) => {
        if (request.url().includes('/events/stream')) opened.set(tab, opened.get(tab)! + 1);
      });
      await tab.goto(url);
      await tab.locator('[role=grid]').waitFor();
    }
    await until(async () => (await openStreams()) === 1);
    return tabs;
  };
  const leaderOf = (tabs: readonly Page[]) => tabs.find((tab) => opened.get(tab)! > 0)!;
  const report = async () => {
    const { id } = await site.send('POST', '/api/v1/incidents', {
      description: 'Till 3 is broken',
      source: 'partner',
    });
    return id as number;
  };
  const untilShown = (tabs: readonly Page[], id: number) =>
    Promise.all(tabs.map((tab) => tab.locator(`[data-incident="${id}"]`).waitFor()));
  const openStreams = async () => {
    const response = await fetch(`${site.url}/metrics`, { headers: { 'X-Access-Key': KEY } });
    return Number(/^event_streams_open (\d+)$/m.exec(await response.text())![1]);
  };

  // Browsers open six connections to a host: a stream in each tab would block the seventh.
  it('is live in eight tabs by one stream', async () => {
    const tabs = await openTabs(8);
    await untilShown(tabs, await report());
    expect(await openStreams()).toBe(1);
    expect([...opened.values()].reduce((sum, count) => sum + count, 0)).toBe(1);
  });

  it('stays live when the tab with the stream is closed', async () => {
    const tabs = await openTabs(3);
    const leader = leaderOf(tabs);
    const others = tabs.filter((tab) => tab !== leader);
    await leader.close();
    await untilShown(others, await report());
    await until(async () => (await openStreams()) === 1);
  });

  it('stays live when the browser freezes the tab with the stream, which catches up afterwards', async () => {
    const tabs = await openTabs(2);
    const leader = leaderOf(tabs);
    const others = tabs.filter((tab) => tab !== leader);
    const devTools = await leader.context().newCDPSession(leader);
    await devTools.send('Page.setWebLifecycleState', { state: 'frozen' });
    const id = await report();
    await untilShown(others, id);
    await until(async () => (await openStreams()) === 1);
    await devTools.send('Page.setWebLifecycleState', { state: 'active' });
    await untilShown([leader], id);
    await untilShown(tabs, await report());
    await until(async () => (await openStreams()) === 1);
  });

  it('lets go of the stream when the browser stores the page, and catches up when somebody goes back to it', async () => {
    const [tab] = await openTabs(1);
    // Chromium stores no page that a test controls.
    const dispatch = (type: string) => tab!.evaluate(`dispatchEvent(new Event('${type}'))`);
    await dispatch('pagehide');
    await until(async () => (await openStreams()) === 0);
    const id = await report();
    await dispatch('pageshow');
    await untilShown([tab!], id);
  });

  it('says that it is not live while the network is lost, and misses nothing', async () => {
    const network = await aNetwork(site.url);
    try {
      const [tab] = await openTabs(1, network.url);
      const bar = tab!.locator('.connection');
      network.lose();
      await bar.waitFor();
      const id = await report();
      network.restore();
      await untilShown([tab!], id);
      await bar.waitFor({ state: 'detached' });
    } finally {
      await network.close();
    }
  });
});
